"""What a client shows, as the HTTP API answers it, and the session that keeps it current, on a wire that only notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.events import Head
from server.domain.filters import parse_filter
from server.domain.words import JsonObject, RecordId, UserId
from server.errors import NotFound
from server.live.follower import RECENT
from server.live.hub import Hub
from server.live.identity import Identity
from server.live.sequencer import Hole
from server.live.session import Session
from server.live.shell import Task
from server.store.access import load_access
from server.store.activities import Wanted, list_activities
from server.store.notifications import Bell, read_notifications
from server.store.people import read_portal, show_me
from server.store.reading import count_unread, read_unseen
from server.store.records import read_followers, show_record
from server.store.stream import Page, Question, read_stream
from tests.live.fakes import AT, FakeShell, FakeWire, text
from tests.world import World

EVERYTHING = 100  # rows: more than the story makes, so that no list has a second page
FILTER = {"q": "laptop"}
NOW = RECENT + 1  # s; sessions have been connected for long


@dataclass(frozen=True, slots=True)
class View:
    """One page of the client: `mine`, `all`, `record`, or `filtered`, which is Mine through FILTER."""

    name: str
    record: RecordId | None = None

    @property
    def channels(self) -> list[JsonObject]:
        """What it subscribes to."""
        match self.name:
            case "mine":
                return [{"channel": "mine"}, {"channel": "tasks"}]
            case "filtered":
                return [{"channel": "mine", "filter": FILTER}]
            case "all":
                return [{"channel": "all"}]
            case _:
                return [{"channel": f"record:{self.record}"}]


async def take(world: World, user: UserId, view: View) -> JsonObject:
    """What a view shows when it is loaded now: the answers of the HTTP API by name."""
    async with world.store.database.reading() as connection:
        access = await load_access(connection, user)
        shown: JsonObject = {"stream": await _stream(connection, access, view)}
        if view.name == "mine":
            shown["activities"] = await _activities(connection, access, Wanted(responsible=user, limit=EVERYTHING))
            shown["me"] = await show_me(connection, access)
            bell = await read_notifications(connection, access, Bell(limit=EVERYTHING))
            shown["notifications"] = list(bell.items)
            shown["notifications_unread"] = (await count_unread(connection, [access]))[user]
            shown["unseen"] = await read_unseen(connection, access)
            shown["portal"] = await read_portal(connection)
        elif view.record is not None:
            shown |= await _record(connection, access, view.record)
        return shown


async def _stream(connection: AsyncConnection, access: Access, view: View) -> JsonObject:
    wanted = parse_filter({name: [value] for name, value in FILTER.items()} if view.name == "filtered" else {})
    question = Question(view.name in {"mine", "filtered"}, view.record, filter=wanted, limit=EVERYTHING)
    page = await read_stream(connection, access, question)
    assert page.next is None
    readable = view.record is None or await _reads(connection, access, view.record)
    head = {"epoch": page.head.epoch, "position": page.head.position}
    return {**head, "entries": list(page.items) if readable else [], "next": None}


async def _reads(connection: AsyncConnection, access: Access, record: RecordId) -> bool:
    try:
        await show_record(connection, access, record)
    except NotFound:
        return False
    return True


async def _record(connection: AsyncConnection, access: Access, record: RecordId) -> JsonObject:
    if not await _reads(connection, access, record):
        return {"record": None, "followers": [], "activities": []}
    return {
        "record": await show_record(connection, access, record),
        "followers": list((await read_followers(connection, access, record)).items),
        "activities": await _activities(connection, access, Wanted(record=record, limit=EVERYTHING)),
    }


async def _activities(connection: AsyncConnection, access: Access, wanted: Wanted) -> list[JsonObject]:
    page: Page = await list_activities(connection, access, wanted)
    return list(page.items)


class Screens:
    """All views of all people over one hub, as one process of the service has them."""

    def __init__(self, world: World, head: Head) -> None:
        self.world = world
        self.hub = Hub(head)
        self.told = len(world.published)
        self.sessions: dict[tuple[UserId, View], tuple[Session, FakeWire]] = {}

    async def open(self, user: UserId, view: View) -> None:
        """A client loads a view, connects and follows."""
        wire = FakeWire()
        person: JsonObject = {"user": user, "name": ""}
        session = Session(
            Identity(user, person, credential=f"{user}"),
            await self._access(user),
            self.hub,
            wire=wire,
            shell=FakeShell(),
            now=0.0,
        )
        self.hub.add(session)
        session.open(person, AT)
        session.receive(
            text(id=1, op="resume", epoch=self.hub.epoch, position=self.hub.position, channels=view.channels), NOW
        )
        self.sessions[user, view] = session, wire
        await self._settle(session)
        wire.taken()

    async def frames(self) -> dict[tuple[UserId, View], list[JsonObject]]:
        """What each client is sent of all that happened since the last time."""
        fresh, self.told = self.world.published[self.told :], len(self.world.published)
        for event in fresh:
            self.hub.deliver(event)
            for session, _ in self.sessions.values():
                await self._settle(session)
        while self.hub.flush():
            pass
        return {
            key: [frame for frame in wire.taken() if frame["type"] in {"event", "reset", "checkpoint"}]
            for key, (_, wire) in self.sessions.items()
        }

    async def _settle(self, session: Session) -> None:
        while (work := session.work(NOW)) is not None:
            if isinstance(work, Hole):
                events = await self.world.store.log.replay(work.after, work.upto)
                self.hub.ring.fill(work, events, self.hub.position, NOW)
            elif work is Task.RENEW:
                session.renewed(await self._access(session.user), NOW)

    async def _access(self, user: UserId) -> Access:
        async with self.world.store.database.reading() as connection:
            return await load_access(connection, user)


def position_of(snapshot: JsonObject) -> int:
    """Where in the log it was taken."""
    return cast(int, cast(JsonObject, snapshot["stream"])["position"])
