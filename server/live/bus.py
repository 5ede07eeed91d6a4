"""The bus: tells every process of a portal about new events over Redis pub/sub. A hint, never the truth (ARCHITECTURE §4).

One connection listens; whenever it is made anew, messages may have been missed, and the listener is told so. That a
connection lives is proven by a message only: in a pause each process publishes a probe to itself. A late echo makes the bus
unhealthy, so that the log is asked more often; an echo that does not come at all makes the connection anew.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog
from redis.exceptions import RedisError

from server.domain.events import Event
from server.domain.words import Position
from server.errors import Unavailable
from server.live.connections import Answer, Connection, connected
from server.live.envelope import position_of, seal, unseal
from server.live.publisher import Publisher
from server.live.redis_nodes import finder
from server.live.redis_urls import parse_redis_url

LETTER_MAX = 64 * 1024  # bytes of a message; of a larger event only the position is told
CONNECT_TIMEOUT = 1.0  # s to connect and subscribe
MOVED_CHECK = 5.0  # s between looks whether the bus has another server by now
FAIR = 64  # messages taken in one go before the others get their turn
BACK_OFF = (0.05, 1.0)  # s between attempts to connect, first and longest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a silent connection is judged; all in seconds without any message."""

    probe: float = 0.25
    """From here on it has to prove itself, again and again."""
    sick: float = 0.5
    """From here on it does not count. An event in the meantime is found by the slow head check."""
    dead: float = 5.0
    """From here on it is given up. Longer than the pauses of a busy server."""


class Listener(Protocol):
    """Who is told what the bus brings."""

    def knows(self, position: Position) -> bool:
        """The event at a position is not needed any more."""

    def event(self, event: Event) -> None:
        """An event was recorded."""

    def head(self, position: Position) -> None:
        """An event was recorded that is too large for the bus."""

    def suspect(self) -> None:
        """Messages may have been missed just now."""

    def now(self, message: bytes) -> None:
        """What a process told that is never logged; this one's own words come back too."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What has happened since the start. `foreign`: messages not understood; `sick`: how often health was lost."""

    published: int
    unpublished: int
    received: int
    foreign: int
    connects: int
    sick: int


