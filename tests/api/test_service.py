"""A few calls of the service itself, as a process: what it answers, and that it prints no traceback for bad input."""

from __future__ import annotations

import asyncio

import httpx
from argon2 import PasswordHasher

from server.domain.words import Kind
from tests.conftest import DATABASE
from tests.servers.caudal import Caudal
from tests.world import open_world


async def test_a_message_from_sign_in_to_stream_and_bad_input_beside_it(caudal: Caudal) -> None:
    password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
    async with open_world(f"sqlite+aiosqlite:///{caudal.data / DATABASE}") as world:
        ana = await world.user("Ana", password_hash=password)
        deal = await world.record(ana, Kind.DEAL)
    await asyncio.to_thread(caudal.start)

    async with httpx.AsyncClient(base_url=f"{caudal.url}/api/v1", headers={"origin": caudal.url}) as http:
        signed = await http.post("/session", json={"email": "ana@example.com", "password": "secret"})
        first = await http.post("/entries", json={"text": "hello", "about": [deal]}, headers={"idempotency-key": "1"})
        again = await http.post("/entries", json={"text": "hello", "about": [deal]}, headers={"idempotency-key": "1"})
        stream = await http.get("/stream")
        bad = [
            await http.post("/entries", content=b"\x00" * 100, headers={"content-type": "application/json"}),
            await http.post("/entries", content=b"x" * (3 << 20), headers={"content-type": "application/json"}),
            await http.get("/records/%00"),
            await http.get("/stream?q=%FF%00"),
            await http.get("/stream", headers={"cookie": "caudal_login=x"}),
            await http.get("/suggest?q=" + "a+" * 3000),
        ]
        forged = await http.post("/entries", json={"text": "x"}, headers={"origin": "https://evil.example"})

    assert (signed.status_code, first.status_code, again.json()) == (200, 201, first.json())
    assert [entry["type"] for entry in stream.json()["entries"]] == ["message", "added"]
    assert stream.json()["position"] == first.json()["added"]
    assert [answer.status_code for answer in [*bad, forged]] == [422, 413, 404, 422, 401, 422, 403]
    assert {answer.headers["content-type"] for answer in [*bad, forged]} == {"application/problem+json"}
    assert "Traceback" not in caudal.output
