"""Live sessions that see events through the same lens, and the frames that wait to be written to them.

Most of them get the same frames: they are *in step*, and share one list. Who gets something else is *apart*, with a list
of its own, until the next flush. So an event costs one decision and a few set operations, however many get it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set as AbstractSet
from typing import Protocol

from server.domain.words import Position, UserId
from server.live.letter import Addressee, Lens, Letter
from server.live.protocol import Frame
from server.live.wire import join

COHORT_MAX = 512  # sessions: about 3 ms of writing, after which the loop gets a turn
NOBODY: frozenset[UserId] = frozenset()
EVENTS_MAX = 128  # events that wait at most
BYTES_MAX = 128 * 1024  # that wait for each session at most; half of what makes a wire choke


class Member(Addressee, Protocol):
    """What a cohort needs of a session."""

    cohort: Cohort | None
    """Only the hub changes it."""

    def put(self, frames: Sequence[Frame], position: Position) -> None:
        """Writes events; everything for this session up to `position` has been written then. Never raises."""


class Cohort:
    """At most `COHORT_MAX` sessions of one lens."""

    __slots__ = ("_apart", "_audience", "_bytes", "_events", "_frames", "_inside", "_step", "lens", "size")

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.size = 0
        self._step: dict[UserId, list[Member]] = {}
        self._apart: dict[Member, list[Frame]] = {}
        self._audience: frozenset[UserId] | None = None
        self._inside: AbstractSet[UserId] = NOBODY  # who in step is in the audience of the last event
        self._frames: list[Frame] = []
        self._events = self._bytes = 0

    @property
    def waits(self) -> bool:
        """Something is to be flushed."""
        return bool(self._frames or self._apart)

    @property
    def is_full(self) -> bool:
        """Nothing more should wait: flush."""
        return self._events >= EVENTS_MAX or self._bytes >= BYTES_MAX

    def join(self, session: Member) -> None:
        """A session is live from here on: what waits already is not for it."""
        self.size += 1
        if self._frames:
            self._apart[session] = []
        else:
            self._stand(session)

    def leave(self, session: Member) -> list[Frame]:
        """A session is live no more. Returns what waited for it."""
        self.size -= 1
        own = self._apart.pop(session, None)
        if own is not None:
            return own
        self._leave_step(session)
        return list(self._frames)

    def deliver(self, letter: Letter, watching: Iterable[Member]) -> bool:
        """One event to all whom it concerns. `watching`: those who are subscribed to one of its records.

        False: nothing new waits in it.
        """
        special = set(watching)
        rights = letter.rights
        if self._apart or not self._step.keys().isdisjoint(rights.named):
            named = NOBODY if rights.is_open(self.lens.shared) else rights.named
            self._deliver_apart(letter, named, special)
            special.update(session for user in self._step.keys() & named for session in self._step[user])
        common, other, others = self._sides(letter)
        if common is None and other is None and not special:
            return bool(self._apart)
        for session in [session for user in others for session in self._step[user]]:
            if session not in special:
                self._part(session, other)
        for session in special:
            if session not in self._apart and (frame := letter.frame_for(session)) is not common:
                self._part(session, frame)
        if common is not None:
            self._frames.append(common)
        self._events += 1
        self._bytes += len(common or other or "")
        return self.waits

    def give(self, session: Member, frame: Frame) -> None:
        """An event for one of its sessions alone."""
        own = self._apart.get(session)
        if own is None:
            self._part(session, frame)
        else:
            own.append(frame)

    def flush(self, position: Position) -> None:
        """Writes all that waits, one write for each session; after it all are in step. `position`: the last event's."""
        self._events = self._bytes = 0
        if self._frames:
            shared = join(self._frames, self.lens.form)
            self._frames.clear()
            for sessions in self._step.values():
                for session in sessions:
                    session.put(shared, position)
        if self._apart:
            apart, self._apart = self._apart, {}
            for session, own in apart.items():
                self._stand(session)
                if own:
                    session.put(join(own, self.lens.form), position)

    def _deliver_apart(self, letter: Letter, named: frozenset[UserId], watching: set[Member]) -> None:
        for session, own in self._apart.items():
            if session.user in named or session in watching:
                frame = letter.frame_for(session)
            else:
                frame = letter.through(self.lens, mine=session.user in letter.event.audience)
            if frame is not None:
                own.append(frame)

    def _sides(self, letter: Letter) -> tuple[Frame | None, Frame | None, Collection[UserId]]:
        """What most of those in step get, what others get, and the users of these."""
        step, inside = self._step.keys(), self._concerned(letter.event.audience)
        if not self._apart:  # else both count
            if not inside:
                return letter.through(self.lens, mine=False), None, ()
            if len(inside) == len(step):
                return letter.through(self.lens, mine=True), None, ()
        plain, mine = letter.through(self.lens, mine=False), letter.through(self.lens, mine=True)
        if plain is mine:
            return plain, mine, ()
        if 2 * len(inside) <= len(step):
            return plain, mine, inside
        return mine, plain, step - inside

    def _concerned(self, audience: frozenset[UserId]) -> AbstractSet[UserId]:
        """Who in step is in an audience; what happens to the same followers is looked up once."""
        if audience is not self._audience:
            self._audience, self._inside = audience, self._step.keys() & audience
        return self._inside

    def _part(self, session: Member, frame: Frame | None) -> None:
        self._leave_step(session)
        self._apart[session] = [*self._frames] if frame is None else [*self._frames, frame]

    def _stand(self, session: Member) -> None:
        self._audience = None
        self._step.setdefault(session.user, []).append(session)

    def _leave_step(self, session: Member) -> None:
        self._audience = None
        sessions = self._step[session.user]
        sessions.remove(session)
        if not sessions:
            del self._step[session.user]
