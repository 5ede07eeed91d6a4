"""A story in which every public event happens: three people of different rights, one step after another.

Each step is one act of one person. What a step needs of earlier ones stands in `Cast.made` under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from server.domain.access import Action, Level
from server.domain.words import DepartmentId, JsonObject, Kind, RecordId, UserId
from tests.world import World

OWN = {(kind, action): Level.OWN for kind in Kind for action in Action}


@dataclass
class Cast:
    """Ada reads everything, Ana what her department has, Luis his own. `deal` is Ana's, `other` is Luis's."""

    world: World
    ada: UserId
    ana: UserId
    luis: UserId
    sales: DepartmentId
    deal: RecordId
    other: RecordId
    company: RecordId
    made: dict[str, int] = field(default_factory=dict)

    @property
    def people(self) -> Mapping[str, UserId]:
        """Who has screens."""
        return {"ada": self.ada, "ana": self.ana, "luis": self.luis}


@dataclass(frozen=True, slots=True)
class Step:
    """`made` names what the answer's `id` (or `department`, `record`, `role`) is kept as."""

    who: str
    action: str
    args: Callable[[Cast], JsonObject]
    made: str | None = None

    async def act(self, cast_: Cast) -> None:
        """Does it."""
        done = await cast_.world.do(cast_.people[self.who], self.action, key=None, **self.args(cast_))
        if self.made:
            number = next(done[name] for name in ("id", "department", "record") if isinstance(done.get(name), int))
            cast_.made[self.made] = cast(int, number)


async def assemble(world: World) -> Cast:
    """The people and their records."""
    sales = await world.department("Sales")
    ada = await world.user("Ada", admin=True)
    ana = await world.user("Ana", Level.DEPARTMENT, sales)
    luis = await world.user("Luis", department=sales, grants=OWN)
    company = await world.record(ana, Kind.COMPANY, title="Acme")
    deal = await world.record(ana, Kind.DEAL, title="120 laptops")
    other = await world.record(luis, Kind.DEAL, title="40 chairs")
    return Cast(world, ada, ana, luis, sales, deal, other, company)


def _to(*users: UserId) -> list[JsonObject]:
    return [{"user": user} for user in users]


def _mention(user: UserId) -> str:
    return f"@{{{user}}}"


