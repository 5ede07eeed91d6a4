"""A bot that asks for too much: the client slows down and waits, and everything is done in the end."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given, strategies as st

from caudal import Caudal, Encoding
from caudal.pace import BURST, RATE, Pace
from server.live import limits
from tests.caudal.bot import client
from tests.caudal.fake import Fake
from tests.caudal.office import Office

TOO_MANY: dict[str, Any] = {"code": "too_many", "message": "too many frames"}


async def test_a_list_refused_by_429_is_asked_for_again_when_retry_after_said_and_not_before(fake: Fake) -> None:
    fake.answers.append((HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"}, TOO_MANY))
    fake.answers.append((HTTPStatus.OK, {}, {"entries": []}))
    started = time.monotonic()

    async with client(fake) as c:
        answer = await c.get("/stream", scope="mine")

    assert answer == {"entries": []}
    assert time.monotonic() - started >= 1.0
    assert fake.asked == ["/api/v1/stream?scope=mine"] * 2


async def test_a_list_that_is_always_refused_by_429_is_given_up_when_patience_is_over(fake: Fake) -> None:
    fake.answers.append((HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"}, TOO_MANY))

    async with client(fake, patience=0.2) as c:
        with pytest.raises(TimeoutError):
            await c.get("/stream", scope="mine")

    assert len(fake.asked) == 1


async def test_a_call_that_came_too_fast_is_sent_again_with_its_key_when_the_service_said_and_not_before(
    fake: Fake,
) -> None:
    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        peer = await fake.peer()
        await peer.welcome()
        first = await peer.next("call")
        started = time.monotonic()
        await peer.send("reply", id=first["id"], error=TOO_MANY | {"params": {"retry_after": 1}})

        second = await peer.agree("call", {"done": 1})

        assert await call == {"done": 1}
        assert second["key"] == first["key"]
        assert time.monotonic() - started >= 1.0


async def test_a_resume_that_came_too_fast_is_tried_again_on_another_connection(fake: Fake) -> None:
    async with client(fake) as c:
        await c.subscribe("mine").open()
        first = await fake.peer()
        await first.welcome()

        await first.send(
            "reply", id=(await first.next("resume"))["id"], error=TOO_MANY | {"params": {"retry_after": 0}}
        )

        await (await fake.peer()).follow()


@pytest.mark.parametrize("encoding", list(Encoding))
async def test_more_calls_at_once_than_the_service_takes_are_all_done(office: Office, encoding: Encoding) -> None:
    count = int(limits.BURST + limits.TOLERANCE) + 50

    async with Caudal(office.url, office.bot, encoding=encoding) as bot:
        answers = await asyncio.gather(*(bot.call("me.change", {"theme": "dark"}) for _ in range(count)))

    assert len(answers) == count


@given(frames=st.lists(st.tuples(st.floats(0, 3), st.integers(0, 64 * 1024), st.booleans()), min_size=1, max_size=300))
def test_whatever_a_bot_sends_the_service_s_bucket_is_never_empty(frames: list[tuple[float, int, bool]]) -> None:
    now, free = 0.0, 0.0
    pace, level, filled = Pace(0.0), limits.BURST, 0.0
    for pause, size, is_text in frames:
        now = max(now + pause, free)
        message = "x" * size if is_text else b"x" * size
        free = now + pace.take(message, now)  # the next is looked at when this one has gone
        level, filled = limits.refilled(level, free - filled) - limits.cost(size), free

        assert level >= 0.0


def test_a_few_messages_are_not_kept_waiting() -> None:
    pace = Pace(0.0)

    waits = [pace.take("ping", 0.0) for _ in range(int(BURST) + 2)]

    assert waits[:-2] == [0.0] * int(BURST)
    assert waits[-2:] == [1 / RATE, 2 / RATE]
