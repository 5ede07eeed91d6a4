"""The client against a service in trouble: each test scripts one fault, and says what the bot notices of it."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

import pytest

from caudal import (
    Caudal,
    Cursor,
    Ended,
    Event,
    ProtocolRefused,
    Refused,
    Reset,
    Revoked,
    SignedOut,
    Stream,
    client as client_module,
    stream as stream_module,
)
from tests.caudal.fake import Fake

START = Cursor("e1", 5)


def client(fake: Fake, *, patience: float = 30.0) -> Caudal:
    return Caudal(fake.url, "secret", encoding="json", patience=patience)


async def positions(stream: Stream, count: int) -> list[int]:
    return [(await anext(stream)).position for _ in range(count)]


async def until(condition: object, what: str) -> None:
    assert callable(condition)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
    assert condition(), what


async def test_it_signs_in_with_its_token_and_resumes_all_channels_from_the_cursor(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", "record:42", filter={"kind": ["message"]}, since=START)
        await stream.open()
        peer = await fake.peer()

        resume = await peer.follow()

        assert peer.authorization == "Bearer secret"
        wanted = {"kind": ["message"]}
        channels = [{"channel": "mine", "filter": wanted}, {"channel": "record:42", "filter": wanted}]
        assert (resume["epoch"], resume["position"], resume["channels"]) == ("e1", 5, channels)


async def test_without_a_cursor_it_starts_from_now(fake: Fake) -> None:
    async with client(fake) as c:
        await c.subscribe("mine").open()

        resume = await (await fake.peer()).follow(epoch="e9", position=77)

        assert (resume["epoch"], resume["position"]) == ("e9", 77)


async def test_an_event_comes_with_everything_its_frame_says(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.follow()

        await peer.event(
            6, at=1_700, name="comment.added", mine=False, actor=None, ref="r1", matches=False, data={"a": 1}
        )

        event = await anext(stream)
        assert event == Event(Cursor("e1", 6), 1_700, "comment.added", False, None, {"a": 1}, "r1", False)
        assert c.user == {"user": 7, "name": "Ana"}


async def test_after_a_cut_it_resumes_behind_what_it_received_and_drops_what_comes_twice(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        for position in (6, 7, 7, 6):
            await first.event(position)
        assert await positions(stream, 2) == [6, 7]
        first.cut()

        second = await fake.peer()
        resume = await second.follow()
        for position in (6, 7, 8):
            await second.event(position)

        assert resume["position"] == 7
        assert await positions(stream, 1) == [8]


async def test_what_was_received_and_not_yet_taken_survives_the_cut(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        for position in (6, 7, 8):
            await first.event(position)
        await until(lambda: len(stream.inbox) == 3, "all three are received")
        first.cut()

        resume = await (await fake.peer()).follow()

        assert resume["position"] == 8
        assert await positions(stream, 3) == [6, 7, 8]


async def test_a_checkpoint_moves_the_place_to_resume_from(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        first = await fake.peer()
        await first.follow()
        await first.send("checkpoint", position=40)
        await first.send("checkpoint", position=30)
        await until(lambda: len(stream.inbox) == 1, "one of them moves it")
        first.cut()

        assert (await (await fake.peer()).follow())["position"] == 40


async def test_events_before_the_answer_to_the_resume_are_not_for_this_stream(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await fake.peer()
        await peer.welcome()
        await peer.event(9)
        await peer.agree("resume")

        await peer.event(6)

        assert await positions(stream, 1) == [6]


async def test_a_reset_comes_as_an_item_of_the_stream_which_then_goes_on(fake: Fake) -> None:
    async with client(fake) as c:
        stream = c.subscribe("mine", since=Cursor("e0", 900))
        await stream.open()
        first = await fake.peer()
        await first.follow()

        await first.send("reset", reason="epoch", position=10)
        await first.event(11)

        assert await anext(stream) == Reset(Cursor("e1", 10), "epoch")
        assert (await anext(stream)).position == 11
        first.cut()
        resume = await (await fake.peer()).follow()
        assert (resume["epoch"], resume["position"]) == ("e1", 11)


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
