"""The portal's settings over HTTP, for admins."""

from __future__ import annotations

from starlette.responses import Response

from server.api.http import Call, Router, answer
from server.store.settings import show_settings


def add_routes(router: Router) -> None:
    """All of them at once."""
    router.add("GET", "/settings", show)
    router.add("PATCH", "/settings", change)


async def show(call: Call) -> Response:
    """How the portal is set up."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await show_settings(connection, access))


async def change(call: Call) -> Response:
    """Changes some settings."""
    return answer(await call.perform("settings.change", {"settings": await call.body()}))
