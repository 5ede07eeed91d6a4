"""The audit log and catching up, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from starlette.responses import Response

from server.api.http import Call, Router, listed
from server.domain.history import What
from server.domain.words import Kind, RecordId, UserId
from server.errors import Invalid
from server.store.catchup import read_catchup
from server.store.history import Asked, read_history

Word = TypeVar("Word", bound=StrEnum)

PAGE = 50  # lines
PAGE_MAX = 200
RECORDS = 25  # of one page of catching up
FILTERS = ("kind", "actor", "what", "field", "from", "to", "before", "limit")


def add_routes(router: Router) -> None:
    """The whole log, a record's own, and what changed since."""
    router.add("GET", "/history", history)
    router.add("GET", "/records/{id:id}/history", record_history)
    router.add("GET", "/catchup", catchup)


async def history(call: Call) -> Response:
    """Who did what to which record."""
    call.parameters("record", *FILTERS)
    record = call.number("record")
    return await _history(call, None if record is None else RecordId(record))


async def record_history(call: Call) -> Response:
    """What was done to one record."""
    call.parameters(*FILTERS)
    return await _history(call, RecordId(call.path_id()))


async def _history(call: Call, record: RecordId | None) -> Response:
    query = call.request.query_params
    asked = Asked(
        record=record,
        kinds=_words("kind", query.getlist("kind"), Kind),
        actors=[UserId(number) for number in _numbers("actor", query.getlist("actor"))],
        what=_words("what", query.getlist("what"), What),
        fields=query.getlist("field"),
        since=call.number("from"),
        until=call.number("to"),
        before=call.number("before"),
        limit=call.number("limit", PAGE, highest=PAGE_MAX) or PAGE,
    )
    async with call.reading() as (connection, access):
        return listed("history", await read_history(connection, access, asked))


async def catchup(call: Call) -> Response:
    """What changed since a position, record by record."""
    given = call.parameters("since", "scope", "before", "limit")
    scope = (given.get("scope") or ["mine"])[-1]
    if scope not in {"mine", "all"}:
        raise Invalid.one("scope", "choice", "mine or all")
    since = call.request.query_params.get("since") or "0"
    if not (since.isascii() and since.isdecimal() and len(since) <= 18):
        raise Invalid.one("since", "type", "a position is expected")
    async with call.reading() as (connection, access):
        page = await read_catchup(
            connection,
            access,
            int(since),
            only_mine=scope == "mine",
            before=call.number("before"),
            limit=call.number("limit", RECORDS, highest=PAGE_MAX) or RECORDS,
        )
    return listed("records", page)


def _words(name: str, given: Sequence[str], words: type[Word]) -> list[Word]:
    known = set(map(str, words))
    if not known.issuperset(given):
        raise Invalid.one(name, "choice", f"one of {', '.join(sorted(known))}")
    return [words(value) for value in given]


def _numbers(name: str, given: Sequence[str]) -> list[int]:
    if not all(text.isascii() and text.isdecimal() and len(text) <= 18 for text in given):
        raise Invalid.one(name, "type", "ids are expected")
    return [int(text) for text in given]
