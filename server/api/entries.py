"""The stream, messages, comments and reactions over HTTP."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.responses import Response

from server.api.http import Call, Router, answer, done, listed, made
from server.domain.filters import FILTER_FIELDS, parse_filter
from server.domain.words import CommentId, EntryId, RecordId
from server.errors import Invalid
from server.store.comments import read_comments
from server.store.entries import show_entry
from server.store.records import check_readable
from server.store.stream import Question, read_stream
from server.store.why import read_why

PAGE = 25  # entries
PAGE_MAX = 100


def add_routes(router: Router) -> None:
    """All that is about entries."""
    router.add("GET", "/stream", stream)
    router.add("GET", "/records/{id:id}/stream", record_stream)
    router.add("POST", "/entries", publish)
    router.add("GET", "/entries/{id:id}", show)
    router.add("PATCH", "/entries/{id:id}", edit)
    router.add("DELETE", "/entries/{id:id}", delete)
    router.add("GET", "/entries/{id:id}/why", why)
    router.add("GET", "/entries/{id:id}/comments", comments)
    router.add("POST", "/entries/{id:id}/comments", comment)
    router.add("PATCH", "/comments/{id:id}", edit_comment)
    router.add("DELETE", "/comments/{id:id}", delete_comment)
    router.add("PUT", "/entries/{id:id}/reactions/{emoji}", react)
    router.add("DELETE", "/entries/{id:id}/reactions/{emoji}", unreact)


async def stream(call: Call) -> Response:
    """Mine or All, filtered; or a record's own stream; or what an import card stands for."""
    given = call.parameters("scope", "record", "folded_into", "before", "limit", *FILTER_FIELDS)
    scope = (given.get("scope") or ["mine"])[-1]
    if scope not in {"mine", "all"}:
        raise Invalid.one("scope", "choice", "mine or all")
    return await _stream(call, only_mine=scope == "mine", record=call.number("record"))


async def record_stream(call: Call) -> Response:
    """A record's own stream."""
    call.parameters("before", "limit", *FILTER_FIELDS)
    return await _stream(call, only_mine=False, record=call.path_id())


async def _stream(call: Call, *, only_mine: bool, record: int | None) -> Response:
    folded = call.number("folded_into")
    given = call.request.query_params
    question = Question(
        only_mine=only_mine,
        record=None if record is None else RecordId(record),
        folded_into=None if folded is None else EntryId(folded),
        filter=parse_filter({name: given.getlist(name) for name in FILTER_FIELDS if given.getlist(name)}),
        before=call.number("before"),
        limit=call.number("limit", PAGE, highest=PAGE_MAX) or PAGE,
    )
    async with call.reading() as (connection, access):
        if question.record is not None:
            await check_readable(connection, access, question.record)
        return listed("entries", await read_stream(connection, access, question))


async def publish(call: Call) -> Response:
    """Writes a message."""
    return made(await call.perform("message.publish", await call.body()))


async def show(call: Call) -> Response:
    """One entry."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await show_entry(connection, access, EntryId(call.path_id())))


async def why(call: Call) -> Response:
    """Why the user sees an entry, and what would change it."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await read_why(connection, access, EntryId(call.path_id())))


async def edit(call: Call) -> Response:
    """A new text for one's own message."""
    return answer(await call.perform("message.edit", {**await call.body(), "entry": call.path_id()}))


async def delete(call: Call) -> Response:
    """Deletes a message."""
    await call.perform("message.delete", {"entry": call.path_id()})
    return done()


async def comments(call: Call) -> Response:
    """A thread: the newest page, or the one before a comment."""
    call.parameters("before", "limit")
    before = call.number("before")
    limit = call.number("limit", PAGE, highest=PAGE_MAX) or PAGE
    async with call.reading() as (connection, access):
        until = None if before is None else CommentId(before)
        return listed("comments", await read_comments(connection, access, EntryId(call.path_id()), until, limit))


async def comment(call: Call) -> Response:
    """Comments an entry."""
    return made(await call.perform("comment.add", {**await call.body(), "entry": call.path_id()}))


async def edit_comment(call: Call) -> Response:
    """A new text for one's own comment."""
    return answer(await call.perform("comment.edit", {**await call.body(), "comment": call.path_id()}))


async def delete_comment(call: Call) -> Response:
    """Deletes a comment."""
    await call.perform("comment.delete", {"comment": call.path_id()})
    return done()


def _reaction(call: Call) -> dict[str, object]:
    return {"entry": call.path_id(), "emoji": unquote(call.request.path_params["emoji"])}


async def react(call: Call) -> Response:
    """Adds a reaction."""
    return answer(await call.perform("reaction.add", _reaction(call)))


async def unreact(call: Call) -> Response:
    """Takes a reaction back."""
    return answer(await call.perform("reaction.remove", _reaction(call)))
