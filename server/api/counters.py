"""The counters over HTTP; the lists behind them are those of the kinds, with `attention`."""

from __future__ import annotations

from starlette.responses import Response

from server.api.http import Call, Router, answer
from server.store.counters import show_counters


def add_routes(router: Router) -> None:
    """All of a user's at once."""
    router.add("GET", "/counters", counters)


async def counters(call: Call) -> Response:
    """What needs the user now."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await show_counters(connection, access, call.store.works.clock()))
