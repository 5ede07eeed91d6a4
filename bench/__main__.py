"""`make bench`: runs every benchmark and prints its tables. `ARGS=fanout`: one event to many sockets alone, beside other
servers; `ARGS=failover`: a node that is killed under thousands of clients. A quarter of an hour; `--quick` takes two
minutes and proves nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import delivery, failover, imports
from bench.crowd import gather
from bench.delivery import Delivery
from bench.fanout import run as fanout
from bench.machine import describe
from bench.services import Backend, backends, baseline, portal

ALONE = "-"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. `rates` in posts/s; None: as many as it takes."""

    opportunities: int
    seconds: float
    crowds: tuple[int, ...]
    rates: tuple[float | None, ...]


FULL = Extent(imports.OPPORTUNITIES, 4.0, (100, 1_000), (20.0, 100.0, None))
QUICK = Extent(880, 1.5, (100,), (20.0, None))

out = Console(width=132, highlight=False)


def main() -> None:
    """Everything, or one part alone."""
    if sys.argv[1:2] == ["fanout"]:
        fanout.main(sys.argv[2:])
        return
    if sys.argv[1:2] == ["failover"]:
        failover.main()
        return
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look at whether it runs at all")
    extent = QUICK if parser.parse_args().quick else FULL
    out.print(describe(), end="\n\n")
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="caudal-bench-", ignore_cleanup_errors=True))
        )
        databases = list(backends(stack, folder))
        _imports(extent, databases, folder)
        _deliveries(extent, databases, folder)
    failover.main(failover.QUICK if extent is QUICK else failover.CLIENTS)
    fanout.main(sys.argv[1:])


def _imports(extent: Extent, databases: list[Backend], folder: Path) -> None:
    made = folder / "files"
    made.mkdir()
    imports.write_files(made, extent.opportunities)
    given = imports.given_folder()
    table = _table("Import", "files", "database", "rows", "seconds", "rows/s", "again, s", "left out")
    for backend in databases:
        for what, source in (("made up", made), ("BENCH_DATA", given)):
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


def _deliveries(extent: Extent, databases: list[Backend], folder: Path) -> None:
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
        "µs each",
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
        table.add_row(row.name, *reach, *delays, f"{row.cpu:.0%}", f"{row.cost:,.0f}", str(row.lost))
        out.print(".", end="")

    for backend in databases:
        for crowd in extent.crowds:
            with portal(backend, crowd) as node:
                delivery.warm_up(node)
                posted = delivery.alone(node, extent.seconds)
                answers = (f"{posted.answer_p50:.1f}", f"{posted.answer_p99:.1f}")
                table.add_row(
                    backend.name, "0", ALONE, "all", f"{posted.rate:,.0f}", *[ALONE] * 3, *answers, *[ALONE] * 3
                )
                with gather(node.port, node.company.tokens) as clients:
                    delivery.series(node, clients, extent.seconds, extent.rates, told)
            table.add_section()
    for crowd in extent.crowds:
        with baseline(folder, crowd, frame) as node, gather(node.port, node.company.tokens) as clients:
            for rate in extent.rates:
                told(delivery.measure(node, clients, 100, extent.seconds, rate))
    out.print()
    out.print(table)
    out.print(
        f"p50, p99: from the event's `at` (just before its commit) to the client · answer: of the HTTP request · CPU, "
        f"µs each: the service's process, per delivery · frames of up to {frame:,} bytes · send_text: the usual fan-out"
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


if __name__ == "__main__":
    main()
