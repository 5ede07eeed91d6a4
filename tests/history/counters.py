"""Whether unseen and unread are right: asked at the end in every way there is, and compared with a recount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import httpx

from server.domain.words import UserId
from server.store import Store
from server.store.reading import recount
from tests.history.checker import Anomaly
from tests.history.client import Addresses
from tests.history.entitlement import part
from tests.history.journal import Json
from tests.history.portal import Company, Member

PAGE = 100  # notifications


async def check_counters(
    company: Company, nodes: Sequence[Addresses], http: httpx.AsyncClient, store: Store
) -> list[Anomaly]:
    """One anomaly for each number of each user that is not what it is counted to be anew."""
    users = [UserId(member.user) for member in company.members.values()]
    async with store.database.reading() as connection:
        counted = await recount(connection, users)
    found: list[Anomaly] = []
    for number, member in enumerate(company.members.values()):
        address = nodes[number % len(nodes)].http
        own = counted[UserId(member.user)]
        told = await _told(http, address, member)
        wanted = {name: own.unread if name.startswith("unread") else own.unseen for name in told}
        found += [
            Anomaly("drift", member.name, 0, f"{name} is {told[name]}, counted anew it is {wanted[name]}")
            for name in told
            if told[name] != wanted[name]
        ]
    return found


async def _told(http: httpx.AsyncClient, address: str, member: Member) -> dict[str, int]:
    me = await _get(http, address, member, "me")
    unseen = await _get(http, address, member, "stream/unseen")
    listed, first = await _unread(http, address, member)
    return {
        "unseen in /me": cast(int, me["unseen"]),
        "unseen in /stream/unseen": cast(int, unseen["unseen"]),
        "unseen, listed": len(cast("list[Json]", unseen["entries"])),
        "unread in /me": cast(int, part(me, "notifications")["unread"]),
        "unread in /notifications": cast(int, first["unread"]),
        "unread, listed": listed,
    }


async def _unread(http: httpx.AsyncClient, address: str, member: Member) -> tuple[int, Json]:
    """How many unread notifications there are to be seen, page by page; and the first page."""
    path = f"notifications?unread=true&limit={PAGE}"
    first = page = await _get(http, address, member, path)
    listed = len(cast("list[Json]", page["notifications"]))
    while page["next"] is not None:
        page = await _get(http, address, member, f"{path}&before={page['next']}")
        listed += len(cast("list[Json]", page["notifications"]))
    return listed, first


async def _get(http: httpx.AsyncClient, address: str, member: Member, path: str) -> Json:
    answer = await http.get(f"{address}/api/v1/{path}", headers={"Authorization": f"Bearer {member.token}"})
    answer.raise_for_status()
    return cast(Json, answer.json())
