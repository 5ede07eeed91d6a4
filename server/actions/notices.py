"""Notifications as consequences: what each act tells whom, in the transaction of the act (PRODUCT §9).

Everything here happens under the lock of the log's head, so that nobody is told of what they may not read at that
position, and the number of unread ones is true there. Imports call none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, insert, select, update

from server.domain import attention
from server.domain.access import Principals
from server.domain.attention import Reason, Wanted
from server.domain.entries import Part, principals
from server.domain.events import Name, Reach
from server.domain.text import parse_mentions
from server.domain.words import CommentId, EntryId, JsonObject, NotificationId, RecordId, UserId
from server.store.access import load_accesses, owned
from server.store.drafts import Draft, Image
from server.store.facts import entry_facts
from server.store.notifications import load_readers
from server.store.reading import count_unread
from server.store.schema import comments, entries, entry_people, notifications, reactions
from server.store.work import Work


async def of_post(work: Work, entry: EntryId, parts: Mapping[UserId, Collection[Part]]) -> None:
    """A message was published: whom it is to, and whom it mentions."""
    await _tell(work, entry, attention.of_message(parts))


async def of_comment(work: Work, entry: EntryId, comment: CommentId, mentioned: Iterable[UserId]) -> None:
    """An entry was commented: whoever takes part in it, and whom the comment mentions."""
    parts = select(entry_people.c.user_id).where(entry_people.c.entry_id == entry)
    writers = select(comments.c.author_id).where(comments.c.entry_id == entry)
    taking_part = (await work.connection.execute(parts.union(writers))).scalars()
    await _tell(work, entry, attention.of_comment(map(UserId, taking_part), mentioned), comment)


async def of_edit(work: Work, entry: EntryId, before: str, after: str, comment: CommentId | None = None) -> None:
    """A message or a comment has another text: who was told of it reads that; whom it mentions now and did not before is
    told, each once.
    """
    await _retell(work, entry, notifications.c.comment_id.is_not_distinct_from(comment))
    known = parse_mentions(before).users
    fresh = [user for user in parse_mentions(after).users if user not in known]
    if not fresh:
        return
    told = select(notifications.c.user_id).where(
        notifications.c.entry_id == entry,
        notifications.c.reason == str(Reason.MENTIONED),
        notifications.c.comment_id.is_not_distinct_from(comment),
    )
    already = set((await work.connection.execute(told)).scalars())
    await _tell(work, entry, {user: Reason.MENTIONED for user in fresh if user not in already}, comment)


async def of_rewriting(work: Work, entry: EntryId) -> None:
    """An entry says something else, is about other records, or is for other people."""
    await _retell(work, entry)


async def of_exclusion(work: Work, entry: EntryId, before: Principals, after: Principals) -> None:
    """Some of those who might read an entry may not any more: its notifications go from them, for good."""
    accesses = await load_accesses(work.connection, (await _holders(work, entry)).values())
    held = {user: access.held() for user, access in accesses.items()}
    lost = sorted(user for user, own in held.items() if not own.isdisjoint(before) and own.isdisjoint(after))
    if lost:
        await _forget(work, notifications.c.entry_id == entry, notifications.c.user_id.in_(lost))


async def of_reaction(work: Work, entry: EntryId) -> None:
    """Somebody reacted to an entry."""
    await _tell(work, entry, {await _author(work, entry): Reason.REACTION})


async def of_reaction_taken_back(work: Work, entry: EntryId) -> None:
    """Somebody took a reaction back: when none but the author's own is left, there is nothing to tell of."""
    author = await _author(work, entry)
    others = select(reactions.c.at).where(reactions.c.entry_id == entry, reactions.c.user_id != author).limit(1)
    if (await work.connection.execute(others)).first() is None:
        await _forget(work, notifications.c.entry_id == entry, notifications.c.reason == str(Reason.REACTION))


async def _author(work: Work, entry: EntryId) -> UserId:
    found = await work.connection.execute(select(entries.c.author_id).where(entries.c.id == entry))
    return UserId(found.scalar_one())


async def of_handover(work: Work, entry: EntryId, old: UserId | None, new: UserId | None) -> None:
    """A record or an activity has another responsible person, and `entry` tells of it."""
    await _tell(work, entry, attention.of_handover(old, new))


async def of_change(work: Work, record: RecordId, type: str, entry: EntryId, before: UserId | None) -> None:
    """A record changed, and `entry`, of this type, tells of it; `before` was responsible until then."""
    now = (await owned(work.connection, [record]))[record].responsible
    await _tell(work, entry, attention.of_change(type, before, now))


async def of_part(work: Work, entry: EntryId, wanted: Wanted) -> None:
    """Some of those whom an act concerns: of many acts at once everybody is told of the first."""
    await _tell(work, entry, wanted)


async def of_reminder(work: Work, entry: EntryId, people: Iterable[UserId]) -> None:
    """It is time to think of an activity, and `entry` is the activity's: nobody did that but the clock."""
    await _tell(work, entry, dict.fromkeys(people, Reason.REMINDER))


async def of_removed_entry(work: Work, entry: EntryId) -> None:
    """An entry is about to be removed: its notifications go first, and those who had them are told."""
    await _forget(work, notifications.c.entry_id == entry)


