"""The processes of one portal: one node with its private Redis over SQLite, or three over PostgreSQL and one Redis.

Nodes are started without waiting, so that clients and writers go on meanwhile; `tree` may be a changed copy of the service.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from redis.asyncio import Redis as RedisClient

from tests.history.client import Addresses
from tests.history.proxy import Proxy
from tests.servers.caudal import ROOT, free_port, migrate
from tests.servers.postgres import Postgres, find_postgres
from tests.servers.processes import end, spawn
from tests.servers.redis import Redis, find_redis

SECRET = "s" * 40  # of the portal: the same on every node
STARTING = 30.0  # s
POLL = 0.05  # s
NODES = 3


class Node:
    """One `caudal serve` process. It keeps its port and its data over restarts."""

    def __init__(self, data: Path, tree: Path, **environ: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        own = {"CAUDAL_DATA": str(data), "CAUDAL_SECRET": SECRET, "PYTHONPATH": str(tree), "LOG_LEVEL": "warning"}
        self._environ = kept | own | environ
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begins to start; `answering` tells when it is there."""
        command = [sys.executable, "-P", "-m", "server", "serve", "--port", str(self.port)]
        self._process = spawn(command, self.log, environ=self._environ)

    async def answering(self) -> None:
        """Returns when it answers HTTP. Raises AssertionError when it ended instead."""
        async with asyncio.timeout(STARTING), httpx.AsyncClient(trust_env=False) as http:
            while True:
                assert self._process and self._process.poll() is None, self.log.read_text()
                with suppress(httpx.HTTPError):
                    await http.get(f"{self.url}/api/v1/me", timeout=1.0)
                    return
                await asyncio.sleep(POLL)

    def kill(self) -> None:
        """SIGKILL, to it and to what it started."""
        if self._process:
            end(self._process, signal.SIGKILL)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to it alone."""
        if self._process:
            self._process.send_signal(number)

    def children(self) -> list[int]:
        """The processes that it started: its private Redis."""
        found: list[int] = []
        for listed in Path("/proc").glob(f"{self._process.pid if self._process else 0}/task/*/children"):
            with suppress(OSError):
                found += map(int, listed.read_text().split())
        return found


class SlowPostgres(Postgres):
    """A PostgreSQL whose commits can be made to wait, before anybody sees them."""

    def hold_commits(self) -> None:
        """From here on commits wait for a standby that is not there."""
        self._wait_for("nobody")

    def let_commits_go(self) -> None:
        """Ends `hold_commits`: all that wait are done."""
        self._wait_for("")

    def _wait_for(self, standby: str) -> None:
        self._sql(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
        self._sql("SELECT pg_reload_conf()")


class SharedRedis(Redis):
    """The Redis of several nodes, with the parts that a fault needs."""

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return Path(self.url.removeprefix("unix://"))

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return self._process.pid if self._process else None


@dataclass(slots=True)
class Servers:
    """Everything that runs. `proxies` stand before the nodes, `bus_proxies` between each node and Redis (none: private)."""

    database_url: str
    nodes: Sequence[Node]
    proxies: Sequence[Proxy]
    bus_proxies: Sequence[Proxy]
    redis: SharedRedis | None
    postgres: SlowPostgres | None
    redis_url: str

    def addresses(self, *, proxied: bool) -> list[Addresses]:
        """Where clients connect."""
        ports = [proxy.port if proxied else node.port for node, proxy in zip(self.nodes, self.proxies, strict=True)]
        return [
            Addresses(node.url, f"ws://127.0.0.1:{port}/live") for node, port in zip(self.nodes, ports, strict=True)
        ]

    def redis_process(self) -> int | None:
        """The process id of Redis, while it runs."""
        if self.redis:
            return self.redis.pid
        return next(iter(self.nodes[0].children()), None)

    @asynccontextmanager
    async def redis_client(self) -> AsyncIterator[RedisClient]:
        """A connection to Redis, past the proxies."""
        client = RedisClient.from_url(self.redis_url, socket_timeout=1.0, socket_connect_timeout=1.0)
        try:
            yield client
        finally:
            await client.aclose()


@asynccontextmanager
async def sqlite_servers(tree: Path = ROOT) -> AsyncIterator[Servers]:
    """Configuration A: SQLite, one node, its private Redis."""
    with tempfile.TemporaryDirectory(prefix="caudal-", ignore_cleanup_errors=True) as name:
        data = Path(name) / "data"
        data.mkdir()
        await asyncio.to_thread(migrate, data)
        node = Node(data, tree)
        url = f"sqlite+aiosqlite:///{data / 'caudal.sqlite3'}"
        async with Proxy(node.port).serving() as proxy:
            try:
                yield Servers(url, [node], [proxy], [], None, None, f"unix://{data / 'bus.sock'}")
            finally:
                node.kill()


@asynccontextmanager
async def postgres_servers(tree: Path = ROOT) -> AsyncIterator[Servers]:
    """Configuration B: PostgreSQL, one Redis, three nodes. Raises AssertionError when either cannot be had."""
    programs, redis_program = find_postgres(), find_redis()
    assert programs and redis_program, "there is no PostgreSQL or no Redis"
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caudal-", ignore_cleanup_errors=True)))
        postgres, redis = SlowPostgres(programs, folder), SharedRedis(redis_program, folder)
        stack.callback(postgres.stop)
        stack.callback(redis.stop)
        postgres.start()
        redis.start()
        url = postgres.create("history")
        await asyncio.to_thread(migrate, folder, DATABASE_URL=url)
        bus = [await stack.enter_async_context(Proxy(redis.socket).serving()) for _ in range(NODES)]
        nodes = [_node(folder / f"node{number}", tree, url, proxy.port) for number, proxy in enumerate(bus)]
        for node in nodes:
            stack.callback(node.kill)
        proxies = [await stack.enter_async_context(Proxy(node.port).serving()) for node in nodes]
        yield Servers(url, nodes, proxies, bus, redis, postgres, redis.url)


def _node(data: Path, tree: Path, database_url: str, bus: int) -> Node:
    data.mkdir()
    return Node(data, tree, DATABASE_URL=database_url, REDIS_URL=f"redis://127.0.0.1:{bus}")


def copy_of_service(folder: Path) -> Path:
    """A copy of the service in `folder`, to be changed."""
    for name in ("server", "web", "caudal"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