class Bus:
    """The bus of one process; `run` is its life. `healthy`: subscribed, and heard from lately. A bad URL: ValueError."""

    def __init__(self, url: str, portal: str, listener: Listener, *, pulse: Pulse | None = None) -> None:
        self.healthy = False
        self._listener = listener
        self._pulse = pulse or Pulse()
        self._events = f"caudal:{{{portal}}}:events"  # the braces keep all names in one slot of a Cluster
        self._now = f"caudal:{{{portal}}}:now"
        self._probe = f"caudal:{{{portal}}}:probe:{secrets.token_hex(8)}"
        self._finder = finder(parse_redis_url(url), self._events)
        self._publisher = Publisher(self._finder.publish, listener.suspect)
        self._heard = 0.0
        self._received = self._foreign = self._connects = self._sick = 0

    @property
    def counts(self) -> Counts:
        """The counters as of now."""
        publisher = self._publisher
        return Counts(
            publisher.published, publisher.unpublished, self._received, self._foreign, self._connects, self._sick
        )

    async def publish(self, events: Sequence[Event]) -> None:
        """Tells of events just committed; best effort. Never waits for Redis, and never raises on its account."""
        for event in events:
            self._publisher.put(self._events, _letter(event))

    def tell(self, message: bytes) -> None:
        """Tells every process, this one too, what is never logged; best effort. Raises ValueError beyond 64 KiB."""
        if len(message) > LETTER_MAX:
            raise ValueError(f"a message of {len(message)} bytes is too large for the bus")
        self._publisher.put(self._now, message)

    async def run(self) -> None:
        """Publishes and listens until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publisher.run(), name="bus-publish")
            tasks.create_task(self._listen(), name="bus-listen")

    # Listening

    async def _listen(self) -> None:
        pause = BACK_OFF[0]
        while True:
            connects = self._connects
            try:
                await self._listen_once()
            except (RedisError, OSError, _LostError) as error:
                log.warning("bus_lost", error=f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("bus_failed")
            finally:
                self.healthy = False
            if self._connects > connects:
                pause = BACK_OFF[0]
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  (spread, not secret)
            pause = min(2 * pause, BACK_OFF[1])

    async def _listen_once(self) -> None:
        server = await self._finder.find()
        self._publisher.server = server
        async with asyncio.timeout(CONNECT_TIMEOUT) as patience, connected(server) as connection:
            for name in (self._probe, self._now, self._events):
                await connection.send((self._finder.subscribe, name))
            while not self._subscribed(await connection.receive()):
                pass
            patience.reschedule(None)
            parts = [self._read(connection), self._watch()]
            if self._finder.moves:
                parts.append(self._follow(server))
            await _while_all_last(*parts)

    def _subscribed(self, answer: Answer) -> bool:
        """Takes an answer to a subscription, or what came between two; whether it was the last one."""
        match answer:
            case [b"subscribe" | b"ssubscribe", bytes() as name, *_]:
                if name != self._events.encode():
                    return False
                self._connects += 1
                self._hear()
                return True
        self._take(answer)
        return False

    async def _read(self, connection: Connection) -> None:
        while True:
            for _ in range(FAIR):
                self._take(await connection.receive())
            await asyncio.sleep(0)

    def _take(self, message: Answer) -> None:
        match message:
            case [b"message" | b"smessage", bytes() as channel, bytes() as letter]:
                self._hear()
                if channel == self._events.encode():
                    self._open(letter)
                elif channel == self._now.encode():
                    self._listener.now(letter)
            case [b"unsubscribe" | b"sunsubscribe", *_]:
                raise _LostError("the server gave the channels away")

    def _hear(self) -> None:
        self._heard = asyncio.get_running_loop().time()
        if not self.healthy:
            self.healthy = True
            self._listener.suspect()

    def _open(self, message: bytes) -> None:
        try:
            found = None if self._listener.knows(position_of(message)) else _read(message)
        except (msgspec.MsgspecError, ValueError):
            self._foreign += 1
            self._listener.suspect()
            return
        self._received += 1
        if isinstance(found, Event):
            self._listener.event(found)
        elif found is not None:
            self._listener.head(found)

    # Whether it is still the right connection

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while (silent := clock() - self._heard) < self._pulse.dead:
            if silent >= self._pulse.probe:
                self._publisher.put(self._probe, b"")
            if silent >= self._pulse.sick and self.healthy:
                self.healthy = False
                self._sick += 1
            await asyncio.sleep(self._pulse.probe / 2)
        raise _LostError("no echo")

    async def _follow(self, server: str) -> None:
        """Looks whether the others have moved on: a server that was replaced may live on, alone."""
        while True:
            await asyncio.sleep(MOVED_CHECK)
            try:
                found = await self._finder.find()
            except (RedisError, OSError):
                continue  # nobody knows better
            if found != server:
                raise _LostError("the bus has another server")


class _LostError(Exception):
    """The connection is of no more use, whatever the kernel says."""


async def check_bus(url: str) -> None:
    """Asks Redis for a sign of life. Raises Unavailable, naming the address without its password."""
    parsed = parse_redis_url(url)
    try:
        server = await finder(parsed, "caudal").find()
        async with asyncio.timeout(CONNECT_TIMEOUT), connected(server) as connection:
            await connection.ask("PING")
    except (RedisError, OSError) as error:
        why = str(error) or "no answer in time"
        raise Unavailable(f"Redis at {parsed.shown} does not answer (REDIS_URL): {why}") from None


async def _while_all_last(*parts: Coroutine[object, object, None]) -> None:
    """Runs all until the first one raises, and raises that. Unlike a TaskGroup it keeps a cancellation that comes just then."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _letter(event: Event) -> bytes:
    letter = seal(event)
    return letter if len(letter) <= LETTER_MAX else msgspec.msgpack.encode({"position": event.position})


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    """All that is said of an event too large for the bus."""

    position: Position


def _read(letter: bytes) -> Event | Position:
    try:
        return unseal(letter)
    except msgspec.ValidationError:
        return msgspec.msgpack.decode(letter, type=_Told).position
