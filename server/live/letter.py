"""One event on its way to many, and the rule of who gets what of it.

`match` alone decides: for what arrives live, what is caught up with, and what is replayed. Everything else here only
spares asking it twice: most sessions look through the same few *lenses*, and get the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from server.domain.access import Principal, Principals, readable
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Name, Reach, mask
from server.domain.filters import Filter, matches
from server.domain.words import Position, RecordId, UserId
from server.live.protocol import Frame, event_frame
from server.live.wire import Form, finish

ACTIVITY_NAMES = frozenset({Name.ACTIVITY_ADDED, Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED})
KEPT_MAX = 64  # outcomes and frames that one letter remembers: more would be filters that nobody shares

Subscriptions: TypeAlias = Mapping[Channel, Filter]


@dataclass(frozen=True, slots=True)
class Match:
    """An event concerns a session. `passes` false: only to say that it no longer passes the session's filters."""

    mine: bool
    passes: bool


def match(
    event: Event, held: Principals, subscriptions: Iterable[tuple[Channel, Filter]], *, mine: bool
) -> Match | None:
    """Whether an event concerns a session: reach, then rights, then filters (PRODUCT §5.2, §5.3).

    `mine`: the session's user is in the event's audience.
    """
    if not event.data or event.name is Name.LOGIN_ENDED:
        return None  # its content was deleted since, or it is for the service itself
    match event.reach:
        case Reach.PORTAL:
            return Match(mine, passes=True)
        case Reach.PERSONAL:
            return Match(mine, passes=True) if mine else None
    if event.principals.isdisjoint(held) or not event.barred.isdisjoint(held):
        return None
    if event.reach is Reach.HOLDERS:
        return Match(mine, passes=True)
    filters = [wanted for channel, wanted in subscriptions if _reaches(event, channel, mine=mine)]
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
        self.shared = shared
        self.own = own
        self.streams = streams

    def held(self, user: UserId) -> Principals:
        """All principals of one user."""
        return self.shared.union([f"{prefix}:{user}" for prefix in self.own])


    def may(self, readers: Principals, user: UserId) -> bool:
        """Whether one user may read what these may."""
        return not readers.isdisjoint(self.shared) or any(f"{prefix}:{user}" in readers for prefix in self.own)


def split(held: Principals, user: UserId) -> tuple[Principals, Principals]:
    """What is held as `Lens` has it: shared principals, and own ones without the user's number."""
    own = frozenset(name for name in held if _named_by(name) == user)
    return held - own, frozenset(name.rpartition(":")[0] for name in own)


def _named_by(principal: Principal) -> UserId | None:
    """The one user who holds a principal: `user:7`, `deal:user:7`."""
    rest, _, number = principal.rpartition(":")
    return UserId(int(number)) if rest == "user" or rest.endswith(":user") else None


class Addressee(Protocol):
    """What a letter has to know of a session."""

    user: UserId
    lens: Lens

    watched: Subscriptions
    """Its subscriptions to single records."""


class Letter:
    """See the module. `stale`: the position of the event that made its contents or readers old; 0 while they hold."""

    __slots__ = ("_frames", "_named", "_outcomes", "_readable", "event", "stale")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.stale: Position = 0
        self._named: frozenset[UserId] | None = None
        self._readable: dict[Principals, frozenset[RecordId]] = {}
        self._frames: dict[tuple[Form, bool, bool, frozenset[RecordId]], Frame] = {}
        self._outcomes: dict[tuple[Lens, bool], Frame | None] = {}

    def frame_for(self, session: Addressee) -> Frame | None:
        """What a session gets of it; None when it does not concern it."""
        event, lens = self.event, session.lens
        mine = session.user in event.audience
        if self.is_special(session):
            subscriptions = (*lens.streams, *session.watched.items())
            return self._finish(lens.form, lens.held(session.user), subscriptions, mine=mine)
        return self.through(lens, mine=mine)

    def is_special(self, session: Addressee) -> bool:
        """Whether the session has to be asked by itself, because its lens and audience do not say all."""
        watched = session.watched
        if watched and any(channel.record in self.event.records for channel in watched):
            return True
        return session.user in self.named and not self.is_open(session.lens)

    def through(self, lens: Lens, *, mine: bool) -> Frame | None:
        """What those get who see it through a lens, are not named in its rights, and watch none of its records."""
        try:
            return self._outcomes[lens, mine]
        except KeyError:
            frame = self._finish(lens.form, lens.shared, lens.streams, mine=mine)
            if len(self._outcomes) < KEPT_MAX:
                self._outcomes[lens, mine] = frame
            return frame

    def is_open(self, lens: Lens) -> bool:
        """What a lens shares gives all there is to read already: principals of one's own change nothing."""
        event = self.event
        if event.barred or len(self._readable_by(lens.shared)) < len(event.readers):
            return False
        return event.reach in {Reach.PORTAL, Reach.PERSONAL} or not event.principals.isdisjoint(lens.shared)

    @property
    def named(self) -> frozenset[UserId]:
        """The users on whose own principals it can depend."""
        if self._named is None:
            principals = self.event.principals.union(self.event.barred, *self.event.readers.values())
            self._named = frozenset(user for user in map(_named_by, principals) if user is not None)
        return self._named

    def _finish(
        self, form: Form, held: Principals, subscriptions: Iterable[tuple[Channel, Filter]], *, mine: bool
    ) -> Frame | None:
        found = match(self.event, held, subscriptions, mine=mine)
        if found is None:
            return None
        variant = (form, found.mine, found.passes, self._readable_by(held))
        frame = self._frames.get(variant)
        if frame is None:
            data = mask(self.event.data, variant[3])
            frame = finish(event_frame(self.event, data, mine=found.mine, matches=found.passes), form)
            if len(self._frames) < KEPT_MAX:
                self._frames[variant] = frame
        return frame

    def _readable_by(self, held: Principals) -> frozenset[RecordId]:
        found = self._readable.get(held)
        if found is None:
            found = readable(held, self.event.readers)
            if len(self._readable) < KEPT_MAX:
                self._readable[held] = found
        return found