STORY: tuple[Step, ...] = (
    # Messages
    Step(
        "ada",
        "message.publish",
        lambda c: {"text": "laptop, chairs", "about": [c.deal, c.other], "to": _to(c.ana, c.luis), "ref": "r1"},
        "both",
    ),
    Step(
        "ada", "message.publish", lambda c: {"text": "to Ana about hers", "about": [c.deal], "to": _to(c.ana)}, "hers"
    ),
    Step(
        "ada",
        "message.publish",
        lambda c: {"text": "a laptop for all", "about": [c.company], "to": [{"department": c.sales}]},
        "team",
    ),
    Step("ada", "message.publish", lambda c: {"text": "of the two", "about": [c.deal, c.company]}, "two"),
    Step("luis", "message.publish", lambda c: {"text": "mine alone", "about": [c.other]}, "alone"),
    Step("ada", "message.edit", lambda c: {"entry": c.made["both"], "text": "chairs only"}),
    Step("ada", "message.edit", lambda c: {"entry": c.made["both"], "text": f"laptop for {_mention(c.luis)}"}),
    # Comments and reactions
    Step("luis", "comment.add", lambda c: {"entry": c.made["both"], "text": "yes"}, "yes"),
    Step("ana", "comment.add", lambda c: {"entry": c.made["both"], "text": f"ask {_mention(c.ada)}"}, "ask"),
    Step("luis", "comment.edit", lambda c: {"comment": c.made["yes"], "text": "yes, of course"}),
    Step("ana", "comment.add", lambda c: {"entry": c.made["two"], "text": "seen"}, "seen"),
    Step("ana", "comment.edit", lambda c: {"comment": c.made["seen"], "text": f"{_mention(c.luis)} has to know"}),
    Step("ana", "comment.add", lambda c: {"entry": c.made["alone"], "text": "whose is this?"}),
    Step("luis", "comment.add", lambda c: {"entry": c.made["alone"], "text": "mine"}, "whose"),
    Step(
        "luis", "comment.edit", lambda c: {"comment": c.made["whose"], "text": f"mine, {_mention(c.ada)}{' so' * 99}"}
    ),
    Step("luis", "reaction.add", lambda c: {"entry": c.made["both"], "emoji": "👍"}),
    Step("ana", "reaction.add", lambda c: {"entry": c.made["both"], "emoji": "👍"}),
    Step("luis", "reaction.remove", lambda c: {"entry": c.made["both"], "emoji": "👍"}),
    Step("ana", "reaction.remove", lambda c: {"entry": c.made["both"], "emoji": "👍"}),
    # What waits for the reader
    Step("ana", "entry.unread", lambda c: {"entry": c.made["hers"]}),
    Step("ana", "comment.add", lambda c: {"entry": c.made["hers"], "text": "later"}, "later"),
    Step("ana", "entry.read", lambda c: {"entry": c.made["hers"]}),
    Step("luis", "stream.seen", lambda c: {"position": c.world.events[-1].position}),
    Step("luis", "entry.read", lambda c: {"entry": c.made["both"]}),
    Step("ada", "entry.unread", lambda c: {"entry": c.made["two"]}),
    Step("ada", "stream.seen", lambda c: {"position": c.world.events[-1].position}),
    Step("ana", "notifications.prefer", lambda _: {"notify": {"reaction": "off"}}),
    Step("ana", "comment.delete", lambda c: {"comment": c.made["ask"]}),
    # Records
    Step(
        "ana", "record.create", lambda c: {"kind": "deal", "fields": {"title": "New one", "company": c.company}}, "new"
    ),
    Step("ana", "record.update", lambda c: {"record": c.deal, "fields": {"title": "121 laptops"}}),
    Step("ana", "record.update", lambda c: {"record": c.deal, "fields": {"stage": c.world.stages["deal", "Proposal"]}}),
    Step("ada", "record.update", lambda c: {"record": c.deal, "fields": {"stage": c.world.stages["deal", "Won"]}}),
    Step("ana", "record.update", lambda c: {"record": c.deal, "fields": {"company": c.company}}),
    Step("ana", "record.update", lambda c: {"record": c.company, "fields": {"title": "Acme & Sons"}}),
    Step("ada", "record.update", lambda c: {"record": c.other, "fields": {"title": "41 chairs"}}),
    # Following
    Step("ada", "follow.set", lambda c: {"record": c.deal}),
    Step("ada", "message.publish", lambda c: {"text": "another laptop", "about": [c.deal]}, "another"),
    Step("ada", "follow.set", lambda c: {"record": c.deal, "level": "muted"}),
    Step("luis", "comment.add", lambda c: {"entry": c.made["both"], "text": "still there"}),
    Step("ada", "follow.end", lambda c: {"record": c.deal}),
    # Activities
    Step(
        "ana",
        "activity.create",
        lambda c: {"type": "task", "subject": "Send the offer", "records": [c.deal], "deadline": 1_800_000_000_000},
        "task",
    ),
    Step("ana", "activity.create", lambda _: {"type": "task", "subject": "Water the plants"}, "plants"),
    Step("ana", "activity.update", lambda c: {"activity": c.made["task"], "subject": "Send it"}),
    Step("ana", "activity.update", lambda c: {"activity": c.made["task"], "responsible": c.luis}),
    Step("ana", "activity.update", lambda c: {"activity": c.made["task"], "subject": "Send it today"}),
    Step("luis", "activity.complete", lambda c: {"activity": c.made["task"], "result": "sent"}),
    Step("ana", "comment.add", lambda c: {"entry": c.made["both"], "text": "what of the task?"}),
    Step("luis", "activity.reopen", lambda c: {"activity": c.made["task"]}),
    Step("ana", "activity.update", lambda c: {"activity": c.made["task"], "records": [c.company, c.deal]}),
    Step("ana", "activity.update", lambda c: {"activity": c.made["task"], "responsible": c.ana}),
    Step("ana", "activity.delete", lambda c: {"activity": c.made["plants"]}),
    Step("ana", "activity.delete", lambda c: {"activity": c.made["task"]}),
    # Rights
    Step("ada", "record.update", lambda c: {"record": c.deal, "fields": {"responsible": c.luis}}),
    Step("luis", "follow.set", lambda c: {"record": c.deal, "level": "important"}),
    Step("ada", "record.update", lambda c: {"record": c.deal, "fields": {"responsible": c.ada}}),
    Step("ada", "record.update", lambda c: {"record": c.deal, "fields": {"responsible": c.ana}}),
    Step("ada", "user.change", lambda c: {"user": c.luis, "name": "Luisa"}),
    Step("luis", "me.change", lambda _: {"theme": "dark"}),
    Step("ada", "user.change", lambda c: {"user": c.ada, "name": "Ada B."}),
    Step("ada", "department.add", lambda c: {"name": "Export", "parent": c.sales}, "export"),
    Step("ada", "department.change", lambda c: {"department": c.sales, "name": "Sales at home"}),
    Step("ada", "user.change", lambda c: {"user": c.luis, "department": c.made["export"]}),
    Step("ada", "user.change", lambda c: {"user": c.luis, "department": c.sales}),
    Step("ada", "department.remove", lambda c: {"department": c.made["export"]}),
    Step("ada", "role.change", lambda c: {"role": c.made["role of luis"], "grants": {"deal": {"read": "none"}}}),
    Step("ada", "settings.change", lambda _: {"settings": {"currency": "USD"}}),
    # The end of things
    Step("ana", "comment.delete", lambda c: {"comment": c.made["seen"]}),
    Step("ada", "message.delete", lambda c: {"entry": c.made["both"]}),
    Step("ada", "message.delete", lambda c: {"entry": c.made["team"]}),
    Step("ana", "record.delete", lambda c: {"record": c.made["new"]}),
    Step("ana", "record.restore", lambda c: {"record": c.made["new"]}),
    Step("ana", "record.delete", lambda c: {"record": c.company}),
    Step("ana", "record.restore", lambda c: {"record": c.company}),
    Step("ana", "record.delete", lambda c: {"record": c.company}),
    Step("ana", "record.delete", lambda c: {"record": c.deal}),
    Step("ana", "record.restore", lambda c: {"record": c.deal}),
)
