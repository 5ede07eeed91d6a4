"""Rights as of every position, rebuilt from the history: what each user held, who might read each record.

Written from docs/topics/rights.md and not from the server's code, so that both cannot be wrong alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from tests.history.journal import History, Position, Row, Standing

KINDS = ("lead", "deal", "contact", "company", "quote")
LEVELS = ("none", "own", "department", "below", "opened", "all")

T = TypeVar("T")


class Timeline(Generic[T]):
    """A value that changes at positions."""

    def __init__(self, first: T) -> None:
        self._positions: list[Position] = [0]
        self._values: list[T] = [first]

    def set(self, position: Position, value: T) -> None:
        """From `position` on; positions come in order."""
        if value == self._values[-1]:
            return
        if position == self._positions[-1]:
            self._values[-1] = value
            return
        self._positions.append(position)
        self._values.append(value)

    def at(self, position: Position) -> T:
        """The value as of a position."""
        return self._values[bisect_right(self._positions, position) - 1]

    def changes(self, after: Position, upto: Position) -> list[Position]:
        """The positions of changes: `after` exclusive, `upto` inclusive."""
        return self._positions[bisect_right(self._positions, after) : bisect_right(self._positions, upto)]

    def between(self, first: Position, last: Position) -> list[T]:
        """All values it had from `first` to `last`, both inclusive."""
        begin = bisect_right(self._positions, first) - 1
        return self._values[begin : max(begin + 1, bisect_left(self._positions, last + 1))]


def held(user: int, standing: Standing, parents: Mapping[int, int | None]) -> frozenset[str]:
    """What a user holds for reading; nothing while disabled."""
    if not standing.active:
        return frozenset()
    level = LEVELS.index(standing.level)
    names = {f"user:{user}"}
    for kind in KINDS if level else ():
        names.add(f"{kind}:user:{user}")
        names |= {f"{kind}:team:{department}" for department in _departments(level, standing.department, parents)}
        if level >= LEVELS.index("opened"):
            names.add(f"{kind}:open")
        if level >= LEVELS.index("all"):
            names.add(f"{kind}:all")
    return frozenset(names)


def _departments(level: int, own: int | None, parents: Mapping[int, int | None]) -> Iterable[int]:
    if own is None or level < LEVELS.index("department"):
        return ()
    if level == LEVELS.index("department"):
        return (own,)
    return (department for department in parents if is_under(department, own, parents))


def is_under(department: int | None, above: int, parents: Mapping[int, int | None]) -> bool:
    """Whether a department is `above`, or somewhere below it."""
    while department is not None and department != above:
        department = parents.get(department)
    return department == above


def _readers_told(row: Row) -> Mapping[int, frozenset[str]]:
    """Who may read records from this event on, as far as it says so."""
    if row.name == "record.locked":
        return dict.fromkeys(row.records, row.barred)
    return row.readers


class Rights:
    """What was held and who might read, as of every position of one history."""

    def __init__(self, history: History) -> None:
        self._held = {
            user: Timeline(held(user, standing, history.parents)) for user, standing in history.standings.items()
        }
        for change in sorted(history.rights, key=lambda change: change.position):
            self._held[change.user].set(
                change.position, held(change.user, change.standing, change.parents or history.parents)
            )
        self._readers: defaultdict[int, Timeline[frozenset[str]]] = defaultdict(lambda: Timeline(frozenset()))
        for position in sorted(history.rows):
            for record, names in _readers_told(history.rows[position]).items():
                self._readers[record].set(position, names)

    def held(self, user: int) -> Timeline[frozenset[str]]:
        """What a user held."""
        return self._held[user]

    def readers(self, record: int) -> Timeline[frozenset[str]]:
        """Who might read a record."""
        return self._readers[record]