async def of_hidden(work: Work, hidden: Sequence[EntryId]) -> None:
    """Some entries were hidden: their notifications leave the bell, and stay for the case that they come back."""
    if hidden:
        await _take_away(work, notifications.c.entry_id.in_(hidden))


async def of_shown(work: Work, shown: Sequence[EntryId]) -> None:
    """Some entries that were hidden are there again, and so are their notifications, as read as they were."""
    for entry in shown:
        await _retell(work, entry)


async def of_removed_comment(work: Work, comment: CommentId) -> None:
    """A comment is about to be removed: its notifications go first."""
    await _forget(work, notifications.c.comment_id == comment)


async def _tell(work: Work, entry: EntryId, wanted: Wanted, comment: CommentId | None = None) -> None:
    """Makes or renews the notifications of one act: a handful of statements, however many people."""
    others = wanted.keys() - {work.user}
    if not others:
        return
    await work.lock()
    readers = await load_readers(work.connection, others)
    facts = (await entry_facts(work.connection, [entry]))[entry]
    told = attention.due(wanted, work.user, readers, principals(facts))
    if not told:
        return
    made = await _write(work, entry, told, comment)
    unread = await count_unread(work.connection, [readers[user].access for user in made])
    for user, notification in made.items():
        work.record(
            Draft(
                Name.NOTIFICATION_ADDED,
                Reach.PERSONAL,
                entry=entry,
                notification=notification,
                reader=user,
                unread=unread[user],
            )
        )


async def _write(work: Work, entry: EntryId, told: Wanted, comment: CommentId | None) -> dict[UserId, NotificationId]:
    """The rows of those told. One that is there already becomes unread again; the unit of work puts the place in."""
    columns = (notifications.c.id, notifications.c.user_id, notifications.c.reason)
    own = (notifications.c.entry_id == entry, notifications.c.user_id.in_(sorted(told)))
    found = await work.connection.execute(select(*columns).where(*own))
    made = {
        UserId(row.user_id): NotificationId(row.id) for row in found if told[UserId(row.user_id)] == Reason(row.reason)
    }
    values: JsonObject = {"comment_id": comment, "at": work.at, "read_at": None}
    if made:
        renewed = update(notifications).where(notifications.c.id.in_(sorted(made.values())))
        actor = work.user or notifications.c.user_id  # the clock reminds everybody in their own name
        await work.connection.execute(renewed.values(values | {"actor_id": actor}))
    rows = [
        values | {"user_id": user, "entry_id": entry, "reason": str(reason), "place": 0, "actor_id": work.user or user}
        for user, reason in sorted(told.items())
        if user not in made
    ]
    if rows:
        new = insert(notifications).returning(notifications.c.id, notifications.c.user_id)
        made |= {UserId(row.user_id): NotificationId(row.id) for row in await work.connection.execute(new, rows)}
    return made


async def _retell(work: Work, entry: EntryId, *which: ColumnElement[bool]) -> None:
    """Shows the notifications of an entry again to those who have them and may read it: as read as they were."""
    holders = await _holders(work, entry, *which)
    if not holders:
        return
    await work.lock()
    allowed = principals((await entry_facts(work.connection, [entry]))[entry])
    accesses = await load_accesses(work.connection, holders.values())
    reading = [access for access in accesses.values() if not access.held().isdisjoint(allowed)]
    unread = await count_unread(work.connection, reading)
    for notification, user in holders.items():
        if user in unread:
            work.record(
                Draft(
                    Name.NOTIFICATION_CHANGED,
                    Reach.PERSONAL,
                    entry=entry,
                    notification=notification,
                    reader=user,
                    unread=unread[user],
                )
            )


async def _holders(work: Work, entry: EntryId, *which: ColumnElement[bool]) -> dict[NotificationId, UserId]:
    """Whose the notifications of an entry are."""
    chosen = select(notifications.c.id, notifications.c.user_id).where(notifications.c.entry_id == entry, *which)
    found = await work.connection.execute(chosen.order_by(notifications.c.id))
    return {NotificationId(row.id): UserId(row.user_id) for row in found}


async def _forget(work: Work, *which: ColumnElement[bool]) -> None:
    """Removes notifications, and takes them from the screens of those who had them."""
    await work.lock()
    gone = await _taken(work, *which)
    await work.connection.execute(delete(notifications).where(*which))
    await _tell_taken(work, gone)


async def _take_away(work: Work, *which: ColumnElement[bool]) -> None:
    """Takes notifications that nobody may see any more from the screens of those who had them."""
    await work.lock()
    await _tell_taken(work, await _taken(work, *which))


async def _taken(work: Work, *which: ColumnElement[bool]) -> dict[UserId, list[int]]:
    gone: dict[UserId, list[int]] = {}
    chosen = select(notifications.c.user_id, notifications.c.id).where(*which).order_by(notifications.c.id)
    for row in await work.connection.execute(chosen):
        gone.setdefault(UserId(row.user_id), []).append(row.id)
    return gone


async def _tell_taken(work: Work, gone: Mapping[UserId, Sequence[int]]) -> None:
    if not gone:
        return
    accesses = await load_accesses(work.connection, gone)
    for user, unread in (await count_unread(work.connection, accesses.values())).items():
        data: JsonObject = {"notifications": gone[user], "removed": True, "unread": unread}
        work.record(
            Draft(Name.NOTIFICATION_CHANGED, Reach.PERSONAL, frozen=Image(audience=frozenset({user}), data=data))
        )
