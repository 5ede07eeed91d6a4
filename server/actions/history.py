"""What the audit log is told of records: each field that changed, as it was and as it is, in stored values (ids, not names)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from server.domain.history import Note, What
from server.domain.words import Kind, RecordId
from server.store.work import Work

Values = Mapping[str, object]


def note_created(work: Work, record: RecordId, kind: Kind, values: Values) -> None:
    """A record was made with these fields; those without a value are left out."""
    said = {name: stored(value) for name, value in values.items() if value not in (None, "", [], {})}
    work.note(Note(What.CREATED, record, kind, after=said))


def note_changes(work: Work, record: RecordId, kind: Kind, before: Values, values: Values) -> None:
    """These fields of a record have other values than before, one line for each."""
    for name, value in values.items():
        old, new = stored(before.get(name)), stored(value)
        if old != new:
            work.note(Note(What.CHANGED, record, kind, name, old, new))


def stored(value: object) -> object:
    """A field's value as plain JSON: amounts as texts with two decimals."""
    match value:
        case Decimal():
            return f"{value:.2f}"
        case dict():
            return {name: stored(item) for name, item in value.items()}
        case list() | tuple():
            return [stored(item) for item in value]
        case _:
            return value
