"""What is measured, running: databases, nodes of the service with a company, and the app to compare with."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.company import SECRET, Company, found
from bench.delivery import Node
from server.domain.words import RecordId
from tests.servers.caudal import Caudal, free_port, migrate
from tests.servers.postgres import Postgres, find_postgres
from tests.servers.processes import end, spawn, wait_until


class Backend:
    """A database server that makes migrated, empty databases."""

    def __init__(self, name: str, folder: Path, postgres: Postgres | None) -> None:
        self.name = name
        self._folder = folder
        self._postgres = postgres
        self._count = 0

    def database(self) -> tuple[Path, dict[str, str], str]:
        """A data directory of its own, what the service needs to be told, and the database's address."""
        self._count += 1
        data = self._folder / f"{self.name}-{self._count}"
        data.mkdir()
        environ = {"CAUDAL_SECRET": SECRET, "LOG_LEVEL": "warning"}
        url = f"sqlite+aiosqlite:///{data / 'caudal.sqlite3'}"
        if self._postgres:
            url = self._postgres.create(f"bench_{self._count}")
            environ["DATABASE_URL"] = url
        migrate(data, **environ)
        return data, environ, url


def backends(stack: ExitStack, folder: Path) -> Iterator[Backend]:
    """SQLite, and PostgreSQL where there is one; ended with `stack`."""
    yield Backend("SQLite", folder, None)
    if programs := find_postgres():
        home = folder / "server"
        home.mkdir()
        folder.chmod(0o755)
        postgres = Postgres(programs, home)
        stack.callback(postgres.stop)
        postgres.start()
        yield Backend("PostgreSQL", folder, postgres)
    else:
        print("There is no PostgreSQL here: SQLite only.", file=sys.stderr)


@contextmanager
def portal(backend: Backend, people: int) -> Iterator[Node]:
    """A running service with a company of so many people."""
    data, environ, url = backend.database()
    company = found(url, people)
    node = Caudal(data, **environ)
    try:
        node.start()
        yield Node(backend.name, node.port, node.pid, company)
    finally:
        node.stop()
    shutil.rmtree(data, ignore_errors=True)


@contextmanager
def baseline(folder: Path, people: int, frame: int) -> Iterator[Node]:
    """The app to compare with, its frames as large as ours."""
    port = free_port()
    command = [sys.executable, "-m", "bench.baseline", str(port), str(frame)]
    process = spawn(command, folder / "baseline.log")
    try:
        wait_until(lambda: _answers(port), "the baseline answers")
        yield Node("send_text", port, process.pid, Company(people, ("-",) * people, ("-",), {100: RecordId(1)}))
    finally:
        end(process)


def _answers(port: int) -> bool:
    client = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        client.request("GET", "/api/v1/me")
        return client.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        client.close()
