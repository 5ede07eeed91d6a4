"""Comments and reactions: open to everyone who may see the entry."""

from __future__ import annotations

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from server.actions import notices
from server.actions.arguments import Id
from server.actions.checks import touch
from server.actions.entries import add_people, find_entry, records_of
from server.actions.follow_rules import follow_commented
from server.actions.posts import checked_ref, mentioned_people, message_text
from server.actions.verbs import DONE, Noun, Outcome, verb
from server.domain.entries import Part
from server.domain.events import Name
from server.domain.text import check_emoji
from server.domain.words import CommentId, EntryId
from server.errors import Forbidden, NotFound
from server.store.drafts import Draft
from server.store.schema import comments, entries, reactions
from server.store.work import Work


class NewComment(msgspec.Struct, forbid_unknown_fields=True):
    """A comment to write. `ref` is the client's own reference, handed back with the event."""

    entry: Id
    text: str
    ref: str | None = None


class CommentEdit(msgspec.Struct, forbid_unknown_fields=True):
    """A new text for a comment of one's own."""

    comment: Id
    text: str


class CommentRemoval(msgspec.Struct, forbid_unknown_fields=True):
    """A comment to delete."""

    comment: Id


class Reaction(msgspec.Struct, forbid_unknown_fields=True):
    """One emoji of one user on one entry."""

    entry: Id
    emoji: str


@verb("comment.add", NewComment)
async def add(work: Work, new: NewComment) -> Outcome:
    """Comments an entry, which moves it to the top."""
    entry = EntryId((await find_entry(work, EntryId(new.entry))).id)
    text = message_text(new.text)
    mentioned = await mentioned_people(work, text)
    row = {"entry_id": entry, "author_id": work.user, "at": work.at, "text": text}
    made = await work.connection.execute(insert(comments).values(row).returning(comments.c.id))
    comment = CommentId(made.scalar_one())
    await _recount(work, entry)
    await add_people(work, entry, {user: {Part.MENTIONED} for user in mentioned})
    about = await records_of(work, entry)
    await touch(work, about)
    work.record(Draft(Name.COMMENT_ADDED, entry=entry, comment=comment, bumps=True, ref=checked_ref(new.ref)))
    await notices.of_comment(work, entry, comment, mentioned)
    await follow_commented(work, about)
    return Outcome(Noun.COMMENT, comment)


async def _recount(work: Work, entry: EntryId) -> None:
    counted = select(func.count()).where(comments.c.entry_id == entry).scalar_subquery()
    await work.connection.execute(update(entries).where(entries.c.id == entry).values(comment_count=counted))


@verb("comment.edit", CommentEdit)
async def edit(work: Work, wanted: CommentEdit) -> Outcome:
    """Gives one's own comment a new text."""
    row = await _own(work, CommentId(wanted.comment))
    text = message_text(wanted.text)
    mentioned = await mentioned_people(work, text)
    changed = update(comments).where(comments.c.id == row.id)
    await work.connection.execute(changed.values(text=text, edited_at=work.at))
    reaches_more = await add_people(work, EntryId(row.entry_id), {user: {Part.MENTIONED} for user in mentioned})
    await work.forget(EntryId(row.entry_id))
    if reaches_more:  # it is in more people's Mine than before: they get it whole
        work.record(Draft(Name.ENTRY_CHANGED, entry=EntryId(row.entry_id)))
    work.record(Draft(Name.COMMENT_CHANGED, entry=EntryId(row.entry_id), comment=CommentId(row.id)))
    await notices.of_edit(work, EntryId(row.entry_id), row.text, text, CommentId(row.id))
    return Outcome(Noun.COMMENT, row.id)


@verb("comment.delete", CommentRemoval)
async def remove(work: Work, wanted: CommentRemoval) -> Outcome:
    """Deletes one's own comment; an admin may delete any."""
    row = await _own(work, CommentId(wanted.comment), admin=True)
    entry = EntryId(row.entry_id)
    await notices.of_removed_comment(work, CommentId(row.id))
    await work.connection.execute(delete(comments).where(comments.c.id == row.id))
    await _recount(work, entry)
    await work.forget(entry)
    work.record(Draft(Name.COMMENT_REMOVED, entry=entry, comment=CommentId(row.id)))
    return DONE


async def _own(work: Work, comment: CommentId, *, admin: bool = False) -> Row[tuple[object, ...]]:
    found = await work.connection.execute(select(comments).where(comments.c.id == comment))
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"there is no comment {comment}", comment=comment)
    try:
        await find_entry(work, EntryId(row.entry_id))
    except NotFound:
        raise NotFound(f"there is no comment {comment}", comment=comment) from None
    if row.author_id != work.user and not (admin and work.access.admin):
        raise Forbidden("this comment is somebody else's", action="edit", comment=comment)
    return row


@verb("reaction.add", Reaction)
async def react(work: Work, wanted: Reaction) -> Outcome:
    """Adds a reaction; a second time changes nothing."""
    entry = EntryId((await find_entry(work, EntryId(wanted.entry))).id)
    emoji = check_emoji(wanted.emoji, "emoji")
    if not await _reacted(work, entry, emoji):
        row = {"entry_id": entry, "user_id": work.user, "emoji": emoji, "at": work.at}
        await work.connection.execute(insert(reactions).values(row))
        work.record(Draft(Name.REACTION_CHANGED, entry=entry))
        await notices.of_reaction(work, entry)
    return Outcome(Noun.REACTIONS, entry)


@verb("reaction.remove", Reaction)
async def unreact(work: Work, wanted: Reaction) -> Outcome:
    """Takes a reaction back; a second time changes nothing."""
    entry = EntryId((await find_entry(work, EntryId(wanted.entry))).id)
    emoji = check_emoji(wanted.emoji, "emoji")
    if await _reacted(work, entry, emoji):
        own = (reactions.c.entry_id == entry, reactions.c.user_id == work.user, reactions.c.emoji == emoji)
        await work.connection.execute(delete(reactions).where(*own))
        work.record(Draft(Name.REACTION_CHANGED, entry=entry))
        await notices.of_reaction_taken_back(work, entry)
    return Outcome(Noun.REACTIONS, entry)


async def _reacted(work: Work, entry: EntryId, emoji: str) -> bool:
    own = (reactions.c.entry_id == entry, reactions.c.user_id == work.user, reactions.c.emoji == emoji)
    return (await work.connection.execute(select(reactions.c.at).where(*own))).first() is not None
