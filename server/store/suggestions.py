"""What to offer while somebody types a name: people, departments, and records that the user may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action
from server.domain.text import fold
from server.domain.words import JsonObject, Kind
from server.store.access import may, readable
from server.store.schema import contact_points, departments, records, users

SHOWN = 10  # items; a list that needs scrolling is slower than another letter


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is asked for: people, departments, records of some kinds; `update`: only records the user may change."""

    people: bool = False
    departments: bool = False
    kinds: frozenset[Kind] = frozenset()
    update: bool = False


PURPOSES: Mapping[str, Purpose] = {
    "to": Purpose(people=True, departments=True, kinds=frozenset({Kind.CONTACT, Kind.LEAD}), update=True),
    "about": Purpose(kinds=frozenset(Kind), update=True),
    "mention": Purpose(people=True),
    "record": Purpose(kinds=frozenset(Kind)),
    "user": Purpose(people=True),
    **{str(kind): Purpose(kinds=frozenset({kind})) for kind in Kind},
}


async def suggest(connection: AsyncConnection, access: Access, typed: str, purpose: Purpose) -> list[JsonObject]:
    """At most ten items, people first; with nothing typed, the records with the newest life."""
    words = fold(typed).split()
    items: list[JsonObject] = []
    if purpose.people:
        items += await _people(connection, words)
    if purpose.departments:
        items += await _departments(connection, words)
    if purpose.kinds:
        items += await _records(connection, access, words, purpose)
    return items[:SHOWN]


def _fits(words: list[str], text: str) -> bool:
    folded = fold(text)
    return all(folded.startswith(word) or f" {word}" in folded for word in words)


async def _people(connection: AsyncConnection, words: list[str]) -> list[JsonObject]:
    """A company's people are few, so that they are compared here: accents need no help from the database."""
    chosen = select(users.c.id, users.c.name, users.c.email).where(users.c.active, users.c.type != "wall")
    rows = await connection.execute(chosen.order_by(users.c.name))
    found = [row for row in rows if _fits(words, row.name) or (words and fold(row.email or "").startswith(words[0]))]
    return [{"user": row.id, "name": row.name} for row in found[: SHOWN // 2 if not words else SHOWN]]


async def _departments(connection: AsyncConnection, words: list[str]) -> list[JsonObject]:
    rows = await connection.execute(select(departments.c.id, departments.c.name).order_by(departments.c.name))
    found = [row for row in rows if words and _fits(words, row.name)]
    return [{"department": row.id, "name": row.name} for row in found]


async def _records(connection: AsyncConnection, access: Access, words: list[str], purpose: Purpose) -> list[JsonObject]:
    columns = (records.c.id, records.c.kind, records.c.title, records.c.responsible_id)
    allowed = may(access, Action.UPDATE) if purpose.update else readable(access)
    chosen = select(*columns).where(records.c.kind.in_(sorted(purpose.kinds)), readable(access), allowed)
    for word in words:
        starts = records.c.search.startswith(word, autoescape=True)
        inside = [records.c.search.contains(f"{gap}{word}", autoescape=True) for gap in (" ", "\n")]
        chosen = chosen.where(or_(starts, *inside))
    rows = (await connection.execute(chosen.order_by(records.c.last_activity_at.desc()).limit(SHOWN))).all()
    mails = await _emails(connection, [row.id for row in rows if row.kind in {Kind.CONTACT, Kind.LEAD}])
    return [
        {"record": row.id, "kind": row.kind, "title": row.title, "responsible": row.responsible_id}
        | ({"emails": mails.get(row.id, [])} if row.kind in {Kind.CONTACT, Kind.LEAD} else {})
        for row in rows
    ]


async def _emails(connection: AsyncConnection, ids: list[int]) -> dict[int, list[str]]:
    chosen = select(contact_points).where(contact_points.c.record_id.in_(ids), contact_points.c.type == "email")
    found: dict[int, list[str]] = {}
    for row in await connection.execute(chosen.order_by(contact_points.c.sort)):
        found.setdefault(row.record_id, []).append(row.value)
    return found
