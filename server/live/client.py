"""One client at its wire: hands on what the wire tells, and does what its session cannot, because it has to be waited for.

Nothing runs for a client that is idle. When there is something to wait for, one task does it, and ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from server.domain.access import Access
from server.domain.words import JsonObject, Millis, UserId
from server.errors import CaudalError, NotSignedIn, Unavailable
from server.live.feed import Live
from server.live.identity import Identity
from server.live.protocol import Call, Claim, Close, Frame, Resume, Typing, Viewing
from server.live.sequencer import Hole
from server.live.session import Session
from server.live.shell import Effect, Task
from server.live.wire import Wire

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Doors:
    """The app's part: `access` reads the user's rights as of now, `expires` when a login or token ends; both raise a
    CaudalError for whom may not be here any more. `perform(user, action, args, key)` does a write and returns the answer
    that HTTP would give, or raises CaudalError.
    """

    access: Callable[[UserId], Awaitable[Access]]
    expires: Callable[[str], Awaitable[Millis | None]]
    perform: Callable[[UserId, str, object, str | None], Awaitable[object]]


class Client:
    """See the module; the owner of its wire, and the shell of its session."""

    __slots__ = ("_doors", "_effect", "_live", "_messages", "_task", "_wire", "session")

    def __init__(self, live: Live, doors: Doors, identity: Identity, access: Access, wire: Wire) -> None:
        self.session = Session(identity, access, live.hub, wire=wire, shell=self, now=_now())
        self._live = live
        self._doors = doors
        self._wire = wire
        self._task: asyncio.Task[None] | None = None
        self._effect: Effect | None = None
        self._messages: deque[Frame] | None = None

    def open(self, person: JsonObject, at: Millis, *, doubted: bool) -> None:
        """Begins. `doubted`: rights have changed since these were read, when the hub did not know this session yet."""
        self._wire.attach(self)
        self._live.add(self.session)
        self.session.open(person, at)
        if doubted:
            self.session.doubt(self._live.hub.position)
        if self._live.closing:
            self.session.leave(self._live.retry_ms())

    async def carried(self) -> None:
        """See `wire.Wire`."""
        await self._wire.carried()

    # What the wire tells

    def received(self, message: Frame) -> None:
        """See `wire.Owner`. While an op is waited for, what follows it is kept, and no more is read."""
        if self._effect is None:
            self._heed(message)
            return
        if self._messages is None:
            self._messages = deque()
            self._wire.pause_reading()
        self._messages.append(message)

    def choked(self) -> None:
        """See `wire.Owner`."""
        self.session.choked()

    def flowing(self) -> None:
        """See `wire.Owner`."""
        self.session.flowing()

    def lost(self) -> None:
        """See `wire.Owner`."""
        self._live.remove(self.session)
        if self._task is not None:
            self._task.cancel()

    # What the session asks for

    def wake(self) -> None:
        """See `shell.Shell`."""
        if self._task is None and not self.session.ending:
            self._task = self._live.spawn(self._run())

    def failed(self, error: Exception) -> None:
        """See `shell.Shell`."""
        log.error("live_write_failed", session=self.session.id, exc_info=error)
        asyncio.get_running_loop().call_soon(self.session.end, Close.FAILED, "failed")

    # What has to be waited for

    def _heed(self, message: Frame) -> None:
        self._effect = self.session.receive(message, _now())
        if self._effect is not None:
            self.wake()

    async def _run(self) -> None:
        try:
            while await self._step():
                pass
        except Exception:
            log.exception("live_client_failed", session=self.session.id)
            self.session.end(Close.FAILED, "failed")
        finally:
            self._task = None

    async def _step(self) -> bool:
        if self._effect is not None:
            await self._do(self._effect)
            self._effect = None
            self.session.done(_now())
            self._heed_waiting()
            return True
        match self.session.work(_now()):
            case None:
                return False
            case Task.GO_ON:
                await asyncio.sleep(0)
            case Task.RENEW:
                with self._ending():
                    self.session.renewed(await self._doors.access(self.session.user), _now())
            case Task.PROLONG:
                with self._ending():
                    self.session.prolonged(await self._doors.expires(self.session.credential))
            case Hole() as hole:
                await self._live.read_again(hole)
        return True

    async def _do(self, effect: Effect) -> None:
        match effect:
            case Resume():
                self.session.start(effect, await self._live.look_beyond(effect.position))
            case Call():
                await self._perform(effect)
            case Viewing() | Typing() | Claim():
                await self._show(effect)

    def _heed_waiting(self) -> None:
        messages = self._messages
        while messages and self._effect is None:
            self._heed(messages.popleft())
        if messages is not None and not messages:
            self._messages = None
            self._wire.resume_reading()

    async def _perform(self, op: Call) -> None:
        try:
            ok = await self._doors.perform(self.session.user, op.action, op.args, op.key)
        except CaudalError as error:
            self.session.refuse(op.id, error)
        except Exception:
            log.exception("call_failed", action=op.action, session=self.session.id)
            self.session.refuse(op.id, CaudalError())
        else:
            self.session.answer(op.id, ok)

    async def _show(self, op: Viewing | Typing | Claim) -> None:
        try:
            ok = await self._live.presence.act(self.session, op)
        except CaudalError as error:
            self.session.refuse(op.id, error)
        else:
            self.session.answer(op.id, ok)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Ends the session of whom may not be here any more."""
        try:
            yield
        except NotSignedIn:
            self.session.end(Close.SIGNED_OUT, "signed_out")
        except Unavailable:
            self.session.end(Close.FAILED, "failed")
        except CaudalError:
            self.session.end(Close.REVOKED, "revoked")


def wall() -> int:
    """Now, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def _now() -> float:
    return asyncio.get_running_loop().time()
