"""The bell: a user's notifications, newest life first; and how users want to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.attention import REASONS, Means, Reader, Reason
from server.domain.words import NotificationId, Position, UserId
from server.store.access import load_accesses, visible
from server.store.log import read_head
from server.store.masking import masked
from server.store.schema import entries, notification_preferences, notifications, users
from server.store.shapes.notifications import shape_notifications
from server.store.stream import Page


@dataclass(frozen=True, slots=True)
class Bell:
    """What is asked of the bell. `before` is exclusive: the place that the last page ended with."""

    only_unread: bool = False
    before: Position | None = None
    limit: int = 25


async def read_notifications(connection: AsyncConnection, access: Access, bell: Bell) -> Page:
    """One page of what the user may see as of now, masked."""
    head = await read_head(connection)
    chosen = select(notifications.c.id, notifications.c.place).join(entries).where(shown(access))
    if bell.only_unread:
        chosen = chosen.where(notifications.c.read_at.is_(None))
    if bell.before is not None:
        chosen = chosen.where(notifications.c.place < bell.before)
    rows = (await connection.execute(chosen.order_by(notifications.c.place.desc()).limit(bell.limit + 1))).all()
    page = rows[: bell.limit]
    shapes = await shape_notifications(connection, [NotificationId(row.id) for row in page])
    items = await masked(connection, access, [shapes[NotificationId(row.id)] for row in page])
    return Page(head, items, page[-1].place if len(rows) > len(page) else None)


def shown(access: Access) -> ColumnElement[bool]:
    """The condition that a row of `notifications`, joined with its entry, stands in the user's bell."""
    return and_(notifications.c.user_id == access.user, visible(access))


async def load_readers(connection: AsyncConnection, wanted: Iterable[UserId]) -> dict[UserId, Reader]:
    """Some users with their rights and preferences; unknown and disabled ones are left out."""
    accesses = await load_accesses(connection, wanted)
    types = await connection.execute(select(users.c.id, users.c.type).where(users.c.id.in_(sorted(accesses))))
    means = await load_means(connection, accesses)
    return {UserId(row.id): Reader(row.type, accesses[UserId(row.id)], means[UserId(row.id)]) for row in types}


async def load_means(connection: AsyncConnection, wanted: Iterable[UserId]) -> Mapping[UserId, dict[Reason, Means]]:
    """What some users have said about how they want to be told."""
    own = notification_preferences.c.user_id.in_(sorted(wanted))
    said: defaultdict[UserId, dict[Reason, Means]] = defaultdict(dict)
    for row in await connection.execute(select(notification_preferences).where(own)):
        said[UserId(row.user_id)][Reason(row.reason)] = Means(row.means)
    return said


async def show_means(connection: AsyncConnection, user: UserId) -> dict[str, str]:
    """How a user is told, for every reason."""
    said = (await load_means(connection, [user]))[user]
    return {str(reason): str(said.get(reason, row.means)) for reason, row in REASONS.items()}
