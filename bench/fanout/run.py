"""`make bench ARGS=fanout`: rounds in which every server has its turn, and the median of them. `--quick`: one, under a minute."""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec
from rich.console import Console

from bench.fanout.contenders import Contender, field
from bench.fanout.measuring import LOAD_CORE, Load, Row, measure
from bench.fanout.report import print_table
from bench.fanout.tools import Missing
from bench.machine import describe
from server.live.private import find_program
from tests.servers.caudal import free_port
from tests.servers.processes import NotYet, end, spawn, wait_until

OPEN_FILES = 10_000 + 500  # sockets of the largest crowd, on each side
ANSWER = 64  # bytes

out = Console(width=150, highlight=False)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    crowds: tuple[int, ...]
    rounds: int
    load: Load


FULL = Extent((100, 1_000, 10_000), 3, Load(2.0, 1_000_000))
QUICK = Extent((1_000,), 1, Load(1.0, 400_000))


def main(arguments: Sequence[str]) -> None:
    """Everything, or what `--only` names."""
    parser = argparse.ArgumentParser(prog="python -m bench fanout", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look at whether it runs at all")
    parser.add_argument("--only", action="append", metavar="NAME", help="servers whose name contains this; repeatable")
    parser.add_argument("--clients", action="append", type=int, metavar="N", help="the size of a crowd; repeatable")
    parser.add_argument("--rounds", type=int, help="how often each server has its turn")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="another checkout of Caudal, to compare with")
    given = parser.parse_args(arguments)
    extent = QUICK if given.quick else FULL
    crowds = tuple(given.clients or extent.crowds)
    chosen = [each for each in field(given.before) if not given.only or any(part in each.name for part in given.only)]
    _check_machine()
    out.print(describe(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="caudal-fanout-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        for clients in crowds:
            rows = _rounds(chosen, clients, extent.load, given.rounds or extent.rounds, Path(folder))
            print_table(out, clients, chosen, rows)


def _rounds(
    chosen: Sequence[Contender], clients: int, load: Load, rounds: int, folder: Path
) -> dict[str, Row | Missing]:
    """Each server's median row. Rounds are interleaved, so that what else the machine does meets all of them."""
    found: dict[str, list[Row]] = {each.name: [] for each in chosen}
    missing: dict[str, Missing] = {}
    for _ in range(rounds):
        for each in chosen:
            if each.name in missing:
                continue
            try:
                with tempfile.TemporaryDirectory(dir=folder) as home, _redis(Path(home)) as redis:
                    found[each.name].append(measure(each, clients, load, redis, Path(home)))
            except Missing as reason:
                missing[each.name] = reason
            except (NotYet, AssertionError) as reason:
                missing[each.name] = Missing(f"failed: {str(reason).strip().splitlines()[-1]}")
            out.print(".", end="")
    out.print()
    return {**missing, **{name: _median(rows) for name, rows in found.items() if rows and name not in missing}}


def _median(rows: Sequence[Row]) -> Row:
    middle = {
        column.name: None if None in values else statistics.median(values)
        for column in fields(Row)
        if (values := [getattr(row, column.name) for row in rows])
    }
    return msgspec.convert(middle, Row)


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    """A Redis-compatible server that drops no subscriber, on the core of the load; its port."""
    port = free_port()
    options = ("--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder))
    limits = ("--client-output-buffer-limit", "pubsub 0 0 0")
    process = spawn(["taskset", "-c", str(LOAD_CORE), find_program(), *options, *limits], folder / "redis.log")
    try:
        wait_until(lambda: _listens(port), "Redis listens")
        yield port
    finally:
        end(process)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(ANSWER).startswith(b"+PONG")
    except OSError:
        return False


def _check_machine() -> None:
    """Raises SystemExit where the comparison cannot be made."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) <= LOAD_CORE:
        raise SystemExit("this comparison needs Linux and two cores: one for a server, one for its load")
    os.sched_setaffinity(0, {LOAD_CORE})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        raise SystemExit(f"this comparison needs {OPEN_FILES} open files, and the limit is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, OPEN_FILES), hard))
