"""All sessions of one process: whom an event concerns, and what waits to be written to them. Pure: nothing is awaited.

Live sessions stand in cohorts, where one decision serves many. The others catch up with the ring, each at its own pace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias, TypeVar, cast
from weakref import WeakValueDictionary

from server.domain.access import Principals
from server.domain.channels import Channel
from server.domain.events import Event, Head, Name, Reach
from server.domain.filters import Filter
from server.domain.words import Position, RecordId, UserId
from server.live.cohort import COHORT_MAX, Cohort, Member
from server.live.letter import Lens, Letter, Subscriptions, split
from server.live.protocol import Close, Frame, Reset
from server.live.ring import Ring
from server.live.wire import Form

NOTHING: Subscriptions = {}
_ENDS = {"signed_out": Close.SIGNED_OUT, "revoked": Close.REVOKED}


class Subscriber(Member, Protocol):
    """What the hub needs of a session."""

    credential: str

    def wake(self) -> None:
        """The hub has gone on, as `await_next` asked for."""

    def doubt(self, position: Position) -> None:
        """The user's rights changed at `position`: nothing from there on may be shown by the old ones."""

    def reset(self, reason: Reset) -> None:
        """The log can no longer be continued."""

    def tell(self, frame: Frame) -> None:
        """Writes a finished frame that is no event."""

    def end(self, code: Close, reason: str) -> None:
        """Closes, for a reason of the service."""


Subscribers: TypeAlias = set[Subscriber]
_Key = TypeVar("_Key")


