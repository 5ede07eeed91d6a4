"""The events of a client: all its channels in one stream, as the service sends them, each event once and in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from caudal.cursor import Cursor, CursorStore
from caudal.errors import Refused
from caudal.events import Event, Reset
from caudal.frames import Data, Happened, Op, Restart
from caudal.inbox import Inbox

INBOX = 256  # items received ahead of the loop; then the socket is not read, and the service notices

Filter: TypeAlias = Mapping[str, str | int | Sequence[str | int]]
"""Which entries of a channel are wanted, as docs/protocol.md lists them: `{"kind": ["message"], "author": 7}`."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Everything up to here has been received, though nothing happened for this client."""

    cursor: Cursor


class Host(Protocol):
    """What a stream needs of its client."""

    def attach(self, stream: Stream) -> None:
        """The stream is ready to be filled."""

    def detach(self, stream: Stream) -> None:
        """Nobody takes anything out any more."""

    async def ask(self, op: Op) -> Data:
        """Sends an op, on this connection or the next one, and waits for its answer."""

    def tell(self, op: Op) -> None:
        """Sends an op when there is a connection."""


class Stream:
    """An endless iterator of `Event` and `Reset`, made by `Caudal.subscribe`, for one loop.

    An item is *finished* when the loop asks for the next one: then its cursor is saved. After a crash the item in hand
    comes again (at least once). What is done by `Caudal.call` under a key made from the position is then done once; so
    is what a `CursorStore` writes in one transaction with the cursor. `break` leaves the item unfinished; `finish`
    finishes it.
    """

    def __init__(
        self,
        host: Host,
        channels: Sequence[str],
        filter: Filter | None,
        since: Cursor | CursorStore | None,
        credit: int | None = None,
    ) -> None:
        if credit is not None and credit < 1:
            raise ValueError("a stream needs credit for at least one event")
        self._host = host
        self._credit = credit
        self._ahead = self._spent = 0
        self._channels: dict[str, Filter | None] = dict.fromkeys(channels, filter)
        self._start = since if isinstance(since, Cursor) else None
        self._store = None if since is None or isinstance(since, Cursor) else since
        self._opened = self._closed = self._resumed = False
        self._received: Cursor | None = None
        self._hand: Event | Reset | _Mark | None = None
        self._cursor: Cursor | None = None
        self.inbox: Inbox[Event | Reset | _Mark] = Inbox(INBOX)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it follows."""
        return tuple(self._channels)

    @property
    def cursor(self) -> Cursor | None:
        """Everything up to here is finished; None before the first connection of a stream without a cursor."""
        return self._cursor

    # For the bot

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Event | Reset:
        """Finishes the item before and waits for the next one. Raises Refused for channels that are none, Ended."""
        await self.open()
        while True:
            await self.finish()
            if self._closed:
                raise StopAsyncIteration
            self._hand = await self.inbox.get()
            if isinstance(self._hand, Event):
                self._ahead -= 1
                self._taken()
            if not isinstance(self._hand, _Mark):
                return self._hand

    async def open(self) -> None:
        """Loads the cursor and starts to receive; the first turn of the loop does it too. Raises CursorUnreadable."""
        if self._opened:
            return
        start = await self._store.load() if self._store else self._start
        if not self._opened:
            self._opened = True
            self._cursor = self._received = start
            self._host.attach(self)

    async def finish(self) -> None:
        """The item in hand is done: its cursor is saved."""
        if self._hand is not None:
            if self._store:
                await self._store.save(self._hand.cursor)
            self._cursor, self._hand = self._hand.cursor, None

    async def add(self, channel: str, filter: Filter | None = None) -> None:
        """One channel more, or another filter for it. What a list that is read afterwards does not hold comes by the
        stream. Raises Refused for a channel that is none; it is then not added.
        """
        before = dict(self._channels)
        self._channels[channel] = filter
        try:
            if self._opened:
                await self._host.ask({"op": "subscribe", **_subscription(channel, filter)})
        except Refused:
            self._channels = before
            raise

    async def remove(self, channel: str) -> None:
        """One channel less."""
        self._channels.pop(channel, None)
        if self._opened:
            await self._host.ask({"op": "unsubscribe", "channel": channel})

    async def aclose(self) -> None:
        """Ends the stream; the item in hand stays unfinished. The client may then subscribe anew."""
        self._closed, self._resumed, self._hand = True, False, None
        self.inbox.fail(StopAsyncIteration())
        self._host.detach(self)

    # For the client

    def resume(self, head: Cursor) -> Op:
        """A connection is there, whose log stands at `head`: what to send to go on."""
        self._resumed = False
        if self._received is None:
            self._received = head
            self.inbox.put(_Mark(head))  # so that a restart before the first event goes on from here
        subscriptions = [_subscription(channel, filter) for channel, filter in self._channels.items()]
        at = self._received
        op = {"op": "resume", "epoch": at.epoch, "position": at.position, "channels": subscriptions}
        if self._credit is None:
            return op
        self._spent = 0
        return op | {"credit": max(self._credit - self._ahead, 0)}

    def resumed(self) -> None:
        """The service has answered the resume: from here on, what comes is for this stream."""
        self._resumed = True

    def take(self, frame: Happened, epoch: str) -> None:
        """An event; one that is not beyond what was received is dropped."""
        if not self._is_new(frame.position):
            self._taken()
        else:
            self._received = cursor = Cursor(epoch, frame.position)
            self._ahead += 1
            self.inbox.put(
                Event(cursor, frame.at, frame.name, frame.mine, frame.actor, frame.data, frame.ref, frame.matches)
            )

    def mark(self, position: int, epoch: str) -> None:
        """A checkpoint."""
        if self._is_new(position):
            self._received = Cursor(epoch, position)
            self.inbox.put(_Mark(self._received))

    def reset(self, frame: Restart, epoch: str) -> None:
        """What comes now is after the frame's position, be that before or beyond what was received."""
        if self._resumed:
            self._received = Cursor(epoch, frame.position)
            self.inbox.put(Reset(self._received, frame.reason))

    def _taken(self) -> None:
        """An event has gone; the service may send as many more as have gone since it was told last."""
        self._spent += 1
        if self._credit is not None and 2 * self._spent >= self._credit:
            self._host.tell({"op": "credit", "n": self._spent})
            self._spent = 0

    def _is_new(self, position: int) -> bool:
        return self._resumed and self._received is not None and position > self._received.position


def _subscription(channel: str, filter: Filter | None) -> Data:
    return {"channel": channel} if filter is None else {"channel": channel, "filter": dict(filter)}
