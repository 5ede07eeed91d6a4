"""A portal small enough for a test: a log in memory, people with their rights, and the live path served over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from server.domain.access import Access, Action, Level, Owned, Readers, all_principal, readers
from server.domain.events import Event, Head, Name, Reach
from server.domain.words import EntryId, JsonObject, Kind, Millis, Position, RecordId, UserId
from server.errors import Forbidden, NotFound, NotSignedIn
from server.live.client import wall
from server.live.endpoint import Endpoint
from server.live.feed import Live
from server.live.handover import HandoverProtocol
from server.live.identity import Identity

ANA, LUIS = UserId(1), UserId(2)
DEAL = RecordId(42)
ALL_DEALS = {(Kind.DEAL, Action.READ): Level.ALL}
REF: JsonObject = {"record": int(DEAL), "kind": "deal", "title": "120 laptops", "responsible": 1}


def entry(number: int = 7, *, type: str = "message", text: str = "Hello", author: int = 1) -> JsonObject:
    """An entry about DEAL, in its JSON shape."""
    person: JsonObject = {"user": author, "name": f"Person {author}"}
    return {"id": number, "type": type, "at": 1_000, "author": person, "records": [dict(REF)], "text": text}


def make_event(
    position: Position = 0,
    *,
    name: Name = Name.ENTRY_ADDED,
    reach: Reach = Reach.STREAM,
    audience: Sequence[UserId] = (ANA,),
    principals: Sequence[str] = (all_principal(Kind.DEAL),),
    records: Sequence[RecordId] = (DEAL,),
    readers: Sequence[str] = (all_principal(Kind.DEAL),),
    barred: Sequence[str] = (),
    data: JsonObject | None = None,
) -> Event:
    """An event about DEAL, which Ana's Mine has and all who read all deals may read."""
    return Event(
        position=position,
        at=1_000 + position,
        name=name,
        reach=reach,
        actor=ANA,
        entry=None,
        records=tuple(records),
        principals=frozenset(principals),
        audience=frozenset(audience),
        data={"entry": entry()} if data is None else data,
        readers={DEAL: frozenset(readers)},
        barred=frozenset(barred),
    )


def personal(user: UserId = ANA) -> Event:
    """An event for the screens of one person."""
    data: JsonObject = {"follow": 42, "level": "everything"}
    return make_event(name=Name.FOLLOW_CHANGED, reach=Reach.PERSONAL, audience=(user,), data=data)


class MemoryLog:
    """The log, in memory. `broken` makes every reading fail; `replays` counts them."""

    def __init__(self, epoch: str = "e1") -> None:
        self.epoch = epoch
        self.floor = 0
        self.events: list[Event] = []
        self.broken = False
        self.replays = 0

    def append(self, event: Event) -> Event:
        """Records an event at the next position."""
        recorded = replace(event, position=len(self.events) + 1, at=1_000)
        self.events.append(recorded)
        return recorded

    async def head(self) -> Head:
        """See `feed.Log`."""
        self._check()
        return Head(self.epoch, len(self.events), self.floor)

    async def replay(self, after: Position, upto: Position, limit: int) -> list[Event]:
        """See `feed.Log`."""
        self._check()
        self.replays += 1
        return self._between(after, upto, limit)

    def _between(self, after: Position, upto: Position, limit: int) -> list[Event]:
        return self.events[max(after, self.floor) : upto][:limit]

    def _check(self) -> None:
        if self.broken:
            raise OSError("the log cannot be read")


class Portal:
    """The live path over a MemoryLog. People sign in with `Authorization: Bearer <user id>`.

    `ends`: when such a token ends.
    """

    def __init__(self, redis_url: str, log: MemoryLog | None = None, name: str = "test") -> None:
        self.log = log or MemoryLog()
        self.grants: dict[UserId, Mapping[tuple[Kind, Action], Level]] = {ANA: ALL_DEALS, LUIS: {}}
        self.disabled: set[UserId] = set()
        self.ends: dict[str, Millis] = {}
        self.calls: list[tuple[UserId, str, object, str | None]] = []
        self.url = ""
        self.owned = {DEAL: Owned(Kind.DEAL, ANA, None, opened=False)}
        self.about_entries: dict[EntryId, tuple[RecordId, ...]] = {EntryId(7): (DEAL,)}
        self.machines: set[UserId] = set()
        self.live = Live(self.log, redis_url, name, self)
        self.server: uvicorn.Server | None = None

    async def record(self, event: Event) -> Event:
        """One write: into the log, then onto the bus."""
        recorded = self.log.append(event)
        await self.live.publish([recorded])
        return recorded

    async def authenticate(self, websocket: WebSocket) -> Identity:
        """The person behind a token."""
        scheme, _, token = websocket.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token.isdecimal() or UserId(int(token)) not in self.grants:
            raise NotSignedIn
        user = UserId(int(token))
        return Identity(user, {"user": user, "name": f"Person {user}"}, token, self.ends.get(token))

    async def expires(self, credential: str) -> Millis | None:
        """When a token ends, as of now."""
        ends = self.ends.get(credential)
        if ends is not None and ends <= wall():
            raise NotSignedIn
        return ends

    async def person(self, user: UserId, /) -> JsonObject | None:
        """How others see a user."""
        return None if user in self.machines else {"user": user, "name": f"Person {user}"}

    async def readers(self, records: Collection[RecordId], /) -> Readers:
        """Who may read some records."""
        return {record: readers(self.owned[record]) for record in records if record in self.owned}

    async def check(self, user: UserId, record: RecordId, action: Action, /) -> None:
        """Refuses what a user may not do with a record."""
        access = Access(user, grants=self.grants[user])
        if record not in self.owned or not access.may(Action.READ, self.owned[record]):
            raise NotFound(f"there is no record {record}", record=record)
        if not access.may(action, self.owned[record]):
            raise Forbidden("no", action=str(action))

    async def about(self, user: UserId, entry: EntryId, /) -> list[RecordId]:
        """The records of an entry that a user may read."""
        access = Access(user, grants=self.grants[user])
        found = [each for each in self.about_entries.get(entry, ()) if access.may(Action.READ, self.owned[each])]
        if not found:
            raise NotFound(f"there is no entry {entry}", entry=entry)
        return found

    async def access(self, user: UserId) -> Access:
        """The rights of a person."""
        if user in self.disabled:
            raise Forbidden
        return Access(user, grants=self.grants[user])

    async def perform(self, user: UserId, action: str, args: object, key: str | None) -> object:
        """Notes calls; `fail` fails."""
        self.calls.append((user, action, args, key))
        if action == "fail":
            raise Forbidden("no", action="update")
        if action == "crash":
            raise ZeroDivisionError
        return {"done": action}

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Portal]:
        """Serves `/live` over a real uvicorn on a port of this machine."""
        endpoint = Endpoint(self.live, self.authenticate, self.access, self.expires, self.perform)
        app = Starlette(routes=[WebSocketRoute("/live", endpoint.serve)])
        config = uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws=HandoverProtocol)
        config.ws_per_message_deflate = False
        self.server = uvicorn.Server(config)
        async with self.live, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.server.serve())
            while not self.server.started:
                await asyncio.sleep(0.01)
            host, number = self.server.servers[0].sockets[0].getsockname()[:2]
            self.url = f"ws://{host}:{number}/live"
            try:
                yield self
            finally:
                await self.live.drain()
                self.server.should_exit = True
                await running
