"""Calls through a connection that comes and goes: each is done once, and answered, refused or given up."""

from __future__ import annotations

import asyncio

import pytest

from caudal import Refused
from tests.caudal.bot import START, client
from tests.caudal.fake import Fake


async def test_a_call_in_flight_is_sent_again_with_the_same_key_after_a_cut(fake: Fake) -> None:
    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {"entry": 7, "text": "Hi"}))
        first = await fake.peer()
        await first.welcome()
        sent = await first.next("call")
        first.cut()

        second = await fake.peer()
        await second.welcome()
        again = await second.agree("call", {"comment": {"id": 9}})

        assert again == sent
        assert sent["key"]
        assert await call == {"comment": {"id": 9}}


async def test_a_call_that_was_answered_is_not_sent_again(fake: Fake) -> None:
    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        first = await fake.peer()
        await first.welcome()
        await first.agree("call", {})
        await call
        first.cut()

        second = await fake.peer()
        await second.welcome()
        other = asyncio.create_task(c.call("entry.remove", {}, key="mine"))

        sent = await second.agree("call", {})
        await other
        assert (sent["action"], sent["key"]) == ("entry.remove", "mine")


async def test_two_calls_have_two_keys(fake: Fake) -> None:
    async with client(fake) as c:
        calls = [asyncio.create_task(c.call("comment.add", {})) for _ in range(2)]
        peer = await fake.peer()
        await peer.welcome()

        keys = {(await peer.agree("call", {}))["key"] for _ in calls}

        await asyncio.gather(*calls)
        assert len(keys) == 2


async def test_a_refused_call_says_why(fake: Fake) -> None:
    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        peer = await fake.peer()
        await peer.welcome()
        wrong = {"field": "text", "code": "required", "message": "text is required", "params": {}}
        error = {"code": "invalid", "message": "text: …", "field": "text", "errors": [wrong]}

        await peer.send("reply", id=(await peer.next("call"))["id"], error=error)

        with pytest.raises(Refused) as raised:
            await call
        assert (raised.value.code, raised.value.message, raised.value.field) == ("invalid", "text: …", "text")
        assert [(each.field, each.code) for each in raised.value.errors] == [("text", "required")]


async def test_a_call_that_the_service_cannot_do_now_is_tried_again_with_its_key(fake: Fake) -> None:
    async with client(fake) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        peer = await fake.peer()
        await peer.welcome()
        first = await peer.next("call")
        await peer.send("reply", id=first["id"], error={"code": "unavailable", "message": "not now"})

        second = await peer.agree("call", {"done": 1})

        assert await call == {"done": 1}
        assert first["key"] == second["key"]


async def test_a_call_without_an_answer_times_out_and_is_not_repeated(fake: Fake) -> None:
    async with client(fake, patience=0.1) as c:
        call = asyncio.create_task(c.call("comment.add", {}))
        first = await fake.peer()
        await first.welcome()
        await first.next("call")
        with pytest.raises(TimeoutError):
            await call
        first.cut()

        second = await fake.peer()
        await second.welcome()
        stream = c.subscribe("mine", since=START)
        await stream.open()
        await second.next("resume")

        assert [frame["op"] for frame in second.heard] == []


async def test_a_cancelled_call_leaves_the_others_alone(fake: Fake) -> None:
    async with client(fake) as c:
        one, other = (asyncio.create_task(c.call("comment.add", {}, key=key)) for key in "ab")
        peer = await fake.peer()
        await peer.welcome()
        sent = {frame["key"]: frame["id"] for frame in (await peer.next("call"), await peer.next("call"))}

        one.cancel()
        for key in "ab":
            await peer.send("reply", id=sent[key], ok={"key": key})

        assert await other == {"key": "b"}
        assert (await asyncio.gather(one, return_exceptions=True))[0].__class__ is asyncio.CancelledError


@pytest.mark.parametrize("args", [{"text": "x" * 70_000}, {"text": float("nan")}, {"text": object()}])
async def test_what_cannot_be_sent_is_the_caller_s_error_and_nobody_else_s(fake: Fake, args: dict[str, object]) -> None:
    async with client(fake) as c:
        peer = await fake.peer()
        await peer.welcome()

        with pytest.raises((ValueError, TypeError)):
            await c.call("comment.add", args)

        call = asyncio.create_task(c.call("comment.add", {}))
        await peer.agree("call", {})
        await call
