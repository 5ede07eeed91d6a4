"""The service itself, as its operator runs it: `python -m server serve` in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.servers.processes import PATIENCE, end, spawn, wait_until

ROOT = Path(__file__).parents[2]
ANSWER = 5.0  # s for one answer while it starts


def run_caudal(*arguments: str | Path, data: Path, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs one command of `caudal` to its end on the data directory `data`, with `typed` as its standard input.

    Nothing of the outer environment counts.
    """
    command = [sys.executable, "-m", "server", *(str(argument) for argument in arguments)]
    return subprocess.run(
        command,
        env=_environ(data, environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        input=typed,
    )


def migrate(data: Path, **environ: str) -> None:
    """Brings the database of `data` (or of `DATABASE_URL`) to the newest schema."""
    done = run_caudal("migrate", data=data, **environ)
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Caudal:
    """One node of a portal. It keeps its port, its data and its log over restarts; `environ` are its settings."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"caudal-{self.port}.log"
        self._environ = _environ(data, environ)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id, while it runs."""
        assert self._process, "the service does not run"
        return self._process.pid

    @property
    def output(self) -> str:
        """Everything it has printed so far, over all its starts."""
        return self.log.read_text() if self.log.exists() else ""

    def start(self, *options: str) -> None:
        """Returns when it answers HTTP. `options` are further ones of `caudal serve`."""
        command = [sys.executable, "-m", "server", "serve", "--port", str(self.port), *options]
        self._process = spawn(command, self.log, environ=self._environ)
        wait_until(self._answers, "the service answers")

    def stop(self) -> None:
        """Asks it to end, as an operator does (SIGTERM)."""
        self._end(signal.SIGTERM)

    def interrupt(self) -> int:
        """Presses Ctrl-C. Returns the exit code."""
        assert self._process, "the service does not run"
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        """Ends it without a warning (SIGKILL), and whatever it had started."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """`stop`, then `start`."""
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            end(self._process, how)
            self._process = None

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self.output
        client = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER)
        try:
            client.request("GET", "/api/v1/me")
            client.getresponse().read()
        except (OSError, HTTPException):
            return False
        else:
            return True
        finally:
            client.close()


def _environ(data: Path, given: dict[str, str]) -> dict[str, str]:
    """Only what a process needs to run at all, and the settings of the test."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
    }
    return kept | {"CAUDAL_DATA": str(data), "PYTHONWARNINGS": "default"} | given