class Hub:
    """See the module. `position` is that of the last event it was given."""

    def __init__(self, head: Head) -> None:
        self.epoch = head.epoch
        self.floor = head.floor
        self.position = head.position
        self.doubts = 0  # how often rights have changed: who reads them compares before and after
        self.ring = Ring(head.position)
        self.sessions: Subscribers = set()
        self.arrivals: list[Callable[[Subscriber], None]] = []  # told of sessions that are live from now on
        self._own: dict[UserId, Subscribers] = defaultdict(set)
        self._watching: dict[RecordId, Subscribers] = defaultdict(set)
        self._awaiting: Subscribers = set()
        self._cohorts: dict[Lens, list[Cohort]] = {}
        self._dirty: dict[Cohort, None] = {}
        self._lenses: WeakValueDictionary[object, Lens] = WeakValueDictionary()

    @property
    def head(self) -> Head:
        """The log, as far as this process has it."""
        return Head(self.epoch, self.position, self.floor)

    # Sessions

    def lens(self, form: Form, held: Principals, user: UserId, streams: Iterable[tuple[Channel, Filter]] = ()) -> Lens:
        """The lens of a session, the same for all that are alike."""
        shared, own = split(held, user)
        return self._lens(form, shared, own, frozenset(streams))

    def _lens(
        self, form: Form, shared: Principals, own: Principals, streams: frozenset[tuple[Channel, Filter]]
    ) -> Lens:
        key = (form, shared, own, streams)
        found = self._lenses.get(key)
        if found is None:
            found = self._lenses[key] = Lens(form, shared, own, streams)
        return found

    def add(self, session: Subscriber) -> None:
        """A new session, not live yet."""
        self.sessions.add(session)
        self._own[session.user].add(session)

    def remove(self, session: Subscriber) -> None:
        """The session has ended. Twice is no harm."""
        self.pause(session)
        self._watch(session, NOTHING)
        self.sessions.discard(session)
        _discard(self._own, session.user, session)

    def count(self, user: UserId) -> int:
        """How many sessions a user has in this process."""
        return len(self._own.get(user, ()))

    def subscribe(self, session: Subscriber, subscriptions: Subscriptions) -> None:
        """Exactly these channels, each with its filter. What waited for the session is written first."""
        live = self.settle(session)
        streams = frozenset(each for each in subscriptions.items() if each[0].record is None)
        session.lens = self._lens(session.lens.form, session.lens.shared, session.lens.own, streams)
        self._watch(session, {channel: wanted for channel, wanted in subscriptions.items() if channel.record})
        if live:
            self.flow(session)

    def watchers(self, record: RecordId) -> Subscribers:
        """The sessions that are subscribed to a record, whatever they may read."""
        return self._watching.get(record, set())

    def subscriptions(self, session: Subscriber) -> Subscriptions:
        """What a session is subscribed to."""
        return {**dict(session.lens.streams), **session.watched}

    def hold(self, session: Subscriber, held: Principals) -> None:
        """The rights of a session that is not live are others."""
        session.lens = self.lens(session.lens.form, held, session.user, session.lens.streams)

    def flow(self, session: Subscriber) -> None:
        """The session has caught up: from here on it gets what concerns it."""
        cohorts = self._cohorts.setdefault(session.lens, [])
        cohort = next((each for each in cohorts if each.size < COHORT_MAX), None)
        if cohort is None:
            cohort = Cohort(session.lens)
            cohorts.append(cohort)
        session.cohort = cohort
        cohort.join(session)
        for tell in self.arrivals:
            tell(session)

    def pause(self, session: Subscriber) -> None:
        """The session is live no more. What waited for it is dropped: it will catch up from where it was last told."""
        self._awaiting.discard(session)
        cohort, session.cohort = session.cohort, None
        if cohort is not None:
            cohort.leave(session)
            self._tidy(cohort)

    def settle(self, session: Subscriber) -> bool:
        """Writes what waits for a session, which is live no more. False: it was not live."""
        cohort = session.cohort
        if cohort is None:
            return False
        session.cohort = None
        session.put(cohort.leave(session), self.position)
        self._tidy(cohort)
        return True

    def await_next(self, session: Subscriber) -> None:
        """Wakes a session that is not live when the hub goes on, once."""
        self._awaiting.add(session)

    # Events

    def deliver(self, event: Event) -> None:
        """The next event of the log, to every live session it concerns, each once; `flush` writes."""
        if event.name is Name.ACCESS_CHANGED:
            self._flush_all()  # what was right until here
        letter = Letter(event)
        self.position = event.position
        self.ring.add(letter)
        match event.name:
            case Name.ACCESS_CHANGED:
                self._change_access(event)
            case Name.LOGIN_ENDED:
                self._end_logins(event)
        match event.reach:
            case Reach.PERSONAL:
                self._deliver_each(letter, _union(self._own.get(user) for user in event.audience))
            case Reach.RECORD:
                self._deliver_each(letter, self._watchers(event))
            case _:
                self._deliver_all(letter)
        letter.forget()
        if self._awaiting:
            awaiting, self._awaiting = self._awaiting, set()
            for session in awaiting:
                session.wake()

    def flush(self) -> bool:
        """Writes what waits in one cohort. False: nothing waits anywhere."""
        if not self._dirty:
            return False
        cohort = next(iter(self._dirty))
        del self._dirty[cohort]
        cohort.flush(self.position)
        return True

    @property
    def waits(self) -> bool:
        """Something is to be flushed."""
        return bool(self._dirty)

    def restart(self, head: Head, reason: Reset) -> None:
        """The log goes on elsewhere: every session has to begin anew."""
        self.epoch, self.floor, self.position = head.epoch, head.floor, head.position
        self.ring.forget(head.position)
        for session in list(self.sessions):
            session.reset(reason)

    def _flush_all(self) -> None:
        while self.flush():
            pass

    def _deliver_all(self, letter: Letter) -> None:
        watching: dict[Cohort, Subscribers] = defaultdict(set)
        for session in self._watchers(letter.event):
            if session.cohort is not None:
                watching[session.cohort].add(session)
        for cohorts in self._cohorts.values():
            for cohort in cohorts:
                if not cohort.deliver(letter, watching.get(cohort, ())):
                    continue
                if cohort.is_full:
                    cohort.flush(self.position)
                    self._dirty.pop(cohort, None)
                else:
                    self._dirty[cohort] = None

    def _deliver_each(self, letter: Letter, sessions: Subscribers) -> None:
        for session in sessions:
            if session.cohort is not None and (frame := letter.frame_for(session)) is not None:
                session.cohort.give(session, frame)
                self._dirty[session.cohort] = None

    def _watchers(self, event: Event) -> Subscribers:
        return _union(self._watching.get(record) for record in event.records) if self._watching else set()

    # Rights

    def _change_access(self, event: Event) -> None:
        self.doubts += 1
        at_large = event.reach is Reach.HOLDERS
        if at_large:
            self.ring.forget(event.position)
        for session in list(self.sessions):
            if concerns_access(event, session):
                session.doubt(event.position)
                if at_large:
                    session.reset(Reset.ACCESS)

    def _end_logins(self, event: Event) -> None:
        for session in _union(self._own.get(user) for user in event.audience):
            if session.credential == event.data.get("credential"):
                reason = str(event.data.get("reason"))
                session.end(_ENDS.get(reason, Close.SIGNED_OUT), reason)

    # Bookkeeping

    def _tidy(self, cohort: Cohort) -> None:
        if cohort.size == 0:
            self._dirty.pop(cohort, None)
            cohorts = self._cohorts[cohort.lens]
            cohorts.remove(cohort)
            if not cohorts:
                del self._cohorts[cohort.lens]

    def _watch(self, session: Subscriber, watched: Subscriptions) -> None:
        for channel in session.watched:
            _discard(self._watching, cast(RecordId, channel.record), session)
        for channel in watched:
            self._watching[cast(RecordId, channel.record)].add(session)
        session.watched = watched or NOTHING


def concerns_access(event: Event, session: Member) -> bool:
    """Whether an `access.changed` puts the rights of a session in doubt."""
    if event.reach is Reach.HOLDERS:
        held = session.lens.held(session.user)
        return not event.principals.isdisjoint(held) and event.barred.isdisjoint(held)
    return not event.audience or session.user in event.audience


def _union(sets: Iterable[Subscribers | None]) -> Subscribers:
    return {session for found in sets if found for session in found}


def _discard(index: dict[_Key, Subscribers], key: _Key, session: Subscriber) -> None:
    if key in index:
        index[key].discard(session)
        if not index[key]:
            del index[key]
