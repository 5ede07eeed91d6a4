"""A wire that only writes down, a shell that only counts, and a session between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from server.domain.access import Access
from server.domain.words import JsonObject
from server.live.hub import Hub
from server.live.identity import Identity
from server.live.protocol import Encoding, Frame
from server.live.session import Session
from server.live.shell import Task, Work
from server.live.wire import Packing, form
from tests.live.portal import ALL_DEALS, ANA

IDENTITY = Identity(ANA, {"user": 1, "name": "Ana"}, credential="a")
AT = 1_767_225_600_000  # ms


class FakeWire:
    """See `wire.Wire`. `waiting` is what the test says."""

    def __init__(self) -> None:
        self.form = form(Encoding.JSON, Packing.MESSAGE)
        self.waiting = 0
        self.frames: list[Frame] = []
        self.writes = 0
        self.closed: tuple[int, str] | None = None

    def write(self, frames: Sequence[Frame]) -> None:
        """Writes down."""
        assert not self.closed, "nothing is written after the close frame"
        self.frames += frames
        self.writes += 1

    def close(self, code: int, reason: str) -> None:
        """Writes down."""
        assert self.closed is None
        self.closed = (code, reason)

    def taken(self) -> list[JsonObject]:
        """What was written since the last time."""
        frames, self.frames = self.frames, []
        return [cast(JsonObject, msgspec.json.decode(frame)) for frame in frames]

    def attach(self, owner: object) -> None:
        """Tells nothing."""

    def pause_reading(self) -> None:
        """Reads nothing."""

    def resume_reading(self) -> None:
        """Reads nothing."""

    def abort(self) -> None:
        """Has no connection."""

    async def carried(self) -> None:
        """Is carried by nobody."""


class FakeShell:
    """See `shell.Shell`."""

    def __init__(self) -> None:
        self.woken = 0
        self.failures: list[Exception] = []

    def wake(self) -> None:
        """Counts."""
        self.woken += 1

    def failed(self, error: Exception) -> None:
        """Remembers."""
        self.failures.append(error)


class Desk:
    """A session of Ana, who reads all deals, with its hub, wire and shell; welcome was said."""

    def __init__(self, hub: Hub, identity: Identity = IDENTITY, now: float = 0.0) -> None:
        self.hub = hub
        self.wire = FakeWire()
        self.shell = FakeShell()
        access = Access(ANA, grants=ALL_DEALS)
        self.session = Session(identity, access, hub, wire=self.wire, shell=self.shell, now=now)
        hub.add(self.session)
        self.session.open(identity.person, AT)

    def does(self, now: float = 0.0, **op: object) -> object:
        """The client sends an op; returns the effect."""
        return self.session.receive(text(**op), now)

    def live(self, *channels: str, **more: object) -> None:
        """The client resumes from where the hub is, and is live; what was written until then is forgotten."""
        subscriptions = [{"channel": channel} for channel in channels]
        self.does(0.0, op="resume", epoch=self.hub.epoch, position=self.hub.position, channels=subscriptions, **more)
        self.works()
        self.wire.taken()

    def works(self, now: float = 0.0) -> Work | None:
        """Lets the session catch up as far as it can; returns what it needs for more."""
        while (work := self.session.work(now)) is Task.GO_ON:
            pass
        return work

    def flushed(self) -> list[JsonObject]:
        """What was written, after the hub flushed."""
        while self.hub.flush():
            pass
        return self.wire.taken()


def text(**op: object) -> str:
    """An op as JSON."""
    return msgspec.json.encode(op).decode()
