"""The whole live path over real sockets: uvicorn, a real Redis-compatible server, the `websockets` client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.domain.access import Access
from server.domain.events import Event, Name, Reach
from server.domain.words import UserId
from server.live.protocol import FRAME_MAX
from tests.live.client import client
from tests.live.portal import ALL_DEALS, ANA, LUIS, MemoryLog, Portal, make_event, personal
from tests.servers.redis import Redis

ENCODINGS = ["caudal.json", "caudal.msgpack"]


@pytest.fixture
async def portal(redis_url: str) -> AsyncIterator[Portal]:
    async with Portal(redis_url).serving() as portal:
        yield portal


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_an_event_reaches_those_who_may_read_it_and_nobody_else(portal: Portal, encoding: str) -> None:
    async with client(portal.url, ANA, encoding) as ana, client(portal.url, LUIS, encoding) as luis:
        for each in (ana, luis):
            assert (await each.expect("welcome"))["version"] == 1
            assert "ok" in await each.ask("subscribe", channel="all")

        await portal.record(make_event())
        await portal.record(personal(LUIS))

        event = await ana.expect("event")
        assert (event["position"], event["name"], event["mine"]) == (1, "entry.added", True)
        assert (await luis.expect("event"))["name"] == "follow.changed"


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_resume_replays_what_was_missed_once_and_in_order_over_a_restart(redis: Redis, encoding: str) -> None:
    log = MemoryLog()
    async with Portal(redis.url, log).serving() as before, client(before.url, ANA, encoding) as ana:
        await ana.resume(0, "mine")
        for _ in range(3):
            await before.record(make_event())
        assert await ana.positions(3) == [1, 2, 3]
        before_it_ends = asyncio.create_task(ana.closed())
        await asyncio.sleep(0)
        await before.live.drain()
        assert await before_it_ends == 4001
        assert ana.seen[-1]["type"] == "bye"
    for _ in range(250):
        log.append(make_event())

    async with Portal(redis.url, log).serving() as after, client(after.url, ANA, encoding) as ana:
        await ana.resume(3, "mine", "record:42")
        await after.record(make_event())

        assert await ana.positions(254) == list(range(4, 255))


async def test_events_recorded_during_a_replay_follow_it_without_a_hole(portal: Portal) -> None:
    for _ in range(500):
        portal.log.append(make_event())

    async with client(portal.url, ANA) as ana:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ana.resume(0, "all"))
            for _ in range(500):
                await portal.record(make_event())
                await asyncio.sleep(0)

        assert await ana.positions(1000) == list(range(1, 1001))


async def test_what_redis_never_brought_comes_from_the_log(portal: Portal) -> None:
    async with client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")

        portal.log.append(make_event())
        await portal.record(make_event())
        portal.log.append(make_event())

        assert await ana.positions(3) == [1, 2, 3]


async def test_everything_arrives_while_redis_is_away_and_after_it_is_back(portal: Portal, redis: Redis) -> None:
    async with client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")
        await portal.record(make_event())
        await ana.positions(1)

        await asyncio.to_thread(redis.stop)
        await portal.record(make_event())
        assert await ana.positions(2) == [1, 2]

        await asyncio.to_thread(redis.start)
        await portal.record(make_event())
        assert await ana.positions(3) == [1, 2, 3]


@pytest.mark.parametrize(("epoch", "position", "reason"), [("e0", 2, "epoch"), ("e1", 1, "floor"), ("e1", 99, "epoch")])
async def test_a_resume_that_cannot_be_continued_is_reset_and_goes_on_from_now(
    portal: Portal, epoch: str, position: int, reason: str
) -> None:
    for _ in range(4):
        await portal.record(make_event())
    async with client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")
        await ana.positions(4)
        portal.log.floor = portal.live.hub.floor = 2

        assert "ok" in await ana.resume(position, "mine", epoch=epoch)

        assert ana.seen[-1]["type"] == "reply"
        reset = await ana.expect("reset")
        assert (reset["reason"], reset["position"]) == (reason, 4)
        await portal.record(make_event())
        assert (await ana.expect("event"))["position"] == 5


async def test_a_client_ahead_of_this_process_gets_nothing_twice(portal: Portal) -> None:
    portal.live.hub.position = 0
    portal.log.append(make_event())
    async with client(portal.url, ANA) as ana:
        await ana.resume(1, "mine")

        await portal.record(make_event())

        assert await ana.positions(2) == [2]


async def test_an_empty_hand_or_a_foreign_token_is_refused_before_the_upgrade(portal: Portal) -> None:
    for token in ("", "nobody", "99"):
        with pytest.raises(InvalidStatus) as refusal:
            async with client(portal.url, token):
                pass
        assert refusal.value.response.status_code == 401
        assert b'"not_signed_in"' in (refusal.value.response.body or b"")


async def test_an_unknown_subprotocol_is_refused(portal: Portal) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with client(portal.url, ANA, "soap"):
            pass

    assert refusal.value.response.status_code == 422


async def test_a_frame_sent_before_welcome_was_read_is_answered_after_it(portal: Portal) -> None:
    async with client(portal.url, ANA) as ana:
        reply = await ana.ask("ping")

        assert [frame["type"] for frame in ana.seen] == ["welcome", "reply"]
        assert reply["ok"] == {}


@pytest.mark.parametrize(
    "message", ["{", "[1]", "null", '{"op":' * 9000, "x" * (FRAME_MAX + 1), b"\x81\xa2op\xa4ping", "\x00"]
)
async def test_a_frame_that_cannot_be_read_ends_the_session_and_nothing_else(
    portal: Portal, message: str | bytes
) -> None:
    async with client(portal.url, ANA) as ana, client(portal.url, ANA) as other:
        await ana.expect("welcome")
        await ana.socket.send(message)

        assert await ana.closed() == 4504
        assert "ok" in await other.ask("ping")


async def test_a_frame_beyond_what_the_server_takes_at_all_ends_the_connection(portal: Portal) -> None:
    async with client(portal.url, ANA) as ana:
        await ana.socket.send("x" * 2**21)

        await ana.closed()

        with pytest.raises(ConnectionClosed):
            await ana.socket.send("x")


async def test_a_call_is_answered_like_its_http_request(portal: Portal) -> None:
    async with client(portal.url, ANA, "caudal.msgpack") as ana:
        done = await ana.ask("call", action="comment.add", args={"entry": 7}, key="k")
        refused = await ana.ask("call", action="fail", args={})
        broken = await ana.ask("call", action="crash", args={})

    assert done["ok"] == {"done": "comment.add"}
    assert refused["error"] == {"code": "forbidden", "message": "no", "params": {"action": "update"}}
    assert broken["error"] == {"code": "internal", "message": "internal"}
    assert portal.calls[0] == (ANA, "comment.add", {"entry": 7}, "k")


def access_changed(user: UserId) -> Event:
    return make_event(name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=(user,), data={})


async def test_rights_are_read_again_before_anything_that_follows_their_change(portal: Portal) -> None:
    async with client(portal.url, LUIS) as luis, client(portal.url, ANA) as ana:
        await luis.resume(0, "all")
        await ana.resume(0, "all")

        portal.grants[LUIS] = ALL_DEALS
        await portal.record(access_changed(LUIS))
        assert (await luis.expect("reset"))["reason"] == "access"
        await portal.record(make_event())
        assert (await luis.expect("event"))["position"] == 2

        portal.grants[ANA] = {}
        await portal.record(access_changed(ANA))
        assert (await ana.expect("reset"))["reason"] == "access"
        await portal.record(make_event())
        await portal.record(personal(ANA))
        assert await ana.positions(5) == [2, 5]


async def test_a_disabled_user_is_closed_for_good(portal: Portal) -> None:
    async with client(portal.url, LUIS) as luis:
        await luis.resume(0, "all")
        portal.disabled.add(LUIS)

        await portal.record(access_changed(LUIS))

        assert await luis.closed() == 4503


async def test_a_client_that_does_not_read_for_a_while_misses_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.live.ring.RING_BYTES", 2**20)
    big = make_event(data={"entry": {**make_event().data["entry"], "text": "x" * 20_000}})  # type: ignore[dict-item]
    async with client(portal.url, ANA) as slow, client(portal.url, ANA) as quick:
        await slow.resume(0, "mine")
        await quick.resume(0, "mine")
        slow.socket.transport.pause_reading()
        for _ in range(600):
            await portal.record(big)
            await asyncio.sleep(0)
        assert await quick.positions(600) == list(range(1, 601))

        slow.socket.transport.resume_reading()

        assert await slow.positions(600) == list(range(1, 601))
        assert portal.log.replays > 0, "12 MB fit neither into the buffers of a socket nor into this ring"


async def test_a_service_that_stops_refuses_new_clients_with_503(portal: Portal) -> None:
    await portal.live.drain()

    with pytest.raises(InvalidStatus) as refusal:
        async with client(portal.url, ANA):
            pass

    assert refusal.value.response.status_code == 503
    assert refusal.value.response.headers["Retry-After"] == "2"


async def test_a_client_that_takes_nothing_for_too_long_is_given_up(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.live.vitals.STUCK", 0.2)
    monkeypatch.setattr("server.live.feed.TICK", 0.1)
    big = make_event(data={"entry": {**make_event().data["entry"], "text": "x" * 20_000}})  # type: ignore[dict-item]
    async with client(portal.url, ANA) as stuck, client(portal.url, LUIS) as other:
        await stuck.resume(0, "mine")
        stuck.socket.transport.pause_reading()
        for _ in range(600):
            await portal.record(big)
            await asyncio.sleep(0)

        while len(portal.live.sessions) > 1:
            await asyncio.sleep(0.01)

        assert "ok" in await other.ask("ping")
        stuck.socket.transport.abort()


async def test_rights_that_change_during_the_handshake_are_read_again(redis_url: str) -> None:
    portal = Portal(redis_url)
    read = portal.access

    async def slowly(user: UserId) -> Access:
        """The rights as they were before they changed, as a slow query would have them."""
        access = await read(user)
        if user == LUIS and not portal.grants[LUIS]:
            portal.grants[LUIS] = ALL_DEALS
            await portal.record(access_changed(LUIS))
            while portal.live.hub.position == 0:
                await asyncio.sleep(0.001)
        return access

    portal.access = slowly  # type: ignore[method-assign]
    async with portal.serving(), client(portal.url, LUIS) as luis:
        assert (await luis.expect("reset"))["reason"] == "access"
        await luis.resume(1, "all")
        await portal.record(make_event())

        assert await luis.positions(2) == [2]
