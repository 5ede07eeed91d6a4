"""What a stream shows (PRODUCT §5.3): values of one filter are ORed, filters are ANDed.

`matches` decides for what arrives live; `server/store/stream.py` says the same in SQL. A test holds both together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from server.domain.entries import Family, types_of
from server.domain.text import LINE_MAX, clean_line, fold
from server.domain.words import Kind, Millis, UserId
from server.errors import FieldError, Invalid

T = TypeVar("T")

KIND_FILTERS: Mapping[str, frozenset[str]] = {
    "message": types_of(Family.MESSAGE),
    "activity": types_of(Family.ACTIVITY),
    "change": types_of(Family.CHANGE) | types_of(Family.IMPORT),
    **{name: frozenset({name}) for name in types_of(Family.ACTIVITY)},
}
"""The values of `kind`, each with the types of entry it lets through."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One stream filter; the empty one lets everything through.

    `types` names of entry types · `since` inclusive, `until` exclusive, on the moment the entry was made ·
    `text` is looked for in what was written, folded.
    """

    types: frozenset[str] = frozenset()
    authors: frozenset[UserId] = frozenset()
    since: Millis | None = None
    until: Millis | None = None
    record_kinds: frozenset[Kind] = frozenset()
    text: str = ""

    def __bool__(self) -> bool:
        return self != NO_FILTER


NO_FILTER = Filter()


def types_for(kinds: frozenset[str]) -> frozenset[str]:
    """The entry types behind some values of `kind`. Raises KeyError for an unknown one."""
    return frozenset().union(*(KIND_FILTERS[kind] for kind in kinds))


def searchable(text: str, subject: str = "") -> str:
    """The folded form of an entry that `Filter.text` is looked for in; stored beside the entry."""
    return fold(f"{subject}\n{text}".strip())


def matches(wanted: Filter, entry: Mapping[str, object]) -> bool:
    """Whether an entry, in its unmasked JSON shape, passes the filter."""
    return (
        (not wanted.types or entry["type"] in wanted.types)
        and (not wanted.authors or _author(entry) in wanted.authors)
        and (wanted.since is None or cast(int, entry["at"]) >= wanted.since)
        and (wanted.until is None or cast(int, entry["at"]) < wanted.until)
        and (not wanted.record_kinds or not wanted.record_kinds.isdisjoint(_kinds(entry)))
        and (not wanted.text or fold(wanted.text) in _searchable(entry))
    )


def _author(entry: Mapping[str, object]) -> int | None:
    author = cast("Mapping[str, int] | None", entry.get("author"))
    return author["user"] if author else None


def _kinds(entry: Mapping[str, object]) -> set[Kind]:
    records = cast("list[Mapping[str, str]]", entry.get("records") or [])
    return {Kind(record["kind"]) for record in records}


def _searchable(entry: Mapping[str, object]) -> str:
    activity = cast("Mapping[str, str] | None", entry.get("activity"))
    if activity:
        return searchable(activity["description"], activity["subject"])
    return searchable(str(entry.get("text") or ""))


VALUES_MAX = 100  # values of one field: more people than anyone picks by hand
NUMBER_MAX = 2**53 - 1  # what JavaScript can count to: ids and moments alike


def parse_filter(values: Mapping[str, Sequence[object]]) -> Filter:
    """Reads `kind`, `author`, `from`, `to` (milliseconds), `record_kind` and `q`, each with its values: a URL query, or
    the `filter` of a subscription. Numbers may be written as text. Raises Invalid naming every wrong field.
    """
    errors = [FieldError(name, "unknown", "there is no such filter") for name in values if name not in FILTER_FIELDS]
    read = _Fields(values, errors)
    wanted = Filter(
        types=types_for(frozenset(read.many("kind", _kind_filter))),
        authors=frozenset(UserId(number) for number in read.many("author", _number)),
        since=read.one("from", _number),
        until=read.one("to", _number),
        record_kinds=frozenset(read.many("record_kind", _kind)),
        text=read.one("q", _text) or "",
    )
    if errors:
        raise Invalid(errors)
    return wanted


FILTER_FIELDS = frozenset({"kind", "author", "from", "to", "record_kind", "q"})


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one filter, and what was wrong with those read so far."""

    values: Mapping[str, Sequence[object]]
    errors: list[FieldError]

    def many(self, name: str, parse: Callable[[object], T]) -> list[T]:
        given = self.values.get(name, ())
        if len(given) > VALUES_MAX:
            self.errors.append(FieldError(name, "too_many", f"at most {VALUES_MAX} values", {"limit": VALUES_MAX}))
            return []
        try:
            return [parse(value) for value in given]
        except Invalid as error:
            self.errors.extend(FieldError(name, each.code, each.message, each.params) for each in error.errors)
            return []

    def one(self, name: str, parse: Callable[[object], T]) -> T | None:
        if len(self.values.get(name, ())) > 1:
            self.errors.append(FieldError(name, "too_many", "one value only", {"limit": 1}))
            return None
        return next(iter(self.many(name, parse)), None)


def _kind_filter(value: object) -> str:
    if not isinstance(value, str) or value not in KIND_FILTERS:
        raise Invalid.one("kind", "unknown", f"one of {', '.join(KIND_FILTERS)}")
    return value


def _kind(value: object) -> Kind:
    if not isinstance(value, str) or value not in set(Kind):
        raise Invalid.one("record_kind", "unknown", f"one of {', '.join(Kind)}")
    return Kind(value)


def _number(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= NUMBER_MAX:
        raise Invalid.one("number", "type", "a whole number, not negative")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid.one("q", "type", "a text")
    return clean_line(value, "q", limit=LINE_MAX)
