"""`python -m bench failover`: one of three nodes is killed under thousands of clients, while people go on posting.

What is to be seen: all clients are back on the other nodes within seconds, none missed or doubled an entry, and the
database was not asked once per client.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from bench.company import SECRET, Company, found
from bench.posting import load
from bench.wanderers import Report
from tests.servers.caudal import Caudal, migrate
from tests.servers.postgres import Postgres, find_postgres
from tests.servers.redis import Redis, find_redis

CLIENTS, QUICK = 3_000, 300
SCREENS = 3  # of one person
RATE = 4.0  # posts/s all the while
CALM, AFTER = 4.0, 6.0  # s of posting before the node is killed, and after
PATIENCE = 60.0  # s


class Wanderers:
    """The remote control of `bench.wanderers`."""

    def __init__(self, ports: list[int], tokens: list[str]) -> None:
        command = [sys.executable, "-m", "bench.wanderers", ",".join(map(str, ports))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(*tokens, "")
        answer = self._listen()
        assert answer == "ready", answer

    def ask(self, command: str) -> Report:
        """One command, and how things are then."""
        self._say(command)
        return msgspec.json.decode(self._listen(), type=Report)

    def leave(self) -> None:
        """Ends them all."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _say(self, *lines: str) -> None:
        assert self._process.stdin
        print(*lines, sep="\n", file=self._process.stdin, flush=True)

    def _listen(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def main(clients: int = CLIENTS) -> None:
    """Kills the node and prints what became of its clients."""
    out = Console(width=132, highlight=False)
    programs, redis = find_postgres(), find_redis()
    if programs is None or redis is None:
        out.print("Failover needs PostgreSQL and a Redis-compatible server: not measured.")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caudal-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        nodes, postgres, company = _start(stack, folder, Postgres(programs, folder), Redis(redis, folder), clients)
        tokens = [token for token in company.tokens for _ in range(SCREENS)][:clients]
        wanderers = Wanderers([node.port for node in nodes], tokens)
        stack.callback(wanderers.leave)
        _measure(out, nodes, postgres, company, wanderers)


def _start(
    stack: ExitStack, folder: Path, postgres: Postgres, redis: Redis, clients: int
) -> tuple[list[Caudal], Postgres, Company]:
    stack.callback(postgres.stop)
    postgres.start()
    stack.callback(redis.stop)
    redis.start()
    url = postgres.create("failover")
    environ = {"DATABASE_URL": url, "REDIS_URL": redis.url, "CAUDAL_SECRET": SECRET, "LOG_LEVEL": "warning"}
    homes = [folder / f"node-{number}" for number in range(3)]
    for home in homes:
        home.mkdir()
    migrate(homes[0], **environ)
    company = found(url, -(-clients // SCREENS))
    nodes = [Caudal(home, **environ) for home in homes]
    for node in nodes:
        stack.callback(node.stop)
        node.start()
    return nodes, postgres, company


def _measure(out: Console, nodes: list[Caudal], postgres: Postgres, company: Company, wanderers: Wanderers) -> None:
    calm, storm = _Seconds(postgres), _Seconds(postgres)
    with _posting(nodes[1].port, company) as posted:
        with calm.counted():
            time.sleep(CALM)
        before = wanderers.ask("lost")
        with storm.counted():
            nodes[0].kill()
            begin = time.monotonic()
            back = wanderers.ask(f"back {PATIENCE}")
            took = time.monotonic() - begin
    end = wanderers.ask(f"have {sum(posted)} {PATIENCE}")
    out.print(
        f"[bold]{before.connected:,} clients on one of three nodes, which is killed (-9), {RATE:g} posts/s all the while[/bold]"
    )
    out.print(f"back on the other nodes: {back.connected:,} of {before.connected:,} after {took:.1f} s")
    out.print(
        f"away: p50 {end.away_p50:.1f} s, longest {end.away_longest:.1f} s (the first wait is up to 1 s, at random)"
    )
    out.print(f"attempts {back.attempts:,}, of which told to come back later: {back.refused:,}")
    out.print(
        f"entries posted {sum(posted)}; every client has {end.entries_min} to {end.entries_max}; "
        f"doubled {end.doubled}, disordered {end.disordered}, resets {end.resets}"
    )
    out.print(
        f"statements: {calm.rate:,.0f}/s while all was calm, {storm.rate:,.0f}/s while they came back "
        f"({(storm.rate - calm.rate) * storm.seconds / max(back.connected, 1):.2f} more per client)"
    )


@contextmanager
def _posting(port: int, company: Company) -> Iterator[list[int]]:
    """Posts to one node until the end of the block and some seconds longer; the list holds how many, then."""
    posted: list[int] = []
    done = threading.Event()

    def post() -> None:
        while not done.is_set():
            posted.append(load(port, company.authors, company.deals[100], 1.0, RATE).posts)

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield posted
        time.sleep(AFTER)
    finally:
        done.set()
        thread.join()


class _Seconds:
    """Statements of all nodes at the database, counted from its log for a while."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.statements = 0
        self.seconds = 0.0

    @property
    def rate(self) -> float:
        """Statements a second."""
        return self.statements / max(self.seconds, 1e-9)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts what is asked inside the block."""
        self._postgres.set("log_statement", "all")
        before, begin = self._postgres.statements(), time.monotonic()
        yield
        self.seconds = time.monotonic() - begin
        self.statements = self._postgres.statements() - before
        self._postgres.set("log_statement", "none")


if __name__ == "__main__":
    main()
