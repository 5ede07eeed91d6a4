"""What a user has seen and read, said on one device and true on all (PRODUCT §5.5, §9).

Seen is not read: `stream.seen` moves how far Mine was seen; reading an entry takes its mark and its notifications away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.arguments import Id
from server.actions.entries import find_entry
from server.actions.verbs import Noun, Outcome, verb
from server.domain.attention import Means, Reason
from server.domain.events import Name, Reach
from server.domain.words import EntryId, JsonObject, NotificationId
from server.errors import Invalid, NotFound
from server.store.drafts import Draft, Image
from server.store.log import read_head
from server.store.notifications import shown
from server.store.reading import count_unread, count_unseen, seen_by
from server.store.schema import (
    entries,
    log_head,
    notification_preferences,
    notifications,
    reading,
    unread_marks,
    users,
)
from server.store.work import Work

MANY = 1_000  # notifications named in one call; a bell shows some dozens


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """Everything in Mine up to a position was on a screen."""

    position: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class EntryChoice(msgspec.Struct, forbid_unknown_fields=True):
    """One entry."""

    entry: Id


class ToRead(msgspec.Struct, forbid_unknown_fields=True):
    """Notifications to mark as read: these, or all up to one (so that none that arrives meanwhile is marked)."""

    notifications: list[Id] | None = None
    upto: Id | None = None


class ToUnread(msgspec.Struct, forbid_unknown_fields=True):
    """Notifications to mark as unread."""

    notifications: list[Id]


class Wishes(msgspec.Struct, forbid_unknown_fields=True):
    """How to be told, for each reason that is named; the rest stays."""

    notify: dict[Reason, Means]


@verb("stream.seen", Seen)
async def see(work: Work, wanted: Seen) -> Outcome:
    """Moves how far Mine was seen. Only forward: an older device changes nothing. Raises Invalid for a future position."""
    await work.lock()
    if wanted.position > (await read_head(work.connection)).position:
        raise Invalid.one("position", "future", "the log has not come that far")
    if wanted.position > await seen_by(work.connection, work.user):
        dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
        row = dialect.insert(reading).values(user_id=work.user, seen=wanted.position)
        moved = row.on_conflict_do_update(index_elements=[reading.c.user_id], set_={"seen": row.excluded.seen})
        await work.connection.execute(moved)
        await _tell_read(work, {"seen": wanted.position})
    return Outcome(Noun.ATTENTION)


async def begin_reading(connection: AsyncConnection) -> None:
    """Whoever has seen nothing yet has seen all there is: a new colleague begins without a backlog."""
    new = ~exists().where(reading.c.user_id == users.c.id)
    head = select(log_head.c.position).scalar_subquery()
    chosen = select(users.c.id, head).where(new)
    await connection.execute(insert(reading).from_select(["user_id", "seen"], chosen))


@verb("entry.unread", EntryChoice)
async def mark(work: Work, wanted: EntryChoice) -> Outcome:
    """Marks an entry unread, for the user alone; a second time changes nothing."""
    entry = EntryId((await find_entry(work, EntryId(wanted.entry))).id)
    await work.lock()
    own = (unread_marks.c.user_id == work.user, unread_marks.c.entry_id == entry)
    if (await work.connection.execute(select(unread_marks.c.entry_id).where(*own))).first() is None:
        await work.connection.execute(insert(unread_marks).values(user_id=work.user, entry_id=entry))
        await _tell_read(work, {"unread": {"entry": entry, "marked": True}})
    return Outcome(Noun.ATTENTION)


@verb("entry.read", EntryChoice)
async def read(work: Work, wanted: EntryChoice) -> Outcome:
    """Reads an entry: takes its mark and its notifications away; a second time changes nothing."""
    entry = EntryId((await find_entry(work, EntryId(wanted.entry))).id)
    await work.lock()
    own = (unread_marks.c.user_id == work.user, unread_marks.c.entry_id == entry)
    if (await work.connection.execute(delete(unread_marks).where(*own))).rowcount:
        await _tell_read(work, {"unread": {"entry": entry, "marked": False}})
    await _turn(work, notifications.c.entry_id == entry, read=True)
    return Outcome(Noun.ATTENTION)


async def _tell_read(work: Work, what: JsonObject) -> None:
    data = {**what, "unseen": await count_unseen(work.connection, work.access)}
    _tell(work, Name.READ_CHANGED, data)


@verb("notifications.read", ToRead)
async def read_notifications(work: Work, wanted: ToRead) -> Outcome:
    """Marks notifications as read; of those named, what is gone or somebody else's is passed over."""
    if (wanted.notifications is None) == (wanted.upto is None):
        raise Invalid.one("notifications", "required", "either notifications or upto is expected")
    await work.lock()
    if wanted.notifications is not None:
        await _turn(work, _named(wanted.notifications), read=True)
    else:
        await _turn(work, notifications.c.place <= await _place(work, NotificationId(wanted.upto or 0)), read=True)
    return Outcome(Noun.ATTENTION)


async def _place(work: Work, notification: NotificationId) -> int:
    chosen = select(notifications.c.place).join(entries).where(shown(work.access), notifications.c.id == notification)
    place: int | None = (await work.connection.execute(chosen)).scalar_one_or_none()
    if place is None:
        raise NotFound(f"there is no notification {notification}", field="upto", notification=notification)
    return place


@verb("notifications.unread", ToUnread)
async def unread_notifications(work: Work, wanted: ToUnread) -> Outcome:
    """Marks notifications as unread; what is gone or somebody else's is passed over."""
    await work.lock()
    await _turn(work, _named(wanted.notifications), read=False)
    return Outcome(Noun.ATTENTION)


def _named(ids: Sequence[int]) -> ColumnElement[bool]:
    if len(ids) > MANY:
        raise Invalid.one("notifications", "too_many", f"at most {MANY}", limit=MANY)
    return notifications.c.id.in_(sorted(set(ids)))


async def _turn(work: Work, which: ColumnElement[bool], *, read: bool) -> None:
    """Makes the user's notifications read or unread, among those that stand in the bell, and tells all devices."""
    other = notifications.c.read_at.is_(None) if read else notifications.c.read_at.is_not(None)
    chosen = select(notifications.c.id).join(entries).where(shown(work.access), other, which)
    ids = sorted((await work.connection.execute(chosen)).scalars())
    if not ids:
        return
    turned = update(notifications).where(notifications.c.id.in_(chosen.correlate(None)))
    await work.connection.execute(turned.values(read_at=work.at if read else None))
    unread = (await count_unread(work.connection, [work.access]))[work.user]
    _tell(work, Name.NOTIFICATION_CHANGED, {"notifications": ids, "read": read, "unread": unread})


@verb("notifications.prefer", Wishes)
async def prefer(work: Work, wanted: Wishes) -> Outcome:
    """Says how to be told, reason by reason."""
    said = {str(reason): str(means) for reason, means in wanted.notify.items()}
    rows = [{"user_id": work.user, "reason": reason, "means": means} for reason, means in said.items()]
    if rows:
        dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(notification_preferences)
        keys = [notification_preferences.c.user_id, notification_preferences.c.reason]
        kept = new.on_conflict_do_update(index_elements=keys, set_={"means": new.excluded.means})
        await work.connection.execute(kept, rows)
        _tell(work, Name.USER_CHANGED, {"preferences": {"notify": said}})
    return Outcome(Noun.ME)


def _tell(work: Work, name: Name, data: JsonObject) -> None:
    """To all devices of the user."""
    work.record(Draft(name, Reach.PERSONAL, frozen=Image(audience=frozenset({work.user}), data=data)))
