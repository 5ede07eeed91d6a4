"""The company whose stream is watched: people on every level of rights, records, tokens.

What is written here, past the service, is as if by a process that dies between commit and publish: the log alone knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import insert

from server.actions.perform import perform
from server.domain.access import Action, Level
from server.domain.events import Event, Name, Reach
from server.domain.words import JsonObject, Kind, UserId
from server.store import Store
from server.store.defaults import add_defaults, add_role
from server.store.drafts import Draft, Image
from server.store.logins import add_token
from server.store.schema import departments, user_roles, users
from server.store.work import now
from tests.history.journal import History, Standing
from tests.history.rights import LEVELS
from tests.history.servers import SECRET

RECORDS = 14
SHIFTING = "shifting"  # the role whose grants change
PEOPLE: Sequence[tuple[str, str, str | None, bool]] = (
    # name, level, department, whether rights move
    ("boss", "all", "sales", False),
    ("ana", "own", "north", False),
    ("luis", "own", "north", True),
    ("eva", "department", "north", True),
    ("tom", "below", "sales", False),
    ("mia", "opened", "south", True),
    ("zoe", "all", "south", True),
    ("bot", "all", None, False),
    ("nil", "none", None, True),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the company."""

    name: str
    user: int
    token: str
    moves: bool


@dataclass(slots=True)
class Company:
    """Who and what there is. `stages` are those of deals."""

    members: dict[str, Member] = field(default_factory=dict)
    records: list[int] = field(default_factory=list)
    stages: list[int] = field(default_factory=list)
    roles: dict[str, int] = field(default_factory=dict)


async def _nobody_is_told(events: Sequence[Event]) -> None:
    """Publishes nothing."""


class Founder:
    """Makes the company, past the service. `on` gives one, and ends its connections."""

    def __init__(self, url: str, history: History) -> None:
        self.store = Store(url, _nobody_is_told)
        self._history = history
        self.company = Company()

    @classmethod
    @asynccontextmanager
    async def on(cls, url: str, history: History) -> AsyncIterator[Self]:
        """For the time of a block."""
        founder = cls(url, history)
        try:
            yield founder
        finally:
            await founder.store.close()

    async def found(self) -> None:
        """People, roles, tokens, records."""
        async with self.store.database.writing() as connection:
            await add_defaults(connection)
            for name, level in (*((level, level) for level in LEVELS), (SHIFTING, "own")):
                levels = dict.fromkeys(Action, Level(LEVELS.index(level)))
                self.company.roles[name] = await add_role(connection, f"reads {name}", dict.fromkeys(Kind, levels))
            teams: dict[str | None, int | None] = {None: None}
            for name, above in (("sales", None), ("north", "sales"), ("south", "sales")):
                row = {"name": name, "parent_id": teams[above]}
                made = await connection.execute(insert(departments).values(row).returning(departments.c.id))
                teams[name] = made.scalar_one()
                self._history.parents[teams[name] or 0] = teams[above]
            for name, level, team, moves in PEOPLE:
                row = {"name": name, "email": f"{name}@example.com", "created_at": 0, "department_id": teams[team]}
                made = await connection.execute(
                    insert(users).values(row | {"admin": name == "boss"}).returning(users.c.id)
                )
                user = made.scalar_one()
                await connection.execute(insert(user_roles).values(user_id=user, role_id=self.company.roles[level]))
                token = await add_token(connection, UserId(user), "history", SECRET, now())
                self.company.members[name] = Member(name, user, token, moves)
                self._history.standings[user] = Standing(level, teams[team])
        await self._make_records()

    async def _make_records(self) -> None:
        boss = UserId(self.company.members["boss"].user)
        owners = [member.user for name, member in self.company.members.items() if name not in {"nil", "bot"}]
        for number in range(1, RECORDS + 1):
            kind = "deal" if number % 3 else "lead"
            fields = {
                "title": f"{kind} canary{number}x",
                "responsible": owners[number % len(owners)],
                "opened": number % 4 == 0,
            }
            made = await perform(self.store, boss, "record.create", {"kind": kind, "fields": fields})
            assert isinstance(made, dict)
            self.company.records.append(made["record"])
            self._history.canaries[number] = made["record"]
            if kind == "deal" and not self.company.stages:
                self.company.stages = [made["stage"]["stage"] + step for step in range(4)]

    async def hold_back(self, seconds: float) -> None:
        """A commit that takes `seconds` after its positions were given."""
        data: JsonObject = {"user": {"user": 1, "name": "held back"}}
        boss = UserId(self.company.members["boss"].user)
        async with self.store.works.open(boss) as work:
            work.record(Draft(Name.USER_CHANGED, reach=Reach.PORTAL, frozen=Image(data=data)))
            await work.finish()
            await asyncio.sleep(seconds)

    async def mark(self) -> None:
        """An event for everybody, whatever they subscribed: whoever has it has all before it."""
        await self.hold_back(0)
