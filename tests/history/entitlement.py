"""What one user may, and must, get of one event, exact by position (docs/topics/proof.md).

A client is shown an event by rights as of some position between the event's own and the last one committed when it
arrived: rights may be newer than the event (they are read when they change, and replays are drawn as of now), never older.
So over that *window* of positions: a delivery is right if one moment allows it, and owed if every moment demands it.
What a process had behind it at the handshake comes by a replay, drawn later: there the window begins at the handshake.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from tests.history.journal import History, Json, Millis, Position, Row
from tests.history.rights import Rights

FROZEN = frozenset(
    {
        *("entry.removed", "record.removed", "activity.removed", "record.locked"),
        *("follow.changed", "user.changed", "access.changed", "login.ended"),
        *("notification.changed", "read.changed"),
    }
)
"""Events that a replay tells as they were: removals, and what is personal. (See also `_shows_notification`.)"""

CARRY_ENTRY = frozenset({"entry.added", "entry.changed", "comment.added"})
CARRY_COMMENT = frozenset({"comment.added", "comment.changed"})
ACTIVITY_EVENTS = frozenset({"activity.added", "activity.changed", "activity.removed"})
BY_ANY_RECORD = frozenset({"message", "task", "meeting", "call", "email"})
FILTER_TYPES: Mapping[str, frozenset[str]] = {
    "message": frozenset({"message"}),
    "activity": frozenset({"task", "meeting", "call", "email"}),
    "change": frozenset(
        {"added", "stage", "responsible", "renamed", "amount", "client", "company", "converted", "accepted"}
        | {"declined", "file", "import"}
    ),
    "task": frozenset({"task"}),
}
NEVER_FRAMED = frozenset({"login.ended"})


@dataclass(frozen=True, slots=True)
class Window:
    """Positions from which the state of rights and contents may have been taken, both inclusive."""

    first: Position
    last: Position


@dataclass(slots=True)
class Facts:
    """What never changes about an entry, as far as it was ever seen; where it, or its comments, ended."""

    type: str | None = None
    author: int | None = None
    subject: int | None = None
    kinds: frozenset[str] = frozenset()
    removed: Position | None = None
    positions: list[Position] = field(default_factory=list)
    """Events about it, in order."""


class Entitlement:
    """The rule over one history."""

    def __init__(self, history: History) -> None:
        self.rows = history.rows
        self.rights = Rights(history)
        self._moments: list[Millis] = []
        self._dated: list[Position] = []
        self._facts: defaultdict[tuple[str, int], Facts] = defaultdict(Facts)
        self._comments_removed: dict[int, Position] = {}
        self._notifications_removed: dict[int, Position] = {}
        self._notified: defaultdict[int, list[Position]] = defaultdict(list)
        self._follows: defaultdict[tuple[int, int], list[Position]] = defaultdict(list)
        self._moves: defaultdict[int, list[Position]] = defaultdict(list)
        responsible: dict[int, object] = {}
        for position in sorted(self.rows):
            row = self.rows[position]
            self._moments.append(max(row.at, self._moments[-1] if self._moments else 0))
            self._dated.append(position)
            self._learn(row)
            self._learn_ends(row)
            self._learn_moves(row, responsible)

    def _learn(self, row: Row) -> None:
        if row.reach != "personal" and (key := _key(row)) is not None:
            facts = self._facts[key]
            facts.positions.append(row.position)
            if row.shape is not None:
                _describe(facts, row.shape)
            if row.name in {"entry.removed", "activity.removed"}:
                facts.removed = row.position

    def _learn_ends(self, row: Row) -> None:
        if row.name == "comment.removed" and (comment := row.id_of("comment")) is not None:
            self._comments_removed[comment] = row.position
        if row.name == "notification.added" and (notification := row.id_of("notification")):
            self._notified[notification].append(row.position)
        if row.name == "notification.changed" and row.data.get("removed"):
            for number in cast("list[int]", row.data["notifications"]):
                self._notifications_removed[number] = row.position

    def _learn_moves(self, row: Row, responsible: dict[int, object]) -> None:
        if row.name == "follow.changed":
            for user in row.audience:
                self._follows[user, cast(int, row.data["follow"])].append(row.position)
        if row.name in {"record.added", "record.changed"} and isinstance(shape := row.data.get("record"), dict):
            person = shape.get("responsible")
            if responsible.get(shape["record"], person) != person:
                self._moves[shape["record"]].append(row.position)
            responsible[shape["record"]] = person

    def committed(self, at: Millis) -> Position:
        """The highest position that may have been committed at a moment (an event is dated just before its commit)."""
        index = bisect_right(self._moments, at)
        return self._dated[index - 1] if index else 0

    # Rights

    def may(self, user: int, row: Row, window: Window) -> bool:
        """Whether some moment of the window lets the user have the event at all, whatever is subscribed."""
        if row.name in NEVER_FRAMED or self._gone_before(row, window.first):
            return False
        if row.reach in {"portal", "personal"}:
            return row.reach == "portal" or user in row.audience
        return any(
            not names.isdisjoint(held) and row.barred.isdisjoint(held)
            for held in self.rights.held(user).between(window.first, window.last)
            for names in self._principals(row, window)
        )

    def must(self, user: int, row: Row, window: Window) -> bool:
        """Whether every moment of the window gives the user the event, if a channel brings it."""
        if row.name in NEVER_FRAMED or not row.data or self._gone_before(row, window.last):
            return False
        if _shows_notification(row) and self._may_be_withheld(user, row, window):
            return False
        if row.reach in {"portal", "personal"}:
            return row.reach == "portal" or user in row.audience
        return all(
            not names.isdisjoint(held) and row.barred.isdisjoint(held)
            for held in self.rights.held(user).between(window.first, window.last)
            for names in self._principals(row, window)
        )

    def may_read(self, user: int, record: int, window: Window) -> bool:
        """Whether some moment of the window lets the user read a record."""
        readers = self.rights.readers(record).between(window.first, window.last)
        helds = self.rights.held(user).between(window.first, window.last)
        return any(not names.isdisjoint(held) for held in helds for names in readers)

    def _gone_before(self, row: Row, last: Position) -> bool:
        """Whether what the event tells of was deleted at or before `last`: then a replay leaves it out."""
        if row.name in FROZEN and not _shows_notification(row):
            return False
        comment = row.id_of("comment") if row.name in CARRY_COMMENT else None
        ends = [self._about(row).removed, self._comments_removed.get(comment or 0)]
        if _shows_notification(row):
            number = row.id_of("notification") or 0
            if not any(row.position < renewed <= last for renewed in self._notified[number]):  # then of another comment
                told = part(row.data, "notification")
                ends.append(self._comments_removed.get(cast("int | None", told.get("comment")) or 0))
            ends.append(self._notifications_removed.get(number))
        return any(end is not None and row.position < end <= last for end in ends)

    def _may_be_withheld(self, user: int, row: Row, window: Window) -> bool:
        """A notification of what its reader could not read for a moment is left out by a replay of that moment."""
        records = cast("list[Json]", part(row.data, "notification").get("records", []))
        rights = [self.rights.held(user), *(self.rights.readers(cast(int, each["record"])) for each in records)]
        return any(each.changes(window.first, window.last) for each in rights)

    def _principals(self, row: Row, window: Window) -> Iterable[frozenset[str]]:
        """The sets of those who may read the event, as of the moments of the window."""
        moments = {max(window.first, row.position)}
        if row.name not in FROZEN:
            for record in row.records:
                moments.update(self.rights.readers(record).changes(window.first, window.last))
            moments.update(p for p in self._about(row).positions if window.first < p <= window.last)
        for moment in sorted(moments):
            yield row.principals if moment == row.position or row.name in FROZEN else self._drawn(row, moment)

    def _drawn(self, row: Row, moment: Position) -> frozenset[str]:
        facts = self._about(row)
        upto = bisect_right(facts.positions, moment)
        latest = self.rows[facts.positions[upto - 1]] if upto else row
        people = {name for name in latest.principals if name.startswith("user:")}
        deciding = row.records
        if facts.type is not None and facts.type not in BY_ANY_RECORD:
            deciding = () if facts.subject is None else (facts.subject,)
        return frozenset(people).union(*(self.rights.readers(record).at(moment) for record in deciding))

    def _about(self, row: Row) -> Facts:
        key = _key(row)
        return Facts() if key is None else self._facts[key]

    # Mine

    def mine(self, user: int, row: Row, window: Window) -> set[bool]:
        """Whether the event belongs to the user's Mine: both, where something moved meanwhile."""
        own = user in row.audience
        if row.name in FROZEN:
            return {own}
        after, last = row.position, window.last
        changed = any(
            after < p <= last
            for record in row.records
            for p in (*self._follows.get((user, record), ()), *self._moves.get(record, ()))
        )
        later = [self.rows[p] for p in self._about(row).positions if after < p <= last]
        changed = changed or any((user in other.audience) != own for other in later if other.name not in FROZEN)
        return {True, False} if changed else {own}

    # Channels

    def reaches(self, row: Row, channel: str, *, mine: bool) -> bool:
        """Whether a channel brings the event, before rights and filters."""
        if row.reach in {"personal", "portal", "holders"}:
            return True
        if channel.startswith("record:"):
            return int(channel.removeprefix("record:")) in row.records
        if row.reach == "record":
            return False
        if channel == "tasks":
            return mine and row.name in ACTIVITY_EVENTS
        return mine or channel == "all"

    def passes(self, row: Row, wanted: Json, window: Window) -> bool | None:
        """Whether the event's entry passes a filter; None when that cannot be known, or changed meanwhile."""
        if not wanted or row.name not in CARRY_ENTRY:
            return True
        facts = self._about(row)
        if facts.type is None:
            return None
        types = frozenset[str]().union(*(FILTER_TYPES[kind] for kind in cast("list[str]", wanted.get("kind", []))))
        if types and facts.type not in types:
            return False
        if (authors := cast("list[int]", wanted.get("author", []))) and facts.author not in authors:
            return False
        if (kinds := cast("list[str]", wanted.get("record_kind", []))) and facts.kinds.isdisjoint(kinds):
            return False
        if (text := cast(str, wanted.get("q", ""))) == "":
            return True
        rewritten = any(
            self.rows[p].name == "entry.changed" for p in facts.positions if row.position < p <= window.last
        )
        return None if rewritten or row.shape is None else text in _searchable(row.shape)


