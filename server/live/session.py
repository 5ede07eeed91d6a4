"""One connected client, without waiting for anything: what it says and is answered, and how it ends.

What happens to it in the log is a matter of its `Follower`.
"""

from __future__ import annotations

import secrets

from server.domain.access import Access
from server.domain.words import JsonObject, Millis
from server.errors import CaudalError, Invalid, TooMany
from server.live import limits, messages, requests, vitals
from server.live.follower import Flow, Follower
from server.live.hub import Hub
from server.live.identity import Identity
from server.live.ops import OPS
from server.live.protocol import Close, Frame, Op
from server.live.requests import BadFrame, ProtocolError
from server.live.shell import Effect, Shell, Task, Work
from server.live.wire import Wire

MISTAKES_MAX = 100  # bad frames of one session; more is no mistake


class Session(Follower):
    """See the module. Times are seconds of a monotonic clock."""

    __slots__ = ("_allowance", "_expired", "_mistakes", "expires", "id")

    def __init__(self, identity: Identity, access: Access, hub: Hub, *, wire: Wire, shell: Shell, now: float) -> None:
        super().__init__(identity, access, hub, wire=wire, shell=shell, now=now)
        self.id = secrets.token_urlsafe(9)
        self.expires = identity.expires
        self._expired = False
        self._mistakes = 0
        self._allowance = limits.BURST

    def open(self, person: JsonObject, at: Millis) -> None:
        """The client is there: `welcome` is the first frame. `at`: now, so that clients can compare their clocks."""
        self._answer(messages.welcome(self.id, person, self._hub.head, heartbeat=vitals.HEARTBEAT, at=at))

    # What comes from the client

    def receive(self, message: Frame, now: float) -> Effect | None:
        """One message of the client. Bad ones are answered by an error, or end the session with 4504."""
        if self.ending:
            return None
        self._hear(now)
        self._allowance -= limits.cost(len(message))
        if self._allowance < -limits.TOLERANCE:
            self.end(Close.PROTOCOL, "too_fast")
            return None
        try:
            op = requests.parse(message, self.lens.form.encoding)
        except ProtocolError as error:
            self.end(Close.PROTOCOL, error.reason)
        except BadFrame as error:
            self._mistake(error.id, error.error)
        else:
            effect = self._obey(op)
            self._vitals.waited_for = effect is not None
            return effect
        return None

    def done(self, now: float) -> None:
        """The effect of the last message was waited for: from here on the client is heard again."""
        self._vitals.waited_for = False
        self._hear(now)

    def answer(self, id: int | None, ok: object) -> None:
        """An op was done."""
        self._answer(messages.reply(id, ok))

    def refuse(self, id: int | None, error: CaudalError) -> None:
        """An op was not."""
        self._answer(messages.refusal(id, error))

    def _hear(self, now: float) -> None:
        self._allowance = limits.refilled(self._allowance, self._vitals.hear(now))

    def _obey(self, op: Op) -> Effect | None:
        if self._allowance < 0:
            self.refuse(op.id, TooMany("too many frames", retry_after=limits.retry_after(self._allowance)))
            return None
        try:
            return OPS[type(op)](self, op)
        except Invalid as error:
            self._mistake(op.id, error)
            return None

    def _mistake(self, id: int | None, error: CaudalError) -> None:
        self.refuse(id, error)
        self._mistakes += 1
        if self._mistakes > MISTAKES_MAX:
            self.end(Close.PROTOCOL, "too_many_errors")

    # What the shell does

    def work(self, now: float) -> Work | None:
        """What to do next; None: wait for `wake`."""
        if self._expired and not self.ending:
            self._expired = False
            return Task.PROLONG
        return super().work(now)

    def prolonged(self, expires: Millis | None) -> None:
        """When the login ends, as of now: it may have been used elsewhere."""
        self.expires = expires

    def leave(self, retry_ms: int) -> None:
        """A planned end: the client comes back after `retry_ms`."""
        self._answer(messages.bye(retry_ms))
        self.end(Close.RESTART, "restart")

    def tick(self, now: float, at: Millis) -> None:
        """Called about every second: heartbeats, checkpoints; silent, stuck and expired clients. `at`: now, by the wall."""
        if self.ending:
            return
        self._vitals.pass_time(now)
        if self.expires is not None and at >= self.expires:
            self.expires, self._expired = None, True
            self._shell.wake()
        if self._vitals.is_silent(now):
            self.end(Close.SILENT, "silent")
        elif self._vitals.choked:
            if self._vitals.is_stuck(now, self._wire.waiting):
                self.end(Close.SLOW, "slow")
        elif self.flow is not Flow.WAITING:
            self._check_in(now)

    def _check_in(self, now: float) -> None:
        position = self.position
        if self._vitals.is_due(now, news=position > self._told):
            self._cursor = self._told = position
            self._answer(messages.checkpoint(position))
