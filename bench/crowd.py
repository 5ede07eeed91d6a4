"""The remote control of `bench.clients`: a crowd of connected clients in another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, cast

import msgspec

from bench.clients import Tally

GOODBYE = 10.0  # s until a crowd that does not leave is ended


class Crowd:
    """Connected clients."""

    def __init__(self, commands: IO[str], answers: IO[str]) -> None:
        self._commands, self._answers = commands, answers

    def start(self) -> None:
        """Forgets what was counted so far."""
        answer = self._ask("start")
        assert answer == "started", answer

    def wait(self, events: int, patience: float) -> Tally:
        """What came, as soon as it is `events` or `patience` seconds are over."""
        return msgspec.json.decode(self._ask(f"wait {events} {patience}"), type=Tally)

    def _ask(self, command: str) -> str:
        print(command, file=self._commands, flush=True)
        return self._answers.readline().strip()


@contextmanager
def gather(port: int, tokens: Sequence[str], channel: str = "mine") -> Iterator[Crowd]:
    """One client per token, all subscribed to `channel`."""
    command = [sys.executable, "-m", "bench.clients", str(port), channel]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    commands, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    try:
        print(*tokens, "", sep="\n", file=commands, flush=True)
        ready = answers.readline().strip()
        assert ready == "ready", "the clients could not connect"
        yield Crowd(commands, answers)
    finally:
        commands.close()
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        answers.close()
