"""Who views which record and who types where, as one node knows it (PRODUCT §12). Pure: told what happens, and the time.

Each node tells the others the whole state of a record as far as its own sessions make it, with a number that grows. What
was told last counts, and only for a while: so a message that is lost, late or doubled does no lasting harm, and a node
that dies disappears by itself. Claims are decided elsewhere (`presence_claims`); here they are only known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Set as AbstractSet
from dataclasses import dataclass, field

from server.domain.words import EntryId, RecordId, UserId
from server.live.presence_letters import Claimed, Letter, Person, State, Typing, user_of

VIEWING = 25.0  # s that what another node told holds; two heartbeats may be lost
TYPING = 6.0  # s after the last key
HEARTBEAT = 10.0  # s between two tellings of what has not changed
SHOWN_MAX = 50  # people that are shown of one record; nobody counts more faces


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of one record, each person once, in the order of their numbers."""

    viewing: tuple[Person, ...] = ()
    typing: tuple[tuple[EntryId, Person], ...] = ()
    claim: Claimed | None = None


NOTHING = Shown()


@dataclass(slots=True)
class _Act:
    """What one session of this node does. `until`: when typing ends, unless it is said again."""

    person: Person
    record: RecordId | None = None
    entry: EntryId | None = None
    about: frozenset[RecordId] = frozenset()
    until: float = 0.0

    def records(self) -> AbstractSet[RecordId]:
        return self.about if self.record is None else self.about | {self.record}


@dataclass(slots=True)
class _Heard:
    """What another node told last of a record. `until`: when it no longer holds."""

    number: int
    until: float
    viewing: tuple[Person, ...]
    typing: dict[tuple[EntryId, UserId], tuple[Person, float]]


@dataclass(slots=True)
class _Known:
    """A claim, or that one was given back. `here`: by this node, which therefore goes on telling it."""

    claim: Claimed
    until: float
    here: bool
    told: float = field(default=float("-inf"))


