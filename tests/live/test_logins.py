"""Logins and tokens that end while sockets are open, over real ones: who is closed, with which code, and who stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.domain.events import Event, Name, Reach
from server.domain.words import JsonObject, UserId
from server.live.client import wall
from tests.live.client import client
from tests.live.portal import ANA, LUIS, Portal, make_event

ANA_AGAIN = "01"  # another token of hers


@pytest.fixture
async def portal(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    monkeypatch.setattr("server.live.feed.TICK", 0.02)
    async with Portal(redis_url).serving() as portal:
        yield portal


def login_ended(user: UserId, credential: str, reason: str) -> Event:
    data: JsonObject = {"credential": credential, "reason": reason}
    return make_event(name=Name.LOGIN_ENDED, reach=Reach.PERSONAL, audience=(user,), data=data)


@pytest.mark.parametrize(("reason", "code"), [("signed_out", 4501), ("revoked", 4503)])
async def test_what_a_login_opened_is_closed_with_it_on_every_node_and_nothing_else_is(
    portal: Portal, redis_url: str, reason: str, code: int
) -> None:
    async with (
        Portal(redis_url, portal.log).serving() as other,
        client(portal.url, ANA) as here,
        client(other.url, ANA, "caudal.msgpack") as there,
        client(portal.url, ANA_AGAIN) as again,
        client(portal.url, LUIS) as luis,
    ):
        for each in (here, there, again, luis):
            await each.resume(0, "mine")

        await portal.record(login_ended(ANA, "1", reason))

        assert [await here.closed(), await there.closed()] == [code, code]
        for each in (again, luis):
            assert "ok" in await each.ask("ping")
        for each in (here, there, again, luis):
            assert [frame for frame in each.seen if frame["type"] == "event"] == []


async def test_a_login_that_was_used_meanwhile_keeps_its_socket(portal: Portal) -> None:
    portal.ends["1"] = soon = wall() + 100
    async with client(portal.url, ANA) as ana:
        await ana.resume(0, "all")
        (session,) = portal.live.sessions
        assert session.expires == soon

        portal.ends["1"] = later = soon + 3_600_000

        async with asyncio.timeout(5):
            while session.expires != later:
                await asyncio.sleep(0.005)
        await portal.record(make_event())
        assert await ana.positions(1) == [1]


async def test_a_login_that_nobody_used_closes_its_socket_when_it_ends(portal: Portal) -> None:
    portal.ends["1"] = wall() + 100

    async with client(portal.url, ANA) as ana, client(portal.url, LUIS) as luis:
        await ana.resume(0, "all")

        assert await ana.closed() == 4501
        assert "ok" in await luis.ask("ping")
