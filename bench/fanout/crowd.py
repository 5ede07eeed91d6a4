"""Many WebSocket clients, in the load client's process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from bench.fanout.contenders import Talk
from bench.fanout.tools import compiled

LEAST = 64  # bytes of what counts as an event; replies and checkpoints are smaller


class Tally(msgspec.Struct):
    """What came since `start`. `first` and `last` in nanoseconds since 1970, delays in microseconds."""

    total: int
    bytes: int
    fewest: int
    most: int
    closed: int
    first: int
    last: int
    samples: int
    p50: int
    p99: int
    p999: int
    longest: int


class Crowd:
    """Connected clients."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def start(self, *, delays: bool) -> None:
        """Forgets what came."""
        self._ask(f"start {int(delays)}")

    def wait(self, count: int, patience: float) -> Tally:
        """Until so many events came, or `patience` seconds have passed."""
        return msgspec.json.decode(self._ask(f"wait {count} {patience}"), type=Tally)

    def idle(self, seconds: float) -> None:
        """Lets time pass; clients answer pings."""
        self._ask(f"idle {seconds}")

    def _ask(self, line: str) -> bytes:
        into = cast("IO[bytes]", self._process.stdin)
        into.write(line.encode() + b"\n")
        into.flush()
        return self.answer()

    def answer(self) -> bytes:
        """The next line."""
        line = cast("IO[bytes]", self._process.stdout).readline()
        assert line, "the load client has ended; its reason is above"
        return line


@contextmanager
def gather(folder: Path, port: int, talk: Talk, clients: int, core: int) -> Iterator[Crowd]:
    """So many clients, all connected and ready."""
    requests, firsts = folder / "requests", folder / "firsts"
    _write(requests, (talk.request(number) for number in range(clients)))
    _write(firsts, (talk.first(number) for number in range(clients)))
    command = [compiled("load"), port, clients, requests, firsts, talk.greetings, LEAST]
    pinned = ["taskset", "-c", str(core), *map(str, command)]
    process = subprocess.Popen(pinned, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        crowd = Crowd(process)
        crowd.answer()
        yield crowd
    finally:
        process.kill()
        process.communicate()


def _write(path: Path, blobs: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(len(blob).to_bytes(4, "big") + blob for blob in blobs))
