"""Following records (PRODUCT §7): open to everyone who may read one. The responsible person follows by right."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, insert, select, update

from server.actions.arguments import Id
from server.actions.checks import check_records
from server.actions.verbs import Noun, Outcome, verb
from server.domain.access import Action, readers
from server.domain.events import Name, Reach
from server.domain.words import FollowLevel, JsonObject, RecordId, UserId
from server.errors import Forbidden
from server.store.drafts import Draft, Image
from server.store.schema import follows
from server.store.shapes import Names
from server.store.work import Work


class Follow(msgspec.Struct, forbid_unknown_fields=True):
    """A record to follow, and how much of it comes into Mine."""

    record: Id
    level: FollowLevel = FollowLevel.EVERYTHING


class Unfollow(msgspec.Struct, forbid_unknown_fields=True):
    """A record to follow no longer."""

    record: Id


@verb("follow.set", Follow)
async def follow(work: Work, wanted: Follow) -> Outcome:
    """Follows a record, or changes the level."""
    record = RecordId(wanted.record)
    await check_records(work, [record], Action.READ, "record")
    own = (follows.c.user_id == work.user, follows.c.record_id == record)
    level = (await work.connection.execute(select(follows.c.level).where(*own))).scalar_one_or_none()
    if level is None:
        await begin(work, record, wanted.level)
    elif level != wanted.level:
        await work.connection.execute(update(follows).where(*own).values(level=str(wanted.level)))
        await _tell(work, record, wanted.level)
    return Outcome(Noun.FOLLOW, record)


async def begin(work: Work, record: RecordId, level: FollowLevel = FollowLevel.EVERYTHING) -> None:
    """Follows a record that the user may read and does not follow yet."""
    row = {"user_id": work.user, "record_id": record, "level": str(level), "at": work.at}
    await work.connection.execute(insert(follows).values(row))
    await _tell(work, record, level)


@verb("follow.end", Unfollow)
async def unfollow(work: Work, wanted: Unfollow) -> Outcome:
    """Stops following. Raises Forbidden for the responsible person, who follows by right."""
    record = RecordId(wanted.record)
    facts = await check_records(work, [record], Action.READ, "record")
    if facts[record].responsible == work.user:
        raise Forbidden("the responsible person follows by right", action="unfollow", record=record)
    own = (follows.c.user_id == work.user, follows.c.record_id == record)
    if (await work.connection.execute(delete(follows).where(*own))).rowcount:
        await _tell(work, record, None)
    return Outcome(Noun.FOLLOW, record)


async def tell_follows(work: Work, record: RecordId, users: Sequence[UserId]) -> None:
    """To the own screens of some users: what a record brings into their Mine has changed, their follow stays as it is."""
    chosen = select(follows.c.user_id, follows.c.level).where(
        follows.c.record_id == record, follows.c.user_id.in_(users)
    )
    levels = {row.user_id: row.level for row in await work.connection.execute(chosen)}
    for user in users:
        own = Image(audience=frozenset({user}), data={"follow": record, "level": levels.get(user)})
        work.record(Draft(Name.FOLLOW_CHANGED, reach=Reach.PERSONAL, frozen=own))


async def _tell(work: Work, record: RecordId, level: FollowLevel | None) -> None:
    """To the follower's own screens, and to whoever looks at the record."""
    what = {"level": None if level is None else str(level)}
    own = Image(audience=frozenset({work.user}), data={"follow": record, **what})
    work.record(Draft(Name.FOLLOW_CHANGED, reach=Reach.PERSONAL, frozen=own))
    facts = await check_records(work, [record], Action.READ, "record")
    names = Names()
    names.need("user", work.user)
    person = (await names.load(work.connection)).person(work.user)
    by_right = facts[record].responsible == work.user
    data: JsonObject = {"followed": record, "user": person, **what, "by_right": by_right}
    seen = Image((record,), readers(facts[record]), data=data)
    work.record(Draft(Name.FOLLOWER_CHANGED, reach=Reach.RECORD, frozen=seen))
