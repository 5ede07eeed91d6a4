"""The bots of docs/howto/write-a-bot.md, as they are written there, against the real service."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from caudal import Caudal
from tests.caudal.office import Office
from tests.servers.processes import end, spawn

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "write-a-bot.md").read_text("utf-8")
BOT, MIRROR = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PATIENCE = 30.0  # s
pytestmark = pytest.mark.usefixtures("no_wait")


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await asyncio.sleep(0.05)


def start(office: Office, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "bot.py").write_text(BOT)
    needed = {"CAUDAL_URL": office.url, "CAUDAL_TOKEN": office.bot, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    # The bot keeps its cursor where it is started.
    program = f"import os, runpy; os.chdir({str(folder)!r}); runpy.run_path('bot.py', run_name='__main__')"
    return spawn([sys.executable, "-W", "error", "-c", program], folder / "bot.log", environ=needed)


async def test_the_bot_answers_every_new_message_about_a_deal_once_even_when_it_is_killed(
    office: Office, tmp_path: Path
) -> None:
    async with Caudal(office.url, office.ana) as ana:
        entries: list[int] = []

        async def post(text: str) -> None:
            made = await ana.call("message.publish", {"text": text, "about": [office.deal]})
            entries.append(made["id"])

        async def comments(entry: int) -> list[str]:
            answer = await ana.get(f"/entries/{entry}/comments")
            return [comment["text"] for comment in answer["comments"]]

        async def answered() -> bool:
            return all([await comments(entry) for entry in entries])

        async def follows() -> bool:
            return (tmp_path / "bot.cursor").exists()

        bot = start(office, tmp_path)
        try:
            await until(follows, "the bot knows where it starts")
            await post("Before")
            await until(answered, "the bot has answered")
            end(bot, signal.SIGKILL)
            for number in range(3):
                await post(f"While it was away {number}")
            bot = start(office, tmp_path)
            await post("After")
            await until(answered, "the bot has answered all")
        finally:
            end(bot)

        assert [await comments(entry) for entry in entries] == [["Noted, Ana."]] * 5
        assert "Error" not in (tmp_path / "bot.log").read_text()


async def test_the_copy_of_a_stream_follows_it(office: Office) -> None:
    defined: dict[str, Any] = {}
    exec(MIRROR, defined)  # noqa: S102 (the page's own code)
    mirror = cast("Callable[[Caudal, dict[int, Any]], Awaitable[None]]", defined["mirror"])
    entries: dict[int, Any] = {}
    async with Caudal(office.url, office.ana) as ana:
        kept = await ana.call("message.publish", {"text": "Before", "about": [office.deal]})
        copying = asyncio.ensure_future(mirror(ana, entries))

        async def copied() -> bool:
            return kept["id"] in entries

        await until(copied, "the list is loaded")
        async with Caudal(office.url, office.ana) as other:
            added = await other.call("message.publish", {"text": "After", "about": [office.deal]})
            await other.call("message.delete", {"entry": kept["id"]})

        async def followed() -> bool:
            return added["id"] in entries and kept["id"] not in entries

        await until(followed, "the events are in")
        copying.cancel()


def test_the_bot_is_as_short_as_the_page_says() -> None:
    assert len([line for line in BOT.splitlines() if line.strip()]) <= 20
