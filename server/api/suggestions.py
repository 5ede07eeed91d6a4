"""Autocompletion and the audience preview over HTTP."""

from __future__ import annotations

from starlette.responses import Response

from server.actions.arguments import parse
from server.actions.audience import preview
from server.actions.posts import Message
from server.api.http import Call, Router, answer
from server.domain.text import clean_line
from server.errors import Invalid
from server.store.suggestions import PURPOSES, suggest


def add_routes(router: Router) -> None:
    """What the composer asks while somebody writes."""
    router.add("GET", "/suggest", suggestions)
    router.add("POST", "/audience", audience)


async def suggestions(call: Call) -> Response:
    """People, departments and records that begin with what was typed."""
    given = call.parameters("q", "for")
    purpose = (given.get("for") or ["to"])[-1]
    if purpose not in PURPOSES:
        raise Invalid.one("for", "choice", f"one of {', '.join(PURPOSES)}")
    typed = clean_line((given.get("q") or [""])[-1], "q")
    async with call.reading() as (connection, access):
        return answer({"items": await suggest(connection, access, typed, PURPOSES[purpose])})


async def audience(call: Call) -> Response:
    """Who would see a message, who could not, and who outside the company would get it."""
    message = parse(Message, await call.body())
    async with call.reading() as (connection, access):
        return answer(await preview(connection, access, message))
