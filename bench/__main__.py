"""`make bench`: runs every benchmark and prints its tables. A few minutes; `--quick` takes one and proves nothing."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import delivery, imports
from bench.company import SECRET, Company, found
from bench.crowd import gather
from bench.delivery import Delivery, Node
from bench.machine import describe
from server.domain.words import RecordId
from tests.servers.caudal import Caudal, free_port, migrate
from tests.servers.postgres import Postgres, find_postgres
from tests.servers.processes import end, spawn, wait_until

ALONE = "-"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. `rates` in posts/s; None: as many as it takes."""

    opportunities: int
    seconds: float
    crowds: tuple[int, ...]
    rates: tuple[float | None, ...]


FULL = Extent(imports.OPPORTUNITIES, 5.0, (100, 1_000), (20.0, 100.0, None))
QUICK = Extent(880, 1.5, (100,), (20.0, None))

out = Console(width=132, highlight=False)


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look at whether it runs at all")
    extent = QUICK if parser.parse_args().quick else FULL
    out.print(describe(), end="\n\n")
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="caudal-bench-", ignore_cleanup_errors=True))
        )
        backends = list(_backends(stack, folder))
        _imports(extent, backends, folder)
        _deliveries(extent, backends, folder)


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


def _backends(stack: ExitStack, folder: Path) -> Iterator[Backend]:
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


def _imports(extent: Extent, backends: list[Backend], folder: Path) -> None:
    made = folder / "files"
    made.mkdir()
    imports.write_files(made, extent.opportunities)
    given = imports.given_folder()
    table = _table("Import", "files", "database", "rows", "seconds", "rows/s", "again, s", "left out")
    for backend in backends:
        for what, source in (("made up", made), (str(given), given)):
            if source:
                done = imports.measure(backend.database()[2], source, what)
                rate = f"{done.rows / done.seconds:,.0f}"
                table.add_row(
                    done.what,
                    backend.name,
                    f"{done.rows:,}",
                    f"{done.seconds:.1f}",
                    rate,
                    f"{done.again:.1f}",
                    f"{done.left_out}",
                )
    out.print(table)


def _deliveries(extent: Extent, backends: list[Backend], folder: Path) -> None:
    columns = (
        "clients",
        "reach",
        "offered/s",
        "posts/s",
        "deliveries/s",
        "p50 ms",
        "p99 ms",
        "answer p50",
        "p99",
        "CPU",
        "lost",
    )
    table = _table("Posts over HTTP, delivered to sockets", "service", *columns)
    frame = 0

    def told(row: Delivery) -> None:
        nonlocal frame
        frame = max(frame, row.frame)
        offered = f"{row.offered:.0f}" if row.offered else "all"
        delays = (f"{value:,.1f}" for value in (row.p50, row.p99, row.answer_p50, row.answer_p99))
        reach = (f"{row.clients:,}", f"{row.percent} %", offered, f"{row.posts:,.0f}", f"{row.deliveries:,.0f}")
        table.add_row(row.name, *reach, *delays, f"{row.cpu:.0%}", str(row.lost))
        out.print(".", end="")

    for backend in backends:
        for crowd in extent.crowds:
            with _portal(backend, crowd) as node:
                delivery.warm_up(node)
                posted = delivery.alone(node, extent.seconds)
                answers = (f"{posted.answer_p50:.1f}", f"{posted.answer_p99:.1f}")
                table.add_row(
                    backend.name, "0", ALONE, "all", f"{posted.rate:,.0f}", *[ALONE] * 3, *answers, ALONE, ALONE
                )
                with gather(node.port, node.company.tokens) as clients:
                    delivery.series(node, clients, extent.seconds, extent.rates, told)
            table.add_section()
    for crowd in extent.crowds:
        with _baseline(folder, crowd, frame) as node, gather(node.port, node.company.tokens) as clients:
            for rate in extent.rates:
                told(delivery.measure(node, clients, 100, extent.seconds, rate))
    out.print()
    out.print(table)
    out.print(
        f"p50, p99: from the event's `at` (its transaction's beginning) to the client. Frames of {frame:,} bytes."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


@contextmanager
def _portal(backend: Backend, people: int) -> Iterator[Node]:
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
def _baseline(folder: Path, people: int, frame: int) -> Iterator[Node]:
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


if __name__ == "__main__":
    main()
