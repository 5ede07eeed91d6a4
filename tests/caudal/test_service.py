"""The client and the real service: what a bot relies on, over processes and sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from caudal import Caudal, Cursor, CursorFile, Encoding, Event, Refused, Reset, SignedOut, Stream
from tests.caudal.office import Office

PATIENCE = 20.0  # s
pytestmark = pytest.mark.usefixtures("no_wait")


async def post(c: Caudal, office: Office, text: str) -> int:
    """Posts about the deal; returns the entry's id."""
    made = await c.call("message.publish", {"text": text, "about": [office.deal]})
    return int(made["id"])


async def texts(stream: Stream, count: int) -> list[str]:
    """The texts of the next messages."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            event = await anext(stream)
            if event.name == "entry.added" and isinstance(event, Event):
                found.append(event.data["entry"]["text"])
    return found


async def here(c: Caudal) -> Cursor:
    """Where the log stands."""
    return Cursor.of(await c.get("/stream", scope="all"))


@pytest.mark.parametrize("encoding", list(Encoding))
async def test_what_one_posts_the_other_hears(office: Office, encoding: Encoding) -> None:
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot, encoding=encoding) as bot:
        stream = bot.subscribe("all", since=await here(bot))

        entry = await post(ana, office, "¡Hola! 👋")

        assert await texts(stream, 1) == ["¡Hola! 👋"]
        comment = await bot.call("comment.add", {"entry": entry, "text": "Hello"})
        assert comment["text"] == "Hello"
        assert bot.user["name"] == "Bot"


async def test_a_filter_and_several_channels_bring_each_event_once(office: Office) -> None:
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot) as bot:
        since = await here(bot)
        channels = ("all", "mine", f"record:{office.deal}")
        stream = bot.subscribe(*channels, filter={"kind": ["message"], "q": "keep"}, since=since)

        for text in ("keep one", "drop", "keep two"):
            await post(ana, office, text)

        assert await texts(stream, 2) == ["keep one", "keep two"]


async def test_a_bot_that_was_away_gets_what_it_missed_in_order_and_once(office: Office, tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "bot.cursor")
    async with Caudal(office.url, office.ana) as ana:
        await file.save(await here(ana))
        async with Caudal(office.url, office.bot) as bot:
            stream = bot.subscribe("all", since=file)
            await post(ana, office, "0")
            assert await texts(stream, 1) == ["0"]
            await stream.finish()
        for number in range(1, 6):
            await post(ana, office, str(number))

        async with Caudal(office.url, office.bot) as bot:
            assert await texts(bot.subscribe("all", since=file), 5) == ["1", "2", "3", "4", "5"]


async def test_nothing_is_lost_or_done_twice_when_the_service_is_killed(own_office: Office) -> None:
    office = own_office
    count = 30
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot) as bot:
        stream = bot.subscribe("all", since=await here(bot))

        async def post_all() -> None:
            for number in range(count):
                await post(ana, office, str(number))

        posting = asyncio.create_task(post_all())
        first = await texts(stream, 5)
        await asyncio.to_thread(office.service.kill)
        await asyncio.to_thread(office.service.start)
        rest = await texts(stream, count - 5)
        await posting

        answer = await bot.get("/stream", scope="all", kind=["message"], limit=100)
        assert first + rest == [str(number) for number in range(count)]
        assert sorted(int(entry["text"]) for entry in answer["entries"]) == list(range(count))


async def test_the_same_key_is_the_same_write(office: Office) -> None:
    args = {"text": "Once", "about": [office.deal]}
    async with Caudal(office.url, office.ana) as ana:
        made = [await ana.call("message.publish", args, key="k1") for _ in range(2)]

        answer = await ana.get("/stream", scope="all", kind="message", q="Once")
        assert made[0]["id"] == made[1]["id"]
        assert len(answer["entries"]) == 1


async def test_a_cursor_of_another_log_is_reset_and_the_stream_goes_on(office: Office) -> None:
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot) as bot:
        stream = bot.subscribe("all", since=Cursor("another", 3))

        async with asyncio.timeout(PATIENCE):
            reset = await anext(stream)
        await post(ana, office, "After")

        assert isinstance(reset, Reset)
        assert reset.reason == "epoch"
        assert await texts(stream, 1) == ["After"]


async def test_refusals_of_the_service_have_their_codes(office: Office) -> None:
    async with Caudal(office.url, office.ana) as ana:
        with pytest.raises(Refused) as missing:
            await ana.call("comment.add", {"entry": 999_999, "text": "Hi"})
        with pytest.raises(Refused) as wrong:
            await ana.call("comment.add", {"entry": 1, "txt": "Hi"})
        with pytest.raises(Refused) as unknown:
            await ana.get("/stream", colour="red")
        with pytest.raises(Refused) as channel:
            await anext(ana.subscribe("nonsense"))

    assert missing.value.code == "not_found"
    assert (wrong.value.code, wrong.value.field) == ("invalid", wrong.value.errors[0].field)
    assert (unknown.value.code, unknown.value.field) == ("invalid", "colour")
    assert channel.value.field == "channels[0].channel"


async def test_an_unknown_token_is_told_so(office: Office) -> None:
    async with Caudal(office.url, "caudal_unknown") as stranger:
        with pytest.raises(SignedOut):
            await anext(stranger.subscribe("mine"))
        with pytest.raises(SignedOut):
            await stranger.get("/me")


async def test_a_channel_added_later_brings_what_a_list_read_afterwards_lacks(office: Office) -> None:
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot) as bot:
        stream = bot.subscribe("tasks", since=await here(bot))
        await stream.open()
        await stream.add(f"record:{office.deal}")

        listed = await bot.get(f"/records/{office.deal}/stream")
        await post(ana, office, "Later")

        assert "Later" not in str(listed)
        assert await texts(stream, 1) == ["Later"]


async def test_with_little_credit_everything_comes_all_the_same(office: Office) -> None:
    async with Caudal(office.url, office.ana) as ana, Caudal(office.url, office.bot) as bot:
        stream = bot.subscribe("all", since=await here(bot), credit=2)
        for number in range(12):
            await post(ana, office, str(number))

        assert await texts(stream, 12) == [str(number) for number in range(12)]
