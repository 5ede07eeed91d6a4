"""The bell, and what was seen and read, over HTTP."""

from __future__ import annotations

from starlette.responses import Response

from server.api.http import Call, Router, answer, listed
from server.errors import Invalid
from server.store.notifications import Bell, read_notifications
from server.store.reading import count_unread, read_unseen

PAGE = 25  # notifications
PAGE_MAX = 100


def add_routes(router: Router) -> None:
    """All that is about a user's attention."""
    router.add("GET", "/notifications", notifications)
    router.add("POST", "/notifications/read", read)
    router.add("POST", "/notifications/unread", unread)
    router.add("PATCH", "/notifications/preferences", prefer)
    router.add("GET", "/stream/unseen", unseen)
    router.add("PUT", "/stream/seen", see)
    router.add("PUT", "/entries/{id:id}/unread", mark)
    router.add("DELETE", "/entries/{id:id}/unread", read_entry)


async def notifications(call: Call) -> Response:
    """What stands in the bell, newest first, and how many of it are unread. Looking marks nothing."""
    given = call.parameters("unread", "before", "limit")
    only = (given.get("unread") or ["false"])[-1]
    if only not in {"true", "false"}:
        raise Invalid.one("unread", "choice", "true or false")
    limit = call.number("limit", PAGE, highest=PAGE_MAX) or PAGE
    async with call.reading() as (connection, access):
        page = await read_notifications(connection, access, Bell(only == "true", call.number("before"), limit))
        unread = await count_unread(connection, [access])
    return listed("notifications", page, unread=unread[access.user])


async def read(call: Call) -> Response:
    """Marks some notifications as read, or all up to one."""
    return answer(await call.perform("notifications.read", await call.body()))


async def unread(call: Call) -> Response:
    """Marks some notifications as unread."""
    return answer(await call.perform("notifications.unread", await call.body()))


async def prefer(call: Call) -> Response:
    """How to be told, for each reason that is named."""
    return answer(await call.perform("notifications.prefer", {"notify": await call.body()}))


async def unseen(call: Call) -> Response:
    """The unseen entries of Mine: what a client counts on from, event by event."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await read_unseen(connection, access))


async def see(call: Call) -> Response:
    """Moves how far Mine was seen."""
    return answer(await call.perform("stream.seen", await call.body()))


async def mark(call: Call) -> Response:
    """Marks an entry unread."""
    return answer(await call.perform("entry.unread", {**await call.body(), "entry": call.path_id()}))


async def read_entry(call: Call) -> Response:
    """Reads an entry: its mark and its notifications go."""
    return answer(await call.perform("entry.read", {"entry": call.path_id()}))
