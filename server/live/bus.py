"""The bus: tells every process of a portal about new events over Redis pub/sub. A hint, never the truth (ARCHITECTURE §4).

Publishing goes through a queue and one task, so that a writer neither waits for Redis nor breaks off a command of another.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlsplit

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.domain.events import Event, from_wire, to_wire
from server.domain.words import Position
from server.errors import Unavailable

LETTER_MAX = 64 * 1024  # bytes of an event on the bus; of a larger one only the position is told
QUEUE_MAX = 10_000  # events waiting to be published; beyond, the head check tells of them
TIMEOUT = 0.25  # s for a publish; the head check is not much slower
CONNECT_TIMEOUT = 1.0  # s
IDLE = 5.0  # s without any message until the connection has to prove itself by a probe
ECHO = 2.0  # s for the echo of a probe
BACK_OFF = (0.05, 1.0)  # s between attempts to connect, first and longest

log = structlog.get_logger()


class Listener(Protocol):
    """Who is told what the bus brings."""

    def event(self, event: Event) -> None:
        """An event was recorded."""

    def head(self, position: Position) -> None:
        """An event was recorded that is too large for the bus."""

    def suspect(self) -> None:
        """Messages may have been missed just now."""


@dataclass(slots=True)
class Counts:
    """What has happened since the start."""

    published: int = 0
    unpublished: int = 0
    received: int = 0
    foreign: int = 0
    connects: int = 0


class Bus:
    """The bus of one process; `run` is its life. `healthy`: subscribed, and heard from lately."""

    def __init__(self, url: str, portal: str, listener: Listener, *, idle: float = IDLE, echo: float = ECHO) -> None:
        self.healthy = False
        self.counts = Counts()
        self._url = url
        self._listener = listener
        self._idle, self._echo = idle, echo
        self._events = f"caudal:{{{portal}}}:events"
        self._probe = f"caudal:{{{portal}}}:probe:{secrets.token_hex(8)}"
        self._queue: deque[tuple[str, bytes]] = deque()
        self._queued = asyncio.Event()
        self._publishes = True

    async def publish(self, events: Sequence[Event]) -> None:
        """Tells of events just committed; best effort. Never waits for Redis, and never raises on its account."""
        for event in events:
            self._enqueue(self._events, _letter(event))

    async def run(self) -> None:
        """Publishes and listens until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_all(), name="bus-publish")
            tasks.create_task(self._listen(), name="bus-listen")

    def _enqueue(self, channel: str, message: bytes) -> None:
        if len(self._queue) >= QUEUE_MAX:
            self.counts.unpublished += 1
            return
        self._queue.append((channel, message))
        self._queued.set()

    async def _publish_all(self) -> None:
        client = _client(self._url, TIMEOUT)
        try:
            while True:
                _heed_cancellation()
                await self._queued.wait()
                self._queued.clear()
                batch, self._queue = self._queue, deque()
                await self._publish_batch(client, batch)
        finally:
            await client.aclose()

    async def _publish_batch(self, client: Redis, batch: deque[tuple[str, bytes]]) -> None:
        try:
            pipeline = client.pipeline(transaction=False)
            for channel, message in batch:
                pipeline.publish(channel, message)
            await pipeline.execute()
        except (RedisError, OSError) as error:
            self.counts.unpublished += len(batch)
            if self._publishes:
                log.warning("bus_publish_failed", error=str(error))
            self._publishes = False
        else:
            self.counts.published += len(batch)
            self._publishes = True

    async def _listen(self) -> None:
        pause = BACK_OFF[0]
        while True:
            connects = self.counts.connects
            try:
                await self._listen_once()
            except (RedisError, OSError, _SilentError) as error:
                log.warning("bus_lost", error=str(error) or type(error).__name__)
            except Exception:
                log.exception("bus_failed")
            finally:
                self.healthy = False
            if self.counts.connects > connects:
                pause = BACK_OFF[0]
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  (spread, not secret)
            pause = min(2 * pause, BACK_OFF[1])

    async def _listen_once(self) -> None:
        client = _client(self._url, CONNECT_TIMEOUT)
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(self._events, self._probe)
                await self._read(subscription)
        finally:
            await client.aclose()

    async def _read(self, subscription: PubSub) -> None:
        clock = asyncio.get_running_loop().time
        heard, probed = clock(), False
        while True:
            _heed_cancellation()
            message = await subscription.get_message(timeout=self._echo / 4)
            if message is not None:
                heard, probed = clock(), False
                self._take(message)
            elif clock() - heard > self._idle + self._echo:
                raise _SilentError
            elif clock() - heard > self._idle and not probed:
                probed = True
                self._enqueue(self._probe, b"")

    def _take(self, message: dict[str, object]) -> None:
        if message["channel"] != self._events.encode():
            return  # our own probe: hearing it was all
        if message["type"] == "subscribe":
            self.counts.connects += 1
            self.healthy = True
            self._listener.suspect()
        elif message["type"] == "message":
            self._open(cast(bytes, message["data"]))

    def _open(self, message: bytes) -> None:
        try:
            wire = msgspec.msgpack.decode(message, type=dict[str, object])
            found = from_wire(wire) if len(wire) > 1 else msgspec.convert(wire["position"], int)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
            self.counts.foreign += 1
            self._listener.suspect()
            return
        self.counts.received += 1
        if isinstance(found, Event):
            self._listener.event(found)
        else:
            self._listener.head(found)


async def check_bus(url: str) -> None:
    """Asks Redis for a sign of life. Raises Unavailable, naming the address without its password."""
    client = _client(url, CONNECT_TIMEOUT)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
        raise Unavailable(f"Redis at {where} does not answer (REDIS_URL): {error}") from None
    finally:
        await client.aclose()


def _heed_cancellation() -> None:
    """Ends a task that was cancelled while it connected: redis-py can swallow that, and nobody cancels twice."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _SilentError(Exception):
    """The echo of a probe did not come: the connection is dead, whatever the kernel says."""


def _client(url: str, timeout: float) -> Redis:
    return Redis.from_url(
        url,
        protocol=3,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),  # what to do about a failure is decided here
    )


def _letter(event: Event) -> bytes:
    letter = msgspec.msgpack.encode(to_wire(event))
    return letter if len(letter) <= LETTER_MAX else msgspec.msgpack.encode({"position": event.position})
