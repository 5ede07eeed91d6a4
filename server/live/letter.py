"""One event on its way to many, and the rule of who gets what of it.

`match` alone decides: for what arrives live, what is caught up with, and what is replayed. Everything else here only
spares asking it twice: most sessions look through the same few *lenses*, and get the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias, cast

from server.domain.access import Principals
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Name, Reach, mask
from server.domain.filters import Filter, matches
from server.domain.words import Position, RecordId, UserId
from server.live.messages import event_frame
from server.live.protocol import Frame
from server.live.rights import named_by, rights_of
from server.live.wire import Form, finish

ACTIVITY_NAMES = frozenset({Name.ACTIVITY_ADDED, Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED})
KEPT_MAX = 64  # outcomes and frames that one letter remembers: more would be filters that nobody shares
SETS_MAX = 1_024  # sets of rights, and of subscriptions, that are the same object in every lens

Subscriptions: TypeAlias = Mapping[Channel, Filter]


class Match(NamedTuple):
    """An event concerns a session. `passes` false: only to say that it no longer passes the session's filters."""

    mine: bool
    passes: bool


def match(
    event: Event, held: Principals, subscriptions: Iterable[tuple[Channel, Filter]], *, mine: bool
) -> Match | None:
    """Whether an event concerns a session: reach, then rights, then filters (PRODUCT §5.2, §5.3).

    `mine`: the session's user is in the event's audience.
    """
    return _asked(event, subscriptions, mine=mine) if rights_of(event).permit(held) else None


def _asked(event: Event, subscriptions: Iterable[tuple[Channel, Filter]], *, mine: bool) -> Match | None:
    """What reach and filters say."""
    if not event.data or event.name is Name.LOGIN_ENDED:
        return None  # its content was deleted since, or it is for the service itself
    if event.reach is Reach.PERSONAL and not mine:
        return None
    if event.reach is not Reach.STREAM and event.reach is not Reach.RECORD:
        return Match(mine, passes=True)
    reached = False
    for channel, wanted in subscriptions:
        if _reaches(event, channel, mine=mine):
            if _passes(event, wanted):
                return Match(mine, passes=True)
            reached = True
    return Match(mine, passes=False) if reached and event.name is Name.ENTRY_CHANGED else None


def _reaches(event: Event, channel: Channel, *, mine: bool) -> bool:
    if channel.record is not None:
        return channel.record in event.records
    if event.reach is Reach.RECORD:
        return False
    if channel.scope is Scope.COUNTERS:
        return False  # no events: the numbers come by themselves
    if channel.scope is Scope.TASKS:
        return mine and event.name in ACTIVITY_NAMES
    return mine or channel.scope is Scope.ALL


def _passes(event: Event, wanted: Filter) -> bool:
    entry = event.data.get("entry")
    return not wanted or not isinstance(entry, dict) or matches(wanted, cast("Mapping[str, object]", entry))


class Lens:
    """What decides, beside the user, what a session gets of an event. Equal lenses are one object (`Hub.lens`).

    `shared`: the principals that the user's roles give to others too · `own`: those that carry the user's number,
    without it (`deal:user`) · `streams`: subscriptions, except those to single records.
    """

    __slots__ = ("__weakref__", "form", "own", "shared", "streams")

    def __init__(
        self, form: Form, shared: Principals, own: Principals, streams: frozenset[tuple[Channel, Filter]]
    ) -> None:
        self.form = form
        self.shared = _one_held(shared)
        self.own = own
        self.streams = _one_streams(streams)

    def held(self, user: UserId) -> Principals:
        """All principals of one user."""
        return self.shared.union([f"{prefix}:{user}" for prefix in self.own])

    def may(self, readers: Principals, user: UserId) -> bool:
        """Whether one user may read what these may."""
        return not readers.isdisjoint(self.shared) or any(f"{prefix}:{user}" in readers for prefix in self.own)


@lru_cache(SETS_MAX)
def _one_held(held: Principals) -> Principals:
    """The same object for equal ones: what is looked up for every lens and event need not be compared."""
    return held


@lru_cache(SETS_MAX)
def _one_streams(streams: frozenset[tuple[Channel, Filter]]) -> frozenset[tuple[Channel, Filter]]:
    """Likewise."""
    return streams


def split(held: Principals, user: UserId) -> tuple[Principals, Principals]:
    """What is held as `Lens` has it: shared principals, and own ones without the user's number."""
    own = frozenset(name for name in held if named_by(name) == user)
    return held - own, frozenset(name.rpartition(":")[0] for name in own)


class Addressee(Protocol):
    """What a letter has to know of a session."""

    user: UserId
    lens: Lens

    watched: Subscriptions
    """Its subscriptions to single records."""


class Letter:
    """See the module. `stale`: the position of the event that made its contents or readers old; 0 while they hold."""

    __slots__ = ("_asked", "_frames", "event", "rights", "stale")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.rights = rights_of(event)
        self.stale: Position = 0
        self._asked: dict[tuple[frozenset[tuple[Channel, Filter]], bool], Match | None] = {}
        self._frames: dict[tuple[Form, Match, frozenset[RecordId]], Frame] = {}

    def frame_for(self, session: Addressee) -> Frame | None:
        """What a session gets of it; None when it does not concern it."""
        event, lens = self.event, session.lens
        mine = session.user in event.audience
        if self.is_special(session):
            held = lens.held(session.user)
            found = match(event, held, (*lens.streams, *session.watched.items()), mine=mine)
            return None if found is None else self._finish(lens.form, found, self.rights.readable(held))
        return self.through(lens, mine=mine)

    def is_special(self, session: Addressee) -> bool:
        """Whether the session has to be asked by itself, because its lens and audience do not say all."""
        watched = session.watched
        if watched and any(channel.record in self.event.records for channel in watched):
            return True
        return session.user in self.rights.named and not self.rights.is_open(session.lens.shared)

    def through(self, lens: Lens, *, mine: bool) -> Frame | None:
        """What those get who see it through a lens, are not named in its rights, and watch none of its records."""
        readable = self.rights.seen(lens.shared)
        if readable is None:
            return None
        try:
            found = self._asked[lens.streams, mine]
        except KeyError:
            found = _asked(self.event, lens.streams, mine=mine)
            if len(self._asked) < KEPT_MAX:
                self._asked[lens.streams, mine] = found
        return None if found is None else self._finish(lens.form, found, readable)

    def forget(self) -> None:
        """It was delivered: what was remembered for that goes, so that many letters can be kept."""
        self._asked.clear()
        self._frames.clear()

    def _finish(self, form: Form, found: Match, readable: frozenset[RecordId]) -> Frame:
        variant = (form, found, readable)
        frame = self._frames.get(variant)
        if frame is None:
            data = mask(self.event.data, readable)
            frame = finish(event_frame(self.event, data, mine=found.mine, matches=found.passes), form)
            if len(self._frames) < KEPT_MAX:
                self._frames[variant] = frame
        return frame
