"""What a verb answers with: the thing it made or changed, as the user may see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.verbs import Noun, Outcome
from server.domain.access import Access, readable
from server.domain.events import mask
from server.domain.words import ActivityId, CommentId, DepartmentId, EntryId, JsonObject, RecordId, UserId
from server.errors import NotFound
from server.store.activities import show_activity
from server.store.comments import show_comment
from server.store.departments import show_department
from server.store.entries import show_entry, show_reactions
from server.store.people import show_me
from server.store.reading import show_attention
from server.store.records import show_follow, show_record
from server.store.roles import show_role
from server.store.settings import show_settings
from server.store.tokens import show_token
from server.store.tombstones import show_deleted
from server.store.users import show_user
from server.store.work import Work

Show = Callable[[AsyncConnection, Access, int], Awaitable[JsonObject]]

SHOW: Mapping[Noun, Show] = {
    Noun.ENTRY: lambda connection, access, number: show_entry(connection, access, EntryId(number)),
    Noun.COMMENT: lambda connection, access, number: show_comment(connection, access, CommentId(number)),
    Noun.RECORD: lambda connection, access, number: show_record(connection, access, RecordId(number)),
    Noun.DELETED: lambda connection, _, number: show_deleted(connection, RecordId(number)),
    Noun.ACTIVITY: lambda connection, access, number: show_activity(connection, access, ActivityId(number)),
    Noun.REACTIONS: lambda connection, _, number: show_reactions(connection, EntryId(number)),
    Noun.FOLLOW: lambda connection, access, number: show_follow(connection, access, RecordId(number)),
    Noun.USER: lambda connection, access, number: show_user(connection, access, UserId(number)),
    Noun.DEPARTMENT: lambda connection, access, number: show_department(connection, access, DepartmentId(number)),
    Noun.ROLE: show_role,
    Noun.TOKEN: show_token,
    Noun.SETTINGS: lambda connection, access, _: show_settings(connection, access),
    Noun.ME: lambda connection, access, _: show_me(connection, access),
    Noun.ATTENTION: lambda connection, access, _: show_attention(connection, access),
}


async def show(work: Work, outcome: Outcome) -> JsonObject | None:
    """The outcome of finished work as JSON; None when there is nothing to show, or the user may no longer see it."""
    if outcome.noun == Noun.NOTHING:
        return None
    if told := _told(work, outcome):
        return told
    try:
        return await SHOW[outcome.noun](work.connection, work.access, outcome.id)
    except NotFound:  # handing a record over can end one's own right to read it
        return None


def _told(work: Work, outcome: Outcome) -> JsonObject | None:
    """What the event just recorded tells the user's own screens: the same thing, without asking again."""
    held = work.access.held()
    for event in reversed(work.events):
        thing = event.data.get(outcome.noun)
        if isinstance(thing, dict) and thing.get("id") == outcome.id and not held.isdisjoint(event.principals):
            shown = cast(JsonObject, mask(thing, readable(held, event.readers)))
            return shown | {"mine": work.user in event.audience} if outcome.noun == Noun.ENTRY else shown
    return None
