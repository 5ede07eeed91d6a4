"""The client against a service in trouble: refusals, closes, silence, garbage. Each test scripts one fault."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

import pytest

from caudal import (
    Caudal,
    Ended,
    ProtocolRefused,
    Revoked,
    SignedOut,
    client as client_module,
    stream as stream_module,
)
from tests.caudal.bot import START, client, positions, until
from tests.caudal.fake import Fake


async def test_it_comes_back_when_bye_said_and_not_before(fake: Fake) -> None:
    async with client(fake):
        peer = await fake.peer()
        await peer.welcome()
        started = time.monotonic()

        await peer.send("bye", retry_ms=300)
        await peer.close(4001, "restart")

        await fake.peer()
        assert time.monotonic() - started >= 0.3


async def test_it_comes_back_when_retry_after_said_and_not_before(fake: Fake) -> None:
    fake.refusals.append((HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"}))
    started = time.monotonic()

    async with client(fake):
        await fake.peer()

    assert time.monotonic() - started >= 1.0
    assert fake.tries == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (HTTPStatus.UNAUTHORIZED, SignedOut),
        (HTTPStatus.FORBIDDEN, Revoked),
        (HTTPStatus.NOT_FOUND, ProtocolRefused),
        (HTTPStatus.UNPROCESSABLE_ENTITY, ProtocolRefused),
    ],
)
async def test_a_refusal_that_will_not_change_is_raised(fake: Fake, status: HTTPStatus, error: type[Ended]) -> None:
    fake.refusals.append((status, {}))

    async with client(fake) as c:
        with pytest.raises(error) as raised:
            await anext(c.subscribe("mine"))

    assert raised.value.code == status
    assert fake.tries == 1


@pytest.mark.parametrize("status", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY])
async def test_a_refusal_that_may_change_is_tried_again(fake: Fake, status: HTTPStatus) -> None:
    fake.refusals.append((status, {}))

    async with client(fake):
        await fake.peer()

    assert fake.tries == 2


@pytest.mark.parametrize(
    ("code", "error"), [(4501, SignedOut), (4503, Revoked), (4504, ProtocolRefused), (4999, Ended)]
)
async def test_after_a_final_close_loop_and_calls_end_with_the_reason(
    fake: Fake, code: int, error: type[Ended]
) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.follow()
        await peer.event(6)
        call = asyncio.create_task(c.call("comment.add", {}))
        await peer.next("call")

        await peer.close(code, "because")

        assert (await anext(stream)).position == 6
        for failing in (anext(stream), call, c.call("comment.add", {})):
            with pytest.raises(error, match="because"):
                await failing
    assert fake.tries == 1


@pytest.mark.parametrize("code", [1000, 1011, 4000, 4008, 4010, 4499])
async def test_after_any_other_close_it_comes_back(fake: Fake, code: int) -> None:
    async with client(fake):
        peer = await fake.peer()
        await peer.welcome()

        await peer.close(code)

        await fake.peer()


async def test_a_silent_connection_is_given_up(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "SILENCE", 0.2)

    async with client(fake):
        await (await fake.peer()).welcome(heartbeat=1)

        await fake.peer()


async def test_it_gives_a_sign_of_life_when_it_has_nothing_to_say(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PULSE", 0.05)

    async with client(fake):
        peer = await fake.peer()
        await peer.welcome(heartbeat=1)

        await peer.next("ping")
        await peer.next("ping")


async def test_it_gives_signs_of_life_while_the_loop_is_busy_and_nothing_more_is_read(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PULSE", 0.05)
    monkeypatch.setattr(stream_module, "INBOX", 2)

    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.follow(heartbeat=1)
        for position in range(6, 12):
            await peer.event(position)
        await anext(stream)
        await until(lambda: len(stream.inbox) == 2, "the rest waits in the socket")

        for _ in range(3):
            await peer.next("ping")
        assert len(stream.inbox) == 2


async def test_it_gives_signs_of_life_while_a_call_is_waited_for(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PULSE", 0.05)

    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        peer = await fake.peer()
        await peer.welcome(heartbeat=1)
        sent = await peer.next("call")

        for _ in range(3):
            await peer.next("ping")

        await peer.send("reply", id=sent["id"], ok={"done": 1})
        assert await call == {"done": 1}


@pytest.mark.parametrize(
    "garbage",
    ["{", "[]", '"event"', '{"type": "event"}', '{"type": "event", "position": true}', '{"type": "bye"}', b"\x00\xff"],
)
async def test_a_garbled_frame_is_a_lost_connection(fake: Fake, garbage: str | bytes) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        await first.event(6)

        await first.socket.send(garbage)

        second = await fake.peer()
        assert (await second.follow())["position"] == 6
        await second.event(7)
        assert await positions(stream, 2) == [6, 7]


@pytest.mark.parametrize("news", ['{"type": "weather", "sun": true}', '{"type": 7}', '{"type": ["event"]}', "{}"])
async def test_frames_it_does_not_know_are_ignored(fake: Fake, news: str) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.follow()

        await peer.socket.send(news)
        await peer.event(6, weather="sun")

        assert await positions(stream, 1) == [6]


async def test_another_version_of_the_protocol_is_refused(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine")
        waiting = asyncio.ensure_future(anext(stream))

        await (await fake.peer()).welcome(version=2)

        with pytest.raises(ProtocolRefused, match="version 2"):
            await waiting


async def test_closing_is_prompt_and_leaves_no_task(fake: Fake) -> None:
    async with client(fake) as c:
        waiting = asyncio.ensure_future(anext(c.subscribe("mine", since=START)))
        peer = await fake.peer()
        await peer.follow()
        started = time.monotonic()
    took = time.monotonic() - started

    with pytest.raises(RuntimeError, match="closed"):
        await waiting
    with pytest.raises(RuntimeError, match="closed"):
        await c.call("comment.add", {})
    assert took < 0.5
    assert "caudal" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_closing_does_not_wait_for_a_service_that_is_away() -> None:
    async with Caudal("http://127.0.0.1:9", "secret") as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        await call


async def test_a_service_that_speaks_another_encoding_is_not_listened_to(fake: Fake) -> None:
    async with Caudal(fake.url, "secret", encoding="msgpack") as c:
        with pytest.raises(ProtocolRefused):
            await anext(c.subscribe("mine"))
