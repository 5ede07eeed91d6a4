"""How much of a user's attention waits: unseen entries of Mine, unread notifications. Counted anew, never kept.

`recount` is what every number that a client has come to by events must be equal to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Principals
from server.domain.words import EntryId, JsonObject, Position, UserId
from server.store.access import load_accesses, mine, visible
from server.store.log import read_head
from server.store.schema import entries, notifications, reading, unread_marks

LISTED = 1_000  # unseen entries that a client is given one by one; of more it knows the number
TOGETHER = 100  # kinds of rights counted in one statement; SQLite joins 500 selects at most


@dataclass(frozen=True, slots=True)
class Attention:
    """What waits for one user: entries of Mine beyond `seen` (a position), and notifications."""

    seen: Position
    unseen: int
    unread: int


async def recount(connection: AsyncConnection, users: Iterable[UserId]) -> dict[UserId, Attention]:
    """What waits for some users as of now; unknown and disabled ones are left out. For checking, not for hot paths."""
    accesses = await load_accesses(connection, users)
    unread = await count_unread(connection, accesses.values())
    return {
        user: Attention(await seen_by(connection, user), await count_unseen(connection, access), unread[user])
        for user, access in accesses.items()
    }


async def seen_by(connection: AsyncConnection, user: UserId) -> Position:
    """How far a user has seen the stream; 0 for one who never looked."""
    chosen = select(reading.c.seen).where(reading.c.user_id == user)
    return (await connection.execute(chosen)).scalar_one_or_none() or 0


async def count_unseen(connection: AsyncConnection, access: Access) -> int:
    """The entries of Mine whose last life is beyond what the user has seen, and not the user's own act."""
    chosen = select(func.count()).select_from(entries)
    counted: int = (await connection.execute(chosen.where(*_unseen(access)))).scalar_one()
    return counted


def _unseen(access: Access) -> Sequence[ColumnElement[bool]]:
    """`domain.attention.is_unseen` in SQL, and what is no entry of Mine at all: folded ones, and those not readable."""
    own = select(reading.c.seen).where(reading.c.user_id == access.user)
    return (
        entries.c.bumped > func.coalesce(own.scalar_subquery(), 0),
        entries.c.bumped_by.is_distinct_from(access.user),
        entries.c.folded_into.is_(None),
        mine(access.user),
        visible(access),
    )


async def read_unseen(connection: AsyncConnection, access: Access) -> JsonObject:
    """What a client needs to go on counting by events: the newest unseen entries with their places, and how many more."""
    head = await read_head(connection)
    chosen = select(entries.c.id, entries.c.bumped).where(*_unseen(access)).order_by(entries.c.bumped.desc())
    rows = (await connection.execute(chosen.limit(LISTED + 1))).all()
    unseen = len(rows) if len(rows) <= LISTED else await count_unseen(connection, access)
    return {
        "epoch": head.epoch,
        "position": head.position,
        "seen": await seen_by(connection, access.user),
        "unseen": unseen,
        "entries": [{"entry": row.id, "bumped": row.bumped} for row in rows[:LISTED]],
    }


async def count_unread(connection: AsyncConnection, accesses: Iterable[Access]) -> dict[UserId, int]:
    """How many notifications of each user are unread and may be seen: one statement, however many users."""
    alike: defaultdict[Principals, list[Access]] = defaultdict(list)
    for access in accesses:
        alike[_apart_from_own(access)].append(access)
    counted = {access.user: 0 for group in alike.values() for access in group}
    groups = list(alike.values())
    for start in range(0, len(groups), TOGETHER):
        counts = union_all(*(_unread_of(group) for group in groups[start : start + TOGETHER]))
        counted |= {UserId(row.user_id): row.unread for row in await connection.execute(counts)}
    return counted


def _apart_from_own(access: Access) -> Principals:
    """What a user holds, the same for all users who differ only in who they are."""
    own = f"user:{access.user}"
    return frozenset(f"{name.removesuffix(own)}own" if name.endswith(own) else name for name in access.held())


def _unread_of(group: Sequence[Access]) -> Select[tuple[int, int]]:
    joined = notifications.join(entries, entries.c.id == notifications.c.entry_id)
    own = notifications.c.user_id.in_(sorted(access.user for access in group))
    seen = visible(group[0], user=notifications.c.user_id)
    chosen = select(notifications.c.user_id, func.count().label("unread")).select_from(joined)
    return chosen.where(and_(own, notifications.c.read_at.is_(None), seen)).group_by(notifications.c.user_id)


async def marked_unread(connection: AsyncConnection, user: UserId, among: Sequence[EntryId]) -> frozenset[EntryId]:
    """Which of some entries the user has marked unread."""
    own = select(unread_marks.c.entry_id).where(unread_marks.c.user_id == user, unread_marks.c.entry_id.in_(among))
    return frozenset(EntryId(entry) for entry in (await connection.execute(own)).scalars())


async def show_attention(connection: AsyncConnection, access: Access) -> JsonObject:
    """How far the user has seen the stream, and what waits."""
    unread: Mapping[UserId, int] = await count_unread(connection, [access])
    return {
        "seen": await seen_by(connection, access.user),
        "unseen": await count_unseen(connection, access),
        "notifications": {"unread": unread[access.user]},
    }
