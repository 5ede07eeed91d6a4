"""One stream and its loop: slow, with credit, with channels that come and go."""

from __future__ import annotations

import asyncio

import pytest

from caudal import Cursor, Refused, stream as stream_module
from tests.caudal.bot import START, client, positions, until
from tests.caudal.fake import Fake


async def test_a_slow_loop_stops_the_reading_and_loses_nothing(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "INBOX", 10)
    total = 20_000
    async with client(fake) as c:
        stream = c.subscribe("mine", since=Cursor("e1", 0))
        await stream.open()
        peer = await fake.peer()
        await peer.follow()
        padding = {"padding": "x" * 1_000}  # more than socket buffers hold

        async def send_all() -> None:
            for position in range(1, total + 1):
                await peer.event(position, data=padding)

        sending = asyncio.create_task(send_all())
        await until(lambda: len(stream.inbox) == 10, "it is full")
        await until(lambda: peer.socket.transport.get_write_buffer_size() > 0, "the service notices")

        assert len(stream.inbox) == 10
        assert await positions(stream, total) == list(range(1, total + 1))
        await sending


async def test_a_loop_may_call_while_its_inbox_is_full(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "INBOX", 2)
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.follow()
        for position in range(6, 12):
            await peer.event(position)
        await anext(stream)
        call = asyncio.create_task(c.call("comment.add", {}))

        await peer.agree("call", {"done": 1})

        async with asyncio.timeout(5):
            assert await call == {"done": 1}
        assert await positions(stream, 5) == [7, 8, 9, 10, 11]


async def test_with_credit_the_service_is_told_how_much_the_loop_has_taken(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START, credit=4)
        await stream.open()
        first = await fake.peer()
        assert (await first.follow())["credit"] == 4
        for position in (6, 7, 8, 9):
            await first.event(position)

        await positions(stream, 1)
        assert not [frame for frame in first.heard if frame["op"] == "credit"]
        await positions(stream, 1)
        assert (await first.agree("credit", {"credit": 2}))["n"] == 2
        first.cut()

        assert (await (await fake.peer()).follow())["credit"] == 2


async def test_channels_come_and_go_and_the_next_connection_knows(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        add = asyncio.create_task(stream.add("record:42", {"kind": "task"}))
        added = await first.agree("subscribe")
        await add
        remove = asyncio.create_task(stream.remove("mine"))
        await first.agree("unsubscribe")
        await remove
        first.cut()

        resume = await (await fake.peer()).follow()

        assert (added["channel"], added["filter"]) == ("record:42", {"kind": "task"})
        assert resume["channels"] == [{"channel": "record:42", "filter": {"kind": "task"}}]


async def test_a_channel_that_is_none_ends_the_loop_and_not_the_client(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("nonsense", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.welcome()
        refusal = {"code": "invalid", "message": "channel: …", "field": "channels[0].channel"}

        await peer.send("reply", id=(await peer.next("resume"))["id"], error=refusal)

        with pytest.raises(Refused, match="channel"):
            await anext(stream)
        better = c.subscribe("mine", since=START)
        await better.open()
        await peer.agree("resume")
        await peer.event(6)
        assert await positions(better, 1) == [6]


async def test_a_refused_addition_is_not_asked_for_again(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        add = asyncio.create_task(stream.add("nonsense"))
        await first.send("reply", id=(await first.next("subscribe"))["id"], error={"code": "invalid"})
        with pytest.raises(Refused):
            await add
        first.cut()

        assert (await (await fake.peer()).follow())["channels"] == [{"channel": "mine"}]


async def test_a_closed_stream_makes_room_for_another(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        waiting = asyncio.ensure_future(anext(stream))
        peer = await fake.peer()
        await peer.follow()
        other = c.subscribe("all", since=START)
        with pytest.raises(RuntimeError, match="one stream"):
            await other.open()

        await stream.aclose()

        with pytest.raises(StopAsyncIteration):
            await waiting
        assert (await peer.next("unsubscribe"))["channel"] == "mine"
        await c.subscribe("all", since=START).open()
        await peer.event(9)
        assert (await peer.agree("resume"))["channels"] == [{"channel": "all"}]
