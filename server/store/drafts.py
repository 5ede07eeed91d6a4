"""From "entry 7 changed" to everything an event carries: contents, routes, readers, audience.

A draft says what an event tells of; drawing reads the rest from the tables. Done under the lock of the log's head, so
that following and posting cannot race; done again at a replay, so that it shows contents and rights as of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import NOBODY, Principals, Readers, readers, user_principal
from server.domain.entries import audience, principals
from server.domain.events import Event, Name, Reach, references
from server.domain.words import ActivityId, CommentId, EntryId, JsonObject, NotificationId, RecordId, UserId
from server.store.access import load_accesses, owned
from server.store.facts import entry_facts, followers_of
from server.store.schema import activities
from server.store.shapes import shape_activities, shape_comments, shape_entries, shape_records
from server.store.shapes.entries import shape_reactions
from server.store.shapes.notifications import shape_notifications


@dataclass(frozen=True, slots=True)
class Image:
    """What drawing adds to an event."""

    records: tuple[RecordId, ...] = ()
    principals: Principals = frozenset()
    audience: frozenset[UserId] = frozenset()
    readers: Readers = field(default_factory=dict)
    data: JsonObject = field(default_factory=dict)
    barred: Principals = NOBODY

    def on(self, event: Event) -> Event:
        """The event with this image in the place of its own."""
        return replace(
            event,
            records=self.records,
            principals=self.principals,
            audience=self.audience,
            readers=self.readers,
            data=self.data,
            barred=self.barred,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event tells of. `frozen` is the image itself where nothing is left to draw: removals, personal things.

    `bumps`: the event is a sign of life of its entry, which moves to the top of general streams. `barred`: who already
    could read the record that an event opens to others. A `notification` is for `reader`, who had so many `unread` then.
    """

    name: Name
    reach: Reach = Reach.STREAM
    entry: EntryId | None = None
    comment: CommentId | None = None
    record: RecordId | None = None
    activity: ActivityId | None = None
    notification: NotificationId | None = None
    reader: UserId | None = None
    unread: int | None = None
    bumps: bool = False
    frozen: Image | None = None
    ref: str | None = None
    barred: Principals = NOBODY

    @classmethod
    def of(cls, event: Event) -> Self:
        """The draft of an event that was recorded before."""
        if not _is_drawn(event):
            frozen = Image(event.records, event.principals, event.audience, event.readers, event.data, event.barred)
            return cls(event.name, event.reach, frozen=frozen)
        ids = {what: _id(event.data.get(what)) for what in ("comment", "record", "activity", "notification")}
        return cls(
            event.name,
            event.reach,
            entry=event.entry,
            comment=None if ids["comment"] is None else CommentId(ids["comment"]),
            record=None if ids["record"] is None else RecordId(ids["record"]),
            activity=None if ids["activity"] is None else ActivityId(ids["activity"]),
            notification=None if ids["notification"] is None else NotificationId(ids["notification"]),
            reader=None if ids["notification"] is None else next(iter(event.audience), None),
            unread=cast("int | None", event.data.get("unread")),
            barred=event.barred,
        )

    def emptied(self) -> JsonObject:
        """What stays in the log of an event whose content was deleted: ids alone."""
        ids: dict[str, int | None] = {
            "entry": self.entry,
            "comment": self.comment,
            "record": self.record,
            "activity": self.activity,
            "notification": self.notification,
            "unread": self.unread,
        }
        return {what: number for what, number in ids.items() if number is not None}


_DRAWN = frozenset(
    {
        Name.ENTRY_ADDED,
        Name.ENTRY_CHANGED,
        Name.COMMENT_ADDED,
        Name.COMMENT_CHANGED,
        Name.COMMENT_REMOVED,
        Name.REACTION_CHANGED,
        Name.RECORD_ADDED,
        Name.RECORD_CHANGED,
        Name.RECORD_UNLOCKED,
        Name.ACTIVITY_ADDED,
        Name.ACTIVITY_CHANGED,
        Name.NOTIFICATION_ADDED,
    }
)


def _is_drawn(event: Event) -> bool:
    """A notification that reads differently names its entry; that some were read, or are gone, is as it was."""
    return event.name in _DRAWN or (event.name is Name.NOTIFICATION_CHANGED and event.entry is not None)


_WITHOUT_ENTRY = frozenset({Name.REACTION_CHANGED, Name.NOTIFICATION_ADDED, Name.NOTIFICATION_CHANGED})
"""Told of an entry, but without it."""


def _id(value: object) -> int | None:
    if isinstance(value, dict):
        return cast(int, value.get("id", value.get("record")))
    return value if isinstance(value, int) else None


