"""Why one user sees one entry, with what the user can change about it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action
from server.domain.entries import principals
from server.domain.events import locked
from server.domain.why import Because, Rule, why
from server.domain.words import EntryId, FollowLevel, JsonObject, RecordId
from server.store.entries import check_visible
from server.store.facts import entry_facts
from server.store.log import read_head
from server.store.schema import follows
from server.store.shapes import Names


async def read_why(connection: AsyncConnection, access: Access, entry: EntryId) -> JsonObject:
    """`mine`, and under `because` each rule that brings it there, the strongest first, with the actions that would
    change it; `readable_by` are the records by which the user may read it at all. Raises NotFound.
    """
    head = await read_head(connection)
    await check_visible(connection, access, entry)
    facts = (await entry_facts(connection, [entry]))[entry]
    own = select(follows.c.record_id, follows.c.level).where(
        follows.c.user_id == access.user, follows.c.record_id.in_(list(facts.records))
    )
    levels = {RecordId(row.record_id): FollowLevel(row.level) for row in await connection.execute(own)}
    because = list(why(access.user, facts, levels))
    names = Names()
    names.need("record", *facts.records)
    await names.load(connection)

    def ref(record: RecordId) -> JsonObject | None:
        owned = facts.records[record]
        return names.ref(record) if access.may(Action.READ, owned) else locked(owned.kind)

    alone = {
        record: replace(facts, people=frozenset(), records={record: facts.records[record]}) for record in facts.records
    }
    by = [record for record, part in alone.items() if not access.held().isdisjoint(principals(part))]
    return {
        "epoch": head.epoch,
        "position": head.position,
        "entry": entry,
        "mine": bool(because),
        "because": [_shape(each, None if each.record is None else ref(each.record)) for each in because],
        "readable_by": [ref(record) for record in by],
    }


def _shape(because: Because, record: JsonObject | None) -> JsonObject:
    shape: JsonObject = {"rule": str(because.rule), "changes": _changes(because, record)}
    if because.record is not None:
        shape["record"] = record
    if because.level is not None:
        shape["level"] = str(because.level)
    return shape


def _changes(because: Because, record: JsonObject | None) -> list[JsonObject]:
    """The actions that would take the entry out of Mine, as far as this rule goes, or make it rarer."""
    if because.rule is not Rule.FOLLOWING or record is None or "record" not in record:
        return []
    mute: JsonObject = {"action": "follow.set", "args": {"record": because.record, "level": str(FollowLevel.MUTED)}}
    rarer: JsonObject = {
        "action": "follow.set",
        "args": {"record": because.record, "level": str(FollowLevel.IMPORTANT)},
    }
    end: JsonObject = {"action": "follow.end", "args": {"record": because.record}}
    return [end, mute] if because.level is FollowLevel.IMPORTANT else [end, rarer, mute]
