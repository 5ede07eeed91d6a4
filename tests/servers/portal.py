"""A portal served by real processes, as its people see it: Ana writes about her deal, and looks at many screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import cast

import httpx
from websockets.exceptions import ConnectionClosed

from server.domain.words import Kind, RecordId
from tests.live.client import Client, client
from tests.servers.caudal import Caudal, run_caudal
from tests.world import open_world

PATIENCE = 30.0  # s
OTHERS = ("Eva", "Luis")  # who may do everything too


class Portal:
    """One node, with a token of Ana, who may do everything, and her deal."""

    def __init__(self, node: Caudal, token: str, deal: RecordId) -> None:
        self.node = node
        self.token = token
        self.deal = deal

    @property
    def live(self) -> str:
        """The address of the socket."""
        return f"ws://127.0.0.1:{self.node.port}/live"

    def on(self, node: Caudal) -> Portal:
        """The same, on another node."""
        return Portal(node, self.token, self.deal)

    async def post(self, text: str) -> None:
        """Ana writes something about her deal."""
        async with self._http() as http:
            answer = await http.post("/api/v1/entries", json={"text": text, "about": [self.deal]})
            assert answer.status_code == 201, answer.text

    async def answers(self) -> None:
        """Waits until somebody answers HTTP."""
        async with asyncio.timeout(PATIENCE), self._http() as http:
            while True:
                with suppress(httpx.TransportError):
                    await http.get("/api/v1/me")
                    return
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def screens(self, count: int, token: str | None = None) -> AsyncIterator[list[Client]]:
        """Some open screens of Ana's, or of whom a token is, on whatever worker took them."""
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(client(self.live, token or self.token)) for _ in range(count)]
            for screen in opened:
                await screen.ask("subscribe", channel="mine")
            yield opened

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.node.url, headers={"authorization": f"Bearer {self.token}"}, timeout=PATIENCE
        )


async def found(node: Caudal, database_url: str, **environ: str) -> Portal:
    """Makes Ana with her deal, and the others, in a migrated, empty database; `environ` are the node's settings."""
    async with open_world(database_url) as world:
        deal = await world.record(await world.user("Ana"), Kind.DEAL)
        for name in OTHERS:
            await world.user(name)
    return Portal(node, await token_of("Ana", node, **environ), deal)


async def token_of(name: str, node: Caudal, **environ: str) -> str:
    """A new token for a person."""
    email = f"{name.lower()}@example.com"
    made = await asyncio.to_thread(run_caudal, "token", "create", email, "test", data=node.data, **environ)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


async def until(condition: Callable[[], object]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


async def texts(screen: Client, count: int) -> list[str]:
    """The texts of the first entries that a screen was told of."""
    while len(found := told(screen)) < count:
        await screen.expect("event")
    return found


def told(screen: Client) -> list[str]:
    """The texts of the entries that a screen was told of so far."""
    data = [cast("dict[str, dict[str, str]]", frame["data"]) for frame in screen.seen if frame["type"] == "event"]
    return [entry["entry"]["text"] for entry in data if "entry" in entry]


async def outcome(screen: Client, text: str) -> str:
    """Whether a screen was told of an entry, or lost its connection before."""
    try:
        while text not in told(screen):
            await screen.receive()
    except ConnectionClosed:
        return "lost"
    return "told"


async def closed(screen: Client) -> int:
    """Waits for the end of a quiet screen's connection, which a start of other processes may come before."""
    async with asyncio.timeout(2 * PATIENCE):
        while True:
            with suppress(TimeoutError):
                return await screen.closed()
