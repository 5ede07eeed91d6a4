"""What a client misses while there is no connection, and how it gets it: each test cuts one, or starts the log anew."""

from __future__ import annotations

from caudal import Cursor, Event, Reset
from tests.caudal.bot import START, client, positions, until
from tests.caudal.fake import Fake


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
