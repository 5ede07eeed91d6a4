"""One change of many records at once: all of them, or none (PRODUCT §5.1). Their entries are one burst."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import update

from server.actions import notices
from server.actions.arguments import Id
from server.actions.records import Changed, change_fields
from server.actions.verbs import DONE, Outcome, verb
from server.domain import attention
from server.domain.words import EntryId, RecordId, UserId
from server.errors import FieldError, Invalid
from server.store.access import owned
from server.store.schema import entries
from server.store.work import Work

RECORDS_MAX = 200  # of one change: more would make everybody else wait for too long
CHANGEABLE = frozenset({"stage", "responsible"})


class Bulk(msgspec.Struct, forbid_unknown_fields=True):
    """The records, of any kinds, and what all of them get: a stage, a responsible person, or both."""

    records: list[Id]
    fields: dict[str, object]


@verb("record.bulk", Bulk)
async def change_many(work: Work, wanted: Bulk) -> Outcome:
    """Changes many records as one. Raises what changing one of them raises, and then changes none."""
    ids = sorted({RecordId(record) for record in wanted.records})
    _check(ids, wanted.fields)
    changed = [await change_fields(work, record, wanted.fields) for record in ids]
    made = [entry for each in changed for entry in each.entries.values()]
    if len(made) > 1:
        await work.connection.execute(update(entries).where(entries.c.id.in_(made)).values(burst_id=made[0]))
    await _notify(work, changed)
    return DONE


def _check(ids: Sequence[RecordId], fields: dict[str, object]) -> None:
    errors: list[FieldError] = []
    if not ids:
        errors.append(FieldError("records", "required"))
    if len(ids) > RECORDS_MAX:
        errors.append(FieldError("records", "too_many", f"at most {RECORDS_MAX}", {"limit": RECORDS_MAX}))
    if not fields:
        errors.append(FieldError("fields", "required"))
    errors += [FieldError(name, "unknown", "only stage and responsible") for name in sorted(fields.keys() - CHANGEABLE)]
    if errors:
        raise Invalid(errors)


async def _notify(work: Work, changed: Sequence[Changed]) -> None:
    """Each person once for each kind of change, of the first record that concerns them: no storm."""
    now = await owned(work.connection, [each.record for each in changed])
    told: set[tuple[str, UserId]] = set()
    for each in changed:
        for type, entry in each.entries.items():
            whom = attention.of_change(type, each.responsible, now[each.record].responsible)
            fresh = {(type, user) for user in whom} - told
            if fresh:
                told |= fresh
                await notices.of_part(work, EntryId(entry), {user: whom[user] for _, user in fresh})
