"""The client of one portal: a connection that comes back, the stream on it, calls, and lists."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from caudal.address import Value, parse_address
from caudal.asks import Asks
from caudal.backoff import Backoff
from caudal.connection import Connection, Lost, opened
from caudal.cursor import Cursor, CursorStore
from caudal.errors import Ended, Refused, refused_by
from caudal.frames import Bye, Checkpoint, Data, Encoding, Happened, Op, Reply, Restart, Welcome
from caudal.lists import Lists
from caudal.pace import Pace
from caudal.stream import Filter, Stream

PATIENCE = 30.0  # s for a call or a list, waiting for the connection included
PULSE = 0.75  # of a heartbeat: after so long without another frame a ping is sent
LATER = {"unavailable", "too_many"}  # refusals of a call that will do in a while
SILENCE = 2.0  # heartbeats without a frame; then the connection is given up

log = logging.getLogger("caudal")


class Caudal:
    """See the package. To be used as `async with`; `url` is the portal's address, `token` a user's or a bot's.

    Nothing is raised while the service is away: the client comes back by itself, for as long as it takes. When the
    service ends it for good, the stream and all calls raise `Ended`. `patience`: seconds that a call or a list may take, waiting
    for the service included. `context` is for certificates of one's own.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        encoding: Encoding | str = Encoding.MSGPACK,
        patience: float = PATIENCE,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._address = parse_address(url)
        self._token = token
        self._encoding = Encoding(encoding)
        self._patience = patience
        self._context = context
        self._backoff = Backoff()
        self._lists = Lists(self._address, token, context)
        self._asks = Asks(self._encoding)
        self._stream: Stream | None = None
        self._resuming: int | None = None
        self._welcome: Welcome | None = None
        self._connected = False
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._task or self._failure:
            raise RuntimeError("a client is entered once")
        self._task = asyncio.create_task(self._run(), name="caudal")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._fail(RuntimeError("the client is closed"))

    @property
    def user(self) -> Data:
        """Who this client is: `{"user": 7, "name": "Ana Belmonte"}`; empty before the first connection."""
        return dict(self._welcome.user) if self._welcome else {}

    # For the bot

    def subscribe(
        self,
        *channels: str,
        filter: Filter | None = None,
        since: Cursor | CursorStore | None = None,
        credit: int | None = None,
    ) -> Stream:
        """The stream of some channels (`mine`, `all`, `tasks`, `record:42`), from `since` on, else from now.

        The service sends an event once, however many of a client's channels bring it, so a client has one stream at a
        time; `Stream.add` and `Stream.remove` change its channels. `filter` holds for each of `channels`. `credit`: the
        service sends at most so many events ahead of the loop; without it, as many as sockets and `stream.INBOX` hold.
        """
        return Stream(self, channels, filter, since, credit)

    async def call(self, action: str, args: Mapping[str, object], *, key: str | None = None) -> Data:
        """Does a write of the HTTP API, and answers what that would, once: what was on its way when the connection was
        lost is sent again under the same `key` (24 hours; one of its own by default).

        Raises Refused; Ended; ValueError or TypeError for `args` that cannot be sent; TimeoutError when `patience` is
        over, and it is not known whether it was done: to try again later, give both calls one key.
        """
        op = {"op": "call", "action": action, "args": dict(args), "key": key or secrets.token_urlsafe(16)}
        backoff = Backoff()
        async with asyncio.timeout(self._patience):
            while True:
                try:
                    return await self.ask(op)
                except Refused as refused:
                    if refused.code not in LATER:
                        raise
                    wait = _retry_after(refused)
                await asyncio.sleep(backoff.next(wait))

    async def get(self, path: str, /, **query: Value) -> Data:
        """Reads a list of the HTTP API: `await c.get("/stream", scope="mine", kind=["task", "call"])`. `Cursor.of` its
        answer is where a stream goes on from it. Tries again while the service is away.

        Raises Refused, SignedOut, TimeoutError; ValueError for a path that is none.
        """
        backoff = Backoff()
        async with asyncio.timeout(self._patience):
            while True:
                try:
                    return await self._lists.get(path, query)
                except Lost as lost:
                    log.info("%s: %s", path, lost)
                    wait = lost.wait
                await asyncio.sleep(backoff.next(wait))

    # For the stream

    def attach(self, stream: Stream) -> None:
        """See `Host`. Raises RuntimeError when another stream is open."""
        if self._stream:
            raise RuntimeError("a client has one stream at a time: add the channels to it, or close it before")
        self._stream = stream
        if self._failure:
            stream.inbox.fail(self._failure)
        elif self._connected:
            self._resume(stream)

    def detach(self, stream: Stream) -> None:
        """See `Host`."""
        if self._stream is stream:
            self._stream = self._resuming = None
            for channel in stream.channels:
                self.tell({"op": "unsubscribe", "channel": channel})

    async def ask(self, op: Op) -> Data:
        """See `Host`. Raises Refused, Ended, RuntimeError when the client is not open."""
        if self._failure:
            raise self._failure
        if not self._task:
            raise RuntimeError("a client is open inside `async with`")
        ask = self._asks.add(op)
        try:
            if self._stream is None:
                return await ask.answer
            with self._stream.inbox.hurry():
                return await ask.answer
        finally:
            self._asks.drop(ask)

    def tell(self, op: Op) -> None:
        """See `Host`."""
        if self._connected:
            self._asks.tell(op)

    # The connection

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._serve()
                except Lost as lost:
                    wait = self._backoff.next(lost.wait)
                    log.warning("%s; again in %.1f s", lost, wait)
                    await asyncio.sleep(wait)
        except Ended as ended:
            self._fail(ended)
        except Exception as error:
            log.exception("the client failed")
            self._fail(error)

    async def _serve(self) -> None:
        """One connection, to its end. Raises Lost, or Ended."""
        async with opened(self._address, self._token, self._encoding, self._context) as connection:
            self._welcome = welcome = await connection.welcome()
            self._asks.begin()
            self._connected, since = True, _now()
            if self._stream:
                self._resume(self._stream)
            self._asks.repeat()
            writing = asyncio.create_task(self._write(connection, welcome.heartbeat * PULSE))
            try:
                await self._read(connection, welcome)
            finally:
                self._connected = False
                self._backoff.lasted(_now() - since)
                writing.cancel()
                await asyncio.wait({writing})

    def _resume(self, stream: Stream) -> None:
        assert self._welcome  # noqa: S101 (there is a connection)
        self._resuming = self._asks.tell(stream.resume(Cursor(self._welcome.epoch, self._welcome.position)))

    async def _write(self, connection: Connection, pulse: float) -> None:
        """Sends what is asked, and a ping when there was nothing to send for `pulse` seconds."""
        going, pace = True, Pace(_now())
        while going:
            try:
                async with asyncio.timeout(pulse):
                    await self._asks.wake.wait()
            except TimeoutError:
                self._asks.tell({"op": "ping"})
            for message in self._asks.take():
                if wait := pace.take(message, _now()):
                    await asyncio.sleep(wait)
                going = await connection.send(message)

    async def _read(self, connection: Connection, welcome: Welcome) -> None:
        wait: float | None = None
        while True:
            if self._stream:
                await self._stream.inbox.room()
            try:
                frame = await connection.receive(welcome.heartbeat * SILENCE)
            except Lost as lost:
                raise Lost(str(lost), wait) from None
            if isinstance(frame, Bye):
                wait = frame.retry_ms / 1000
            elif isinstance(frame, Reply):
                self._answered(frame)
            elif self._stream and frame:
                _hand_over(self._stream, frame, welcome.epoch)

    def _answered(self, reply: Reply) -> None:
        stream = self._stream
        if stream is None or reply.id is None or reply.id != self._resuming:
            self._asks.settle(reply)
        elif reply.error is None:
            stream.resumed()
        elif (refused := refused_by(reply.error)).code == "invalid":
            stream.inbox.fail(refused)  # these channels are none, and would be none next time
            self._stream = None
        else:
            raise Lost(f"the resume was refused: {refused}", _retry_after(refused))

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        self._asks.fail(self._failure)
        if self._stream:
            self._stream.inbox.fail(self._failure)


def _hand_over(stream: Stream, frame: Happened | Checkpoint | Restart | Welcome, epoch: str) -> None:
    match frame:
        case Happened():
            stream.take(frame, epoch)
        case Checkpoint(position):
            stream.mark(position, epoch)
        case Restart():
            stream.reset(frame, epoch)


def _retry_after(refused: Refused) -> float | None:
    asked = refused.params.get("retry_after")
    return float(asked) if isinstance(asked, int | float) else None


def _now() -> float:
    return asyncio.get_running_loop().time()
