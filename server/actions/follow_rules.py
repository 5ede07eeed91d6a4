"""Following by itself (PRODUCT §7): what I create, what I comment on, for those who want it.

Bots and imports make nobody follow: a bot has these wishes never, and an import does not come by here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select

from server.actions.follows import begin
from server.domain.words import RecordId
from server.store.access import readable_records
from server.store.schema import follows, users
from server.store.work import Work

Wish = Literal["follow_created", "follow_commented"]


async def follow_created(work: Work, record: RecordId) -> None:
    """Somebody made a record."""
    await _follow(work, [record], "follow_created")


async def follow_commented(work: Work, about: Sequence[RecordId]) -> None:
    """Somebody commented on an entry about some records; those that may not be read are not followed."""
    await _follow(work, about, "follow_commented")


async def _follow(work: Work, wanted: Sequence[RecordId], wish: Wish) -> None:
    """Whoever follows already, on whatever level, goes on like that; who ended a follow asks for it again by this act."""
    wishes = select(users.c[wish]).where(users.c.id == work.user, users.c.type == "person")
    if not wanted or not (await work.connection.execute(wishes)).scalar_one_or_none():
        return
    own = select(follows.c.record_id).where(follows.c.user_id == work.user, follows.c.record_id.in_(wanted))
    known = set((await work.connection.execute(own)).scalars())
    legible = await readable_records(work.connection, work.access, wanted)
    for record in wanted:
        if record in legible and record not in known:
            await begin(work, record)