class Presence:
    """See the module. Times are seconds of a monotonic clock.

    `untold` are records whose state this node should tell; `unshown` those of which something else is to be shown.
    Who acts on them takes them out.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self.untold: dict[RecordId, None] = {}
        self.unshown: dict[RecordId, None] = {}
        self._number = 0
        self._acts: dict[Hashable, _Act] = {}
        self._here: dict[RecordId, set[Hashable]] = defaultdict(set)
        self._told: dict[RecordId, float] = {}
        self._heard: dict[RecordId, dict[str, _Heard]] = defaultdict(dict)
        self._claims: dict[RecordId, _Known] = {}

    @property
    def is_idle(self) -> bool:
        """Nothing is known and nothing is to be done."""
        return not (self._acts or self._told or self._heard or self._claims or self.untold or self.unshown)

    # Sessions of this node

    def view(self, session: Hashable, person: Person, record: RecordId | None) -> None:
        """A session views this record, and no other."""
        act = self._act(session, person)
        if act.record != record:
            self._change(session, act, _Act(act.person, record, act.entry, act.about, act.until))

    def type(
        self, session: Hashable, person: Person, entry: EntryId | None, about: Iterable[RecordId], now: float
    ) -> None:
        """A session types at this entry, which shows on these records; None: no more."""
        act = self._act(session, person)
        if entry is None:
            if act.entry is not None:
                self._change(session, act, _Act(act.person, act.record))
            return
        self._change(session, act, _Act(act.person, act.record, entry, frozenset(about), now + TYPING))

    def leave(self, session: Hashable) -> None:
        """A session does nothing any more."""
        if (act := self._acts.get(session)) is not None:
            self._change(session, act, _Act(act.person))

    def person(self, session: Hashable) -> Person | None:
        """Who does something in a session."""
        act = self._acts.get(session)
        return act.person if act else None

    def viewed(self, session: Hashable) -> RecordId | None:
        """The record that a session views."""
        act = self._acts.get(session)
        return act.record if act else None

    def typed(self, session: Hashable) -> tuple[EntryId, frozenset[RecordId]] | None:
        """The entry at which a session types, and the records where that shows."""
        act = self._acts.get(session)
        return (act.entry, act.about) if act and act.entry is not None else None

    def acting(self, records: Iterable[RecordId] | None = None) -> set[Hashable]:
        """The sessions that do something, anywhere or on some records."""
        if records is None:
            return set(self._acts)
        return {session for record in records for session in self._here.get(record, ())}

    def _act(self, session: Hashable, person: Person) -> _Act:
        return self._acts.get(session) or _Act(person)

    def _change(self, session: Hashable, before: _Act, after: _Act) -> None:
        for record in before.records() - after.records():
            self._here[record].discard(session)
            if not self._here[record]:
                del self._here[record]
        for record in after.records():
            self._here[record].add(session)
        if after.records():
            self._acts[session] = after
        else:
            self._acts.pop(session, None)
        self._touch(before.records() | after.records())

    def _touch(self, records: Iterable[RecordId]) -> None:
        marks = dict.fromkeys(records)
        self.untold.update(marks)
        self.unshown.update(marks)

    # Claims

    def claimed(self, claim: Claimed, now: float, *, here: bool = False) -> None:
        """Somebody claimed a record or gave it back; the newer of two counts, in whatever order they come."""
        known = self._claims.get(claim.record)
        if known is None or claim.stamp > known.claim.stamp:
            self._claims[claim.record] = _Known(claim, now + claim.left, here)
            self.unshown[claim.record] = None
            if here:
                self.untold[claim.record] = None

    def checked(self, record: RecordId, stamp: int, claim: Claimed | None, now: float) -> None:
        """What the claim that is known by `stamp` really is; None: it is gone. Nothing if another is known by now."""
        known = self._claims.get(record)
        if known is None or known.claim.stamp != stamp or (claim is not None and claim.stamp == stamp):
            return
        if claim is None:
            del self._claims[record]
        else:
            self._claims[record] = _Known(claim, now + claim.left, here=False)
        self.unshown[record] = None

    def claims(self, records: Iterable[RecordId] | None = None) -> Iterator[tuple[Claimed, bool]]:
        """The claims that hold as far as is known, and whether this node took each."""
        for record in list(self._claims) if records is None else records:
            known = self._claims.get(record)
            if known is not None and known.claim.person is not None:
                yield known.claim, known.here

    # The other nodes

    def hear(self, letter: Letter, now: float) -> None:
        """What a node told. This one's own words say nothing new."""
        if letter.node == self.node:
            return
        for state in letter.states:
            self._hear_state(letter.node, letter.number, state, now)
        for claim in letter.claims:
            self.claimed(claim, now)

    def _hear_state(self, node: str, number: int, state: State, now: float) -> None:
        before = self._heard[state.record].get(node)
        if before is not None and before.number >= number:
            return
        typing = {
            (each.entry, user_of(each.person)): (each.person, now + min(each.left, TYPING)) for each in state.typing
        }
        self._heard[state.record][node] = _Heard(number, now + VIEWING, state.viewing, typing)
        self.unshown[state.record] = None

    def refresh(self) -> None:
        """A node has asked: everything is to be told again."""
        self.untold.update(dict.fromkeys([*self._here, *self._claims]))
        for known in self._claims.values():
            known.here = True  # whoever took it may be gone; the newest stamp decides anyway

    def letter(self, records: Iterable[RecordId], now: float) -> Letter:
        """What this node tells of some records."""
        self._number += 1
        states: list[State] = []
        claims: list[Claimed] = []
        for record in records:
            states.append(self._own(record, now))
            if record in self._here:
                self._told[record] = now
            else:
                self._told.pop(record, None)
            known = self._claims.get(record)
            if known is not None and known.here:
                known.told = now
                claims.append(known.claim.lasting(known.until - now))
        return Letter(self.node, self._number, tuple(states), tuple(claims))

    def _own(self, record: RecordId, now: float) -> State:
        acts = [self._acts[session] for session in self._here.get(record, ())]
        viewing = {user_of(act.person): act.person for act in acts if act.record == record}
        typing = {
            (act.entry, user_of(act.person)): Typing(act.entry, act.person, act.until - now)
            for act in sorted(acts, key=lambda act: act.until)
            if act.entry is not None and record in act.about and act.until > now
        }
        return State(record, _first(viewing), tuple(typing[key] for key in sorted(typing)[:SHOWN_MAX]))

    # Time

    def pass_time(self, now: float) -> None:
        """What has lasted too long ends, and what holds is to be told again."""
        for session, act in list(self._acts.items()):
            if act.entry is not None and act.until <= now:
                self._change(session, act, _Act(act.person, act.record))
        for record, nodes in list(self._heard.items()):
            self._pass_time_of(record, nodes, now)
        for record, known in list(self._claims.items()):
            if known.until <= now:
                del self._claims[record]
                self.unshown[record] = None
            elif known.here and now - known.told >= HEARTBEAT:
                self.untold[record] = None
        for record, told in self._told.items():
            if now - told >= HEARTBEAT:
                self.untold[record] = None

    def _pass_time_of(self, record: RecordId, nodes: dict[str, _Heard], now: float) -> None:
        for node, heard in list(nodes.items()):
            over = [key for key, (_, until) in heard.typing.items() if until <= now]
            for key in over:
                del heard.typing[key]
            if heard.until <= now:
                del nodes[node]
            if over or heard.until <= now:
                self.unshown[record] = None
        if not nodes:
            del self._heard[record]

    # What is shown

    def shown(self, record: RecordId, now: float) -> Shown:
        """All that is to be shown of a record."""
        own = self._own(record, now)
        viewing = {user_of(person): person for person in own.viewing}
        typing = {(each.entry, user_of(each.person)): each.person for each in own.typing}
        for heard in self._heard.get(record, {}).values():
            if heard.until > now:
                viewing.update((user_of(person), person) for person in heard.viewing)
                typing.update((key, person) for key, (person, until) in heard.typing.items() if until > now)
        known = self._claims.get(record)
        claim = known.claim if known and known.until > now and known.claim.person is not None else None
        return Shown(_first(viewing), tuple((key[0], typing[key]) for key in sorted(typing)[:SHOWN_MAX]), claim)


def _first(people: dict[UserId, Person]) -> tuple[Person, ...]:
    return tuple(people[user] for user in sorted(people)[:SHOWN_MAX])
