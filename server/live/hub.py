"""Whom an event concerns, and what each of them gets of it. Pure: sessions are told, nothing is awaited.

One rule, `match`, decides for what arrives live, what was held back, and what is replayed; the indexes only spare asking
everybody. A variant of an event (encoding, mine, matching, readable records) is framed once, whoever gets it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar, cast

from server.domain.access import Principals, readable
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach, mask
from server.domain.filters import Filter, matches
from server.domain.words import Position, RecordId, UserId
from server.live.protocol import Encoding, Frame, Reset, encode, event_frame

ACTIVITY_NAMES = frozenset({Name.ACTIVITY_ADDED, Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED})


class Letter:
    """One event on its way to many, with the frames made of it so far."""

    __slots__ = ("_frames", "_readable", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._readable: dict[Principals, frozenset[RecordId]] = {}
        self._frames: dict[tuple[Encoding, bool, bool, frozenset[RecordId]], Frame] = {}

    def frame(self, encoding: Encoding, held: Principals, *, mine: bool, passes: bool) -> Frame:
        """The variant for a holder of these principals."""
        variant = (encoding, mine, passes, self._readable_by(held))
        if variant not in self._frames:
            data = mask(self.event.data, variant[3])
            self._frames[variant] = encode(event_frame(self.event, data, mine=mine, matches=passes), encoding)
        return self._frames[variant]

    def _readable_by(self, held: Principals) -> frozenset[RecordId]:
        if held not in self._readable:
            self._readable[held] = readable(held, self.event.readers)
        return self._readable[held]


class Subscriber(Protocol):
    """What the hub needs of a session."""

    user: UserId
    held: Principals
    encoding: Encoding

    subscriptions: dict[Channel, Filter]
    """Only the hub changes them."""

    def take(self, position: Position, frame: Frame) -> None:
        """An event that concerns this live session, in order."""

    def hold(self, letter: Letter) -> None:
        """Any event while the session is behind, whether it concerns it or not; in order."""

    def doubt(self, position: Position) -> None:
        """The user's rights changed at `position`: nothing from there on may be shown by the old ones."""

    def reset(self, reason: Reset) -> None:
        """The log can no longer be continued."""


Subscribers: TypeAlias = set[Subscriber]
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Match:
    """An event concerns a session. `passes` false: only to say that it no longer passes the session's filters."""

    mine: bool
    passes: bool


def match(event: Event, session: Subscriber) -> Match | None:
    """Whether an event concerns a session: reach, then rights, then filters (PRODUCT §5.2, §5.3)."""
    mine = session.user in event.audience
    if not event.data:
        return None  # its content was deleted since
    match event.reach:
        case Reach.PORTAL:
            return Match(mine, passes=True)
        case Reach.PERSONAL:
            return Match(mine, passes=True) if mine else None
    if event.principals.isdisjoint(session.held):
        return None
    filters = [wanted for channel, wanted in session.subscriptions.items() if _reaches(event, channel, mine=mine)]
    if not filters:
        return None
    if any(_passes(event, wanted) for wanted in filters):
        return Match(mine, passes=True)
    return Match(mine, passes=False) if event.name is Name.ENTRY_CHANGED else None


def _reaches(event: Event, channel: Channel, *, mine: bool) -> bool:
    if channel.record is not None:
        return channel.record in event.records
    if event.reach is Reach.RECORD:
        return False
    if channel.scope is Scope.TASKS:
        return mine and event.name in ACTIVITY_NAMES
    return mine or channel.scope is Scope.ALL


def _passes(event: Event, wanted: Filter) -> bool:
    entry = event.data.get("entry")
    return not wanted or not isinstance(entry, dict) or matches(wanted, cast("Mapping[str, object]", entry))


def frame_for(letter: Letter, session: Subscriber) -> Frame | None:
    """What a session gets of an event; None when it does not concern it."""
    found = match(letter.event, session)
    if found is None:
        return None
    return letter.frame(session.encoding, session.held, mine=found.mine, passes=found.passes)


