"""The remote control of `bench.clients`: a crowd of connected clients in another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from bench.clients import Tally

GOODBYE = 10.0  # s until a crowd that does not leave is ended


class Crowd:
    """Connected clients."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self) -> None:
        """Forgets what was counted so far."""
        answer = self._ask("start")
        assert answer == "started", answer

    def wait(self, events: int, patience: float) -> Tally:
        """What came, as soon as it is `events` or `patience` seconds are over."""
        return msgspec.json.decode(self._ask(f"wait {events} {patience}"), type=Tally)

    def _ask(self, command: str) -> str:
        assert self._process.stdin and self._process.stdout
        print(command, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()


@contextmanager
def gather(port: int, tokens: Sequence[str], channel: str = "mine") -> Iterator[Crowd]:
    """One client per token, all subscribed to `channel`."""
    command = [sys.executable, "-m", "bench.clients", str(port), channel]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    try:
        print(*tokens, "", sep="\n", file=process.stdin, flush=True)
        ready = process.stdout.readline().strip()
        assert ready == "ready", "the clients could not connect"
        yield Crowd(process)
    finally:
        process.stdin.close()
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
