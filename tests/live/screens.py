"""A session as the hub sees it, which only remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from server.domain.access import Principals
from server.domain.words import JsonObject, Position, UserId
from server.live.cohort import Cohort
from server.live.hub import NOTHING, Hub
from server.live.protocol import Close, Encoding, Frame, Reset
from server.live.wire import Form, Packing, form

JSON = form(Encoding.JSON, Packing.MESSAGE)
EVA = UserId(3)


class Screen:
    """A session that only remembers."""

    def __init__(self, hub: Hub, user: UserId, held: Principals, form: Form = JSON, credential: str = "") -> None:
        self.user = user
        self.held = held
        self.credential = credential
        self.lens = hub.lens(form, held, user)
        self.watched = NOTHING
        self.cohort: Cohort | None = None
        self.frames: list[Frame] = []
        self.writes: list[Position] = []
        self.woken = 0
        self.doubts: list[Position] = []
        self.resets: list[Reset] = []
        self.ends: list[tuple[Close, str]] = []

    def put(self, frames: Sequence[Frame], position: Position) -> None:
        """See `cohort.Member`."""
        if frames:
            self.writes.append(position)
        self.frames += frames

    def tell(self, frame: Frame) -> None:
        """See `hub.Subscriber`."""
        raise NotImplementedError("the hub tells nothing by itself")

    def wake(self) -> None:
        """Counts."""
        self.woken += 1

    def doubt(self, position: Position) -> None:
        """Remembers."""
        self.doubts.append(position)

    def reset(self, reason: Reset) -> None:
        """Remembers."""
        self.resets.append(reason)

    def end(self, code: Close, reason: str) -> None:
        """Remembers."""
        self.ends.append((code, reason))

    def decoded(self) -> list[JsonObject]:
        """What was written to it."""
        return [cast(JsonObject, msgspec.json.decode(frame)) for frame in self.frames]