class Drafting:
    """Draws drafts on one connection, many at once."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._entries: Mapping[EntryId, JsonObject] = {}
        self._comments: Mapping[CommentId, JsonObject] = {}
        self._reactions: Mapping[EntryId, list[JsonObject]] = {}
        self._records: Mapping[RecordId, JsonObject] = {}
        self._activities: Mapping[ActivityId, JsonObject] = {}
        self._notifications: Mapping[NotificationId, JsonObject] = {}
        self._held: Mapping[UserId, Principals] = {}

    async def draw(self, drafts: Sequence[Draft]) -> list[Image | None]:
        """The images of some drafts, in order; None where what it tells of is gone."""
        await self._read(drafts)
        data = [self._data(draft) for draft in drafts]
        rights = await owned(self._connection, references(data))
        of = {record: readers(facts) for record, facts in rights.items()}
        routes = await self._routes([draft for draft, drawn in zip(drafts, data, strict=True) if drawn])
        return [
            draft.frozen or (self._image(draft, drawn, of, routes) if drawn else None)
            for draft, drawn in zip(drafts, data, strict=True)
        ]

    async def _read(self, drafts: Sequence[Draft]) -> None:
        connection = self._connection
        whole = [d.entry for d in drafts if d.entry and d.name not in _WITHOUT_ENTRY]
        self._entries = await shape_entries(connection, whole)
        self._comments = await shape_comments(connection, [d.comment for d in drafts if d.comment])
        self._records = await shape_records(connection, [d.record for d in drafts if d.record])
        self._activities = await shape_activities(
            connection, await self._shown([d.activity for d in drafts if d.activity])
        )
        reacted = [d.entry for d in drafts if d.entry and d.name == Name.REACTION_CHANGED]
        self._reactions = await shape_reactions(connection, reacted) if reacted else {}
        await self._read_notifications([d for d in drafts if d.notification])

    async def _shown(self, wanted: Sequence[ActivityId]) -> list[ActivityId]:
        """Those of some activities that are not hidden with all their records."""
        if not wanted:
            return []
        chosen = select(activities.c.id).where(activities.c.id.in_(sorted(set(wanted))), ~activities.c.hidden)
        return [ActivityId(id) for id in (await self._connection.execute(chosen)).scalars()]

    async def _read_notifications(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            ids = [d.notification for d in drafts if d.notification]
            self._notifications = await shape_notifications(self._connection, ids)
            accesses = await load_accesses(self._connection, [d.reader for d in drafts if d.reader])
            self._held = {user: access.held() for user, access in accesses.items()}

    def _data(self, draft: Draft) -> JsonObject | None:
        match draft.name:
            case Name.ENTRY_ADDED | Name.ENTRY_CHANGED:
                return _whole(entry=self._entry(draft))
            case Name.COMMENT_ADDED:
                return _whole(entry=self._entry(draft), comment=self._comment(draft))
            case Name.COMMENT_CHANGED:
                comment, entry = self._comment(draft), self._entry(draft)
                return _whole(entry=draft.entry, comment=comment, comments=(entry or {}).get("comments"))
            case Name.COMMENT_REMOVED:
                entry = self._entry(draft)
                return _whole(entry=draft.entry, comment=draft.comment, comments=(entry or {}).get("comments"))
            case Name.REACTION_CHANGED:
                return {"entry": draft.entry, "reactions": self._reactions.get(cast(EntryId, draft.entry), [])}
            case Name.RECORD_ADDED | Name.RECORD_CHANGED | Name.RECORD_UNLOCKED:
                return _whole(record=self._records.get(cast(RecordId, draft.record)))
            case Name.ACTIVITY_ADDED | Name.ACTIVITY_CHANGED:
                return _whole(activity=self._activities.get(cast(ActivityId, draft.activity)))
            case Name.NOTIFICATION_ADDED | Name.NOTIFICATION_CHANGED:
                notification = self._notifications.get(cast(NotificationId, draft.notification))
                return _whole(notification=notification, unread=draft.unread)
            case _:
                return None

    def _entry(self, draft: Draft) -> JsonObject | None:
        return self._entries.get(cast(EntryId, draft.entry))

    def _comment(self, draft: Draft) -> JsonObject | None:
        return self._comments.get(cast(CommentId, draft.comment))

    async def _routes(self, drafts: Iterable[Draft]) -> Mapping[EntryId, Image]:
        """Records, principals and audience of the entries among some drafts."""
        facts = await entry_facts(self._connection, {draft.entry for draft in drafts if draft.entry})
        following = await followers_of(self._connection, {record for f in facts.values() for record in f.records})
        return {
            entry: Image(
                records=tuple(f.records),
                principals=principals(f),
                audience=audience(f, (follow for record in f.records for follow in following.get(record, ()))),
            )
            for entry, f in facts.items()
        }

    def _image(self, draft: Draft, data: JsonObject, of: Readers, routes: Mapping[EntryId, Image]) -> Image | None:
        named = {record: of.get(record, frozenset()) for record in references(data)}
        if draft.entry is not None:
            route = routes.get(draft.entry)
            if route is not None and draft.reader is not None:
                return self._notice(draft.reader, data, named, route)
            return route and Image(route.records, route.principals, route.audience, named, data)
        if draft.record is not None:
            people = _people(data["record"], "responsible")
            return Image((draft.record,), of[draft.record], people, named, data, draft.barred)
        people = _people(data["activity"], "author", "responsible", "participants")
        deciding = _people(data["activity"], "author", "responsible")
        about = _about(data["activity"])
        allowed = frozenset(map(user_principal, deciding)).union(*(of[record] for record in about))
        return Image(about, allowed, people, named, data)

    def _notice(self, reader: UserId, data: JsonObject, named: Readers, route: Image) -> Image | None:
        """For its reader alone, and only while the reader may see the entry."""
        if self._held.get(reader, NOBODY).isdisjoint(route.principals):
            return None
        return Image(audience=frozenset({reader}), readers=named, data=data)


def _whole(**parts: object) -> JsonObject | None:
    """The parts together, or None when one of them is gone."""
    return None if any(part is None for part in parts.values()) else parts


def _people(shape: object, *fields: str) -> frozenset[UserId]:
    found: set[UserId] = set()
    for name in fields:
        value = cast(JsonObject, shape)[name]
        people = cast("list[dict[str, int] | None]", value if isinstance(value, list) else [value])
        found |= {UserId(person["user"]) for person in people if person}
    return frozenset(found)


def _about(activity: object) -> tuple[RecordId, ...]:
    refs = cast("list[dict[str, int]]", cast(JsonObject, activity)["records"])
    return tuple(RecordId(ref["record"]) for ref in refs)
