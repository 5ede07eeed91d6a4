"""Two devices of one user over the real `/live`: what is told, seen or read on one is so on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httpx
from argon2 import PasswordHasher
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from server.domain.words import Kind, RecordId
from tests.conftest import DATABASE
from tests.live.client import Client, ServerFrame
from tests.servers.caudal import Caudal
from tests.world import open_world

PASSWORD = "correct horse"
ENCODINGS = ("caudal.json", "caudal.msgpack")


async def found(caudal: Caudal) -> RecordId:
    """Ana, Luis, and a deal of Ana's."""
    hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)  # signing in is not under test
    async with open_world(f"sqlite+aiosqlite:///{caudal.data / DATABASE}") as world:
        ana = await world.user("Ana", password_hash=hash)
        await world.user("Luis", password_hash=hash)
        return await world.record(ana, Kind.DEAL)


@asynccontextmanager
async def signed_in(caudal: Caudal, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Calls of somebody from the portal's own page."""
    async with httpx.AsyncClient(base_url=f"{caudal.url}/api/v1", headers={"origin": caudal.url}) as client:
        body = {"email": f"{name}@example.com", "password": PASSWORD}
        assert (await client.post("/session", json=body)).is_success
        yield client


@asynccontextmanager
async def device(caudal: Caudal, client: httpx.AsyncClient, encoding: str) -> AsyncIterator[Client]:
    """A socket that follows Mine from a snapshot on."""
    me = (await client.get("/me")).json()
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"{caudal.url.replace('http', 'ws')}/live"
    headers = {"Cookie": cookies, "Origin": caudal.url}
    async with connect(url, subprotocols=[Subprotocol(encoding)], additional_headers=headers) as socket:
        found = Client(socket, encoding)
        await found.resume(me["position"], "mine", epoch=me["epoch"])
        yield found


async def told(client: Client, name: str) -> ServerFrame:
    """The next event of a name."""
    while (frame := await client.expect("event"))["name"] != name:
        pass
    return cast(ServerFrame, frame["data"])


async def test_both_devices_of_a_user_are_told_the_same_at_once(caudal: Caudal) -> None:
    deal = await found(caudal)
    caudal.start()
    async with (
        signed_in(caudal, "ana") as ana,
        signed_in(caudal, "luis") as luis,
        device(caudal, luis, ENCODINGS[0]) as desk,
        device(caudal, luis, ENCODINGS[1]) as phone,
    ):
        made = await ana.post("/entries", json={"text": "hello", "about": [deal], "to": [{"user": 2}]})
        entry = made.json()["id"]
        rung = [await told(each, "notification.added") for each in (desk, phone)]
        position = (await luis.get("/stream/unseen")).json()["position"]
        await luis.put("/stream/seen", json={"position": position})
        seen = [await told(each, "read.changed") for each in (desk, phone)]
        await luis.delete(f"/entries/{entry}/unread")
        read = [await told(each, "notification.changed") for each in (desk, phone)]

    notification = cast(ServerFrame, rung[0]["notification"])
    assert rung[0] == rung[1]
    assert (rung[0]["unread"], notification["reason"], notification["entry"]) == (1, "addressed", entry)
    assert seen == [{"seen": position, "unseen": 0}] * 2
    assert read == [{"notifications": [notification["id"]], "read": True, "unread": 0}] * 2
