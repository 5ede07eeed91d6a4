"""The service restarts, dies, or is out of reach: screens come back by themselves and show what happened, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import USERS
from tests.servers.caudal import Caudal

REFUSED = r"WebSocket|ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|Failed to load resource"


class Wire:
    """A line between a browser and the service that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._whole = True
        self._ends: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def lay(self) -> None:
        """Connects."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1")
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Drops what is connected and refuses what comes."""
        self._whole = False
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Lets connections through again."""
        self._whole = True

    async def remove(self) -> None:
        """Ends it."""
        self.cut()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._whole:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
                await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        except OSError:
            return  # the service is down, as the test wants it
        finally:
            writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        self._ends.discard(writer)
        writer.close()


@pytest.fixture
async def wire(own_office: Caudal) -> AsyncIterator[Wire]:
    """A line to `own_office`."""
    line = Wire(own_office.port)
    await line.lay()
    yield line
    await line.remove()


@pytest.mark.parametrize("end", [Caudal.stop, Caudal.kill], ids=["restarted", "killed"])
async def test_screens_come_back_by_themselves_and_show_what_happened_meanwhile_once(
    own_office: Caudal, wire: Wire, screens: OpenScreen, end: Callable[[Caudal], None]
) -> None:
    ana, luis = await screens("Ana", own_office.url), await screens("Luis", wire.url)
    for screen in (ana, luis):
        screen.forgive(REFUSED)
    deal = await ana.make_deal("A long project")
    await ana.post("Before the outage", deal, to=USERS["Luis"])
    for screen in (ana, luis):
        await screen.go("/stream")
        await screen.sees("Before the outage")
        await screen.mark()

    wire.cut()
    await ana.post("While Luis was cut off", deal, to=USERS["Luis"])
    await ana.sees("While Luis was cut off")
    await asyncio.to_thread(end, own_office)
    await asyncio.to_thread(own_office.start)
    await ana.post("After the service was back", deal, to=USERS["Luis"])
    wire.mend()

    for screen in (ana, luis):
        await screen.live()
        for text in ("After the service was back", "While Luis was cut off", "Before the outage"):
            await screen.sees(text)
        assert await screen.is_marked()
    await ana.post("And it goes on", deal, to=USERS["Luis"])
    for screen in (ana, luis):
        await screen.sees("And it goes on")


async def test_a_message_written_while_the_service_is_away_is_kept_and_arrives_once(
    own_office: Caudal, wire: Wire, screens: OpenScreen
) -> None:
    ana, luis = await screens("Ana", wire.url), await screens("Luis", own_office.url)
    ana.forgive(REFUSED)
    deal = await ana.make_deal("A bad line")
    await ana.go(f"/records/{deal}")
    await luis.go("/stream?scope=all")

    wire.cut()
    await ana.write("Written in a tunnel")
    again = ana.entry("Written in a tunnel").get_by_role("button", name="Send again")
    await again.wait_for()
    wire.mend()
    await again.click()

    await luis.sees("Written in a tunnel")
    await ana.live()
    await ana.sees("Written in a tunnel")
