"""What a change of a record's fields means for the stream: which entries it makes (PRODUCT §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from sqlalchemy import select

from server.actions.entries import NewEntry
from server.domain.words import JsonObject, Kind, Meaning, RecordId
from server.store.schema import record_links, stages
from server.store.work import Work

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Change:
    """Which entry a changed field makes. `of` is how the field's value is kept in it."""

    field: str
    type: str
    kinds: frozenset[Kind]
    of: str


_STAGED = frozenset({Kind.LEAD, Kind.DEAL, Kind.QUOTE})
_SOLD = frozenset({Kind.DEAL, Kind.QUOTE})

CHANGES = (
    Change("stage", "stage", _STAGED, "stage"),
    Change("responsible", "responsible", frozenset(Kind), "user"),
    Change("title", "renamed", frozenset(Kind), "text"),
    Change("amount", "amount", _STAGED, "amount"),
    Change("currency", "amount", _STAGED, "amount"),
    Change("company", "client", _SOLD, "record"),
    Change("companies", "company", frozenset({Kind.CONTACT}), "first"),
)


async def entries_of_change(work: Work, record: RecordId, kind: Kind, before: Values, values: Values) -> list[NewEntry]:
    """The entries that some changed fields make, each type once. `before` holds all fields as they were."""
    after = {**before, **values}
    made: dict[str, NewEntry] = {}
    about = await client_of(work, record)
    for change in CHANGES:
        if change.field not in values or kind not in change.kinds:
            continue
        old, new = _kept(change, before), _kept(change, after)
        if old == new:
            continue
        type_ = await _quote_outcome(work, kind, values) if change.field == "stage" else None
        involved = [
            RecordId(cast(int, side["record"])) for side in (new, old) if isinstance(side, dict) and "record" in side
        ]
        records = list(dict.fromkeys([record, *about, *involved]))
        type_ = type_ or change.type
        made[type_] = NewEntry(type_, records, subject=record, change={"old": old, "new": new})
    return list(made.values())


def _kept(change: Change, values: Values) -> object:
    """A field as an entry keeps it: ids, so that names and rights are those of the moment it is read."""
    value = values.get(change.field)
    match change.of:
        case "amount":
            amount = cast("Decimal | None", values.get("amount"))
            return None if amount is None else {"amount": f"{amount:.2f}", "currency": values.get("currency")}
        case "text":
            return value
        case "first":
            ids = cast("list[int]", value or [])
            return {"record": ids[0]} if ids else None
        case what:
            return None if value is None else {what: value}


async def _quote_outcome(work: Work, kind: Kind, values: Values) -> str | None:
    """A quote that reaches a final stage was accepted or declined."""
    if kind != Kind.QUOTE or values.get("stage") is None:
        return None
    meaning = (
        await work.connection.execute(select(stages.c.meaning).where(stages.c.id == values["stage"]))
    ).scalar_one()
    outcomes: JsonObject = {Meaning.WON: "accepted", Meaning.LOST: "declined"}
    return cast("str | None", outcomes.get(meaning))


async def client_of(work: Work, record: RecordId) -> list[RecordId]:
    """The client company of a record: what happens to a deal, quote or contact is about its company too."""
    company = record_links.c.role.in_(("company", "companies"))
    chosen = select(record_links.c.other_id).where(record_links.c.record_id == record, company)
    first = await work.connection.execute(chosen.order_by(record_links.c.sort).limit(1))
    return [RecordId(other) for other in first.scalars()]
