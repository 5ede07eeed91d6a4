"""Records of all five kinds, and following them, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from server.api.http import Call, Handler, Router, answer, listed, made
from server.api.tags import seen, tagged
from server.domain.counters import Flag
from server.domain.text import clean_line
from server.domain.words import Kind, RecordId, StageId, UserId
from server.errors import Invalid
from server.store.records import Listing, read_followers, read_records, show_record

PATHS = {
    "leads": Kind.LEAD,
    "deals": Kind.DEAL,
    "contacts": Kind.CONTACT,
    "companies": Kind.COMPANY,
    "quotes": Kind.QUOTE,
}
PAGE = 50  # records
PAGE_MAX = 200


def add_routes(router: Router) -> None:
    """Lists and creation per kind; everything else by the one id space."""
    for path, kind in PATHS.items():
        router.add("GET", f"/{path}", _list(kind))
        router.add("POST", f"/{path}", _create(kind))
    router.add("GET", "/records/{id:id}", show)
    router.add("PATCH", "/records/{id:id}", edit)
    router.add("PUT", "/records/{id:id}/follow", follow)
    router.add("DELETE", "/records/{id:id}/follow", unfollow)
    router.add("GET", "/records/{id:id}/followers", followers)


def _list(kind: Kind) -> Handler:
    async def handler(call: Call) -> Response:
        given = call.parameters("q", "stage", "responsible", "attention", "sort", "before", "limit")
        before = call.number("before")
        asked = Listing(
            kind=kind,
            text=clean_line((given.get("q") or [""])[-1], "q"),
            stages=[StageId(number) for number in _numbers("stage", given.get("stage", ()))],
            responsible=[UserId(number) for number in _numbers("responsible", given.get("responsible", ()))],
            attention=_flags(given.get("attention", ())),
            now=call.store.works.clock(),
            sort=(given.get("sort") or ["-last_activity"])[-1],
            before=None if before is None else RecordId(before),
            limit=call.number("limit", PAGE, highest=PAGE_MAX) or PAGE,
        )
        async with call.reading() as (connection, access):
            return listed("records", await read_records(connection, access, asked))

    return handler


def _numbers(name: str, texts: Sequence[str]) -> list[int]:
    if not all(text.isascii() and text.isdecimal() and len(text) <= 18 for text in texts):
        raise Invalid.one(name, "type", "ids are expected")
    return [int(text) for text in texts]


def _flags(texts: Sequence[str]) -> list[Flag]:
    if not set(texts) <= set(map(str, Flag)):
        raise Invalid.one("attention", "choice", f"one of {', '.join(Flag)}", choices=[str(flag) for flag in Flag])
    return [Flag(text) for text in texts]


def _create(kind: Kind) -> Handler:
    async def handler(call: Call) -> Response:
        return made(await call.perform("record.create", {"kind": str(kind), "fields": await call.body()}))

    return handler


async def show(call: Call) -> Response:
    """One record, whole."""
    call.parameters()
    async with call.reading() as (connection, access):
        return tagged(call, await show_record(connection, access, RecordId(call.path_id())))


async def edit(call: Call) -> Response:
    """Changes fields; with `version` or `If-Match`, only if nobody changed the record since."""
    fields = await call.body()
    version = {"version": fields.pop("version")} if "version" in fields else {}
    with seen(call) as matched:
        args = {"record": call.path_id(), "fields": fields, **version, **matched}
        return answer(await call.perform("record.update", args))


async def follow(call: Call) -> Response:
    """Follows a record, or changes the level."""
    return answer(await call.perform("follow.set", {**await call.body(), "record": call.path_id()}))


async def unfollow(call: Call) -> Response:
    """Stops following."""
    return answer(await call.perform("follow.end", {"record": call.path_id()}))


async def followers(call: Call) -> Response:
    """Who follows a record."""
    call.parameters()
    async with call.reading() as (connection, access):
        return listed("followers", await read_followers(connection, access, RecordId(call.path_id())))