def part(value: Json, name: str) -> Json:
    """An object inside another; empty where there is none."""
    found = value.get(name)
    return cast(Json, found) if isinstance(found, dict) else {}


def _shows_notification(row: Row) -> bool:
    """It carries a notification, which is drawn as of now: a new one, or one that reads differently."""
    return row.name in {"notification.added", "notification.changed"} and "notification" in row.data


def _key(row: Row) -> tuple[str, int] | None:
    """What an event is about: events with the same key are drawn from the same thing."""
    if row.entry is not None:
        return ("entry", row.entry)
    activity = row.activity if row.activity is not None else row.id_of("activity")
    return None if activity is None else ("activity", activity)


def _searchable(shape: Json) -> str:
    """What a text filter looks in: what was written, and the subject of an activity."""
    activity = shape.get("activity")
    written = [activity["subject"], activity["description"]] if isinstance(activity, dict) else [shape.get("text")]
    return "\n".join(str(text or "") for text in written).lower()


def _describe(facts: Facts, shape: Json) -> None:
    author, subject = cast("Json | None", shape["author"]), cast("Json | None", shape["subject"])
    facts.type = cast(str, shape["type"])
    facts.author = None if author is None else cast(int, author["user"])
    facts.subject = None if subject is None else cast(int, subject["record"])
    facts.kinds = frozenset(str(record["kind"]) for record in cast("list[Json]", shape["records"]))