class Hub:
    """All sessions of one process. `position` is that of the last event it was given."""

    def __init__(self, head: Head) -> None:
        self.epoch = head.epoch
        self.floor = head.floor
        self.position = head.position
        self.doubts = 0  # how often rights have changed: who reads them compares before and after
        self.sessions: Subscribers = set()
        self._own: dict[UserId, Subscribers] = defaultdict(set)
        self._channels: dict[tuple[Channel, UserId | None], Subscribers] = defaultdict(set)
        self._behind: Subscribers = set()

    @property
    def head(self) -> Head:
        """The log, as far as this process has it."""
        return Head(self.epoch, self.position, self.floor)

    def add(self, session: Subscriber) -> None:
        """A new session: behind until it says what it wants."""
        self.sessions.add(session)
        self._own[session.user].add(session)
        self._behind.add(session)

    def remove(self, session: Subscriber) -> None:
        """The session has ended. Twice is no harm."""
        for channel in list(session.subscriptions):
            self.unsubscribe(session, channel)
        self.sessions.discard(session)
        self._behind.discard(session)
        _discard(self._own, session.user, session)

    def subscribe(self, session: Subscriber, channel: Channel, wanted: Filter) -> None:
        """One channel more for a session, or another filter for it."""
        session.subscriptions[channel] = wanted
        self._channels[_key(channel, session.user)].add(session)

    def unsubscribe(self, session: Subscriber, channel: Channel) -> None:
        """One channel less, if it was there."""
        session.subscriptions.pop(channel, None)
        _discard(self._channels, _key(channel, session.user), session)

    def pause(self, session: Subscriber) -> None:
        """The session is behind: from here on it holds every event."""
        self._behind.add(session)

    def flow(self, session: Subscriber) -> None:
        """The session has caught up: from here on it takes what concerns it."""
        self._behind.discard(session)

    def deliver(self, event: Event) -> None:
        """The next event of the log, to every session it concerns, each once."""
        self.position = event.position
        if event.name is Name.ACCESS_CHANGED:
            self.doubts += 1
            for session in self._concerned_by_rights(event):
                session.doubt(event.position)
        letter = Letter(event)
        for session in self._behind:
            session.hold(letter)
        for session in self._candidates(event) - self._behind:
            if (frame := frame_for(letter, session)) is not None:
                session.take(event.position, frame)

    def restart(self, head: Head, reason: Reset) -> None:
        """The log goes on elsewhere: every session has to begin anew."""
        self.epoch, self.floor, self.position = head.epoch, head.floor, head.position
        for session in list(self.sessions):
            session.reset(reason)

    def _concerned_by_rights(self, event: Event) -> Subscribers:
        if not event.audience:
            return set(self.sessions)
        return _union(self._own.get(user) for user in event.audience)

    def _candidates(self, event: Event) -> Subscribers:
        match event.reach:
            case Reach.PORTAL:
                return set(self.sessions)
            case Reach.PERSONAL:
                return _union(self._own.get(user) for user in event.audience)
            case Reach.RECORD:
                return self._of_records(event.records)
        found = self._of_records(event.records)
        found |= self._channels.get((Channel(Scope.ALL), None), set())
        for scope in (Scope.MINE, Scope.TASKS):
            found |= _union(self._channels.get((Channel(scope), user)) for user in event.audience)
        return found

    def _of_records(self, records: Iterable[RecordId]) -> Subscribers:
        return _union(self._channels.get((Channel(Scope.RECORD, record), None)) for record in records)


def _key(channel: Channel, user: UserId) -> tuple[Channel, UserId | None]:
    return (channel, user if channel.scope in {Scope.MINE, Scope.TASKS} else None)


def _union(sets: Iterable[AbstractSet[Subscriber] | None]) -> Subscribers:
    return {session for found in sets if found for session in found}


def _discard(index: dict[_Key, Subscribers], key: _Key, session: Subscriber) -> None:
    if key in index:
        index[key].discard(session)
        if not index[key]:
            del index[key]
