"""Several processes that share one port: started, replaced when they end, ended together.

A worker that dies takes only its own clients along, and the next takes its place. SIGHUP replaces worker after worker;
SIGTERM and SIGINT end all of them, each with a `bye` to its clients, spread by the number of clients of all.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress

import structlog

from server.errors import Unavailable
from server.settings import Settings

START = 60.0  # s for a worker to serve
HUNG = 30.0  # s without a sign of life until a worker is given up; one that was stopped for ten may go on
STOP = 15.0  # s for a worker to end: `bye`, open requests, and some more
LIVED = 10.0  # s; workers that end sooner are replaced more and more slowly
RESTART = (0.1, 5.0)  # s until a worker that ended is replaced: the first time, and at most

log = structlog.get_logger()


async def run_workers(settings: Settings, listener: socket.socket, count: int) -> None:
    """Serves until told to end. Raises Unavailable when no worker can start in the beginning."""
    environ = {**os.environ, "CAUDAL_DATA": str(settings.data), "HOST": settings.host, "PORT": str(settings.port)}
    await _Supervisor(listener, environ).run(count)


class _Worker:
    """A process, seen from its supervisor; `live` is its life. `clients` are those it told of last."""

    def __init__(self) -> None:
        self.clients = 0
        self.leaving: int | None = None
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._line: asyncio.StreamWriter | None = None

    async def live(self, listener: socket.socket, environ: Mapping[str, str]) -> None:
        """Starts the process, and returns after its end."""
        try:
            reader = await self._start(listener, environ)
            if self.leaving is not None:
                self.leave(self.leaving)
            await self._listen(reader)
            await self._end()
        except OSError as error:
            log.error("worker_failed", error=str(error))  # noqa: TRY400  (no memory, no processes left: no traceback helps)
        finally:
            self.kill()
            if self._line:
                self._line.close()
            self.ended.set()

    def leave(self, clients: int) -> None:
        """Asks the process to end; `clients` leave at once in all processes."""
        self.leaving = clients
        if self._line and not self.ended.is_set():
            self._line.write(b"leave %d\n" % clients)
            asyncio.get_running_loop().call_later(STOP, self.kill)

    def kill(self) -> None:
        """Ends the process, if it has not ended."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _start(self, listener: socket.socket, environ: Mapping[str, str]) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:
            handed = (listener.fileno(), theirs.fileno())
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "server.commands.worker", *map(str, handed)),
                stdin=asyncio.subprocess.DEVNULL,
                env=environ,
                pass_fds=handed,
                start_new_session=True,  # a Ctrl-C in the terminal is for the supervisor alone
            )
        reader, self._line = await asyncio.open_unix_connection(sock=ours)
        log.info("worker_started", pid=self._process.pid)
        return reader

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """What the process tells, until it ends or has been silent for too long."""
        try:
            while True:
                async with asyncio.timeout(HUNG if self.ready.is_set() else START):
                    words = (await reader.readline()).split()
                match words:
                    case []:
                        return
                    case [b"ready"]:
                        self.ready.set()
                        log.info("worker_ready", pid=self._process.pid if self._process else None)
                    case [b"clients", number]:
                        self.clients = int(number)
        except TimeoutError:
            log.warning("worker_hung", clients=self.clients)
            self.kill()
        except ConnectionError:
            return  # it was killed while it spoke

    async def _end(self) -> None:
        assert self._process  # noqa: S101  (it was started)
        try:
            async with asyncio.timeout(STOP):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        log.info("worker_ended", pid=self._process.pid, code=self._process.returncode)


class _Supervisor:
    """Keeps workers alive until it is told to end."""

    def __init__(self, listener: socket.socket, environ: Mapping[str, str]) -> None:
        self._listener = listener
        self._environ = environ
        self._count = 0
        self._workers: set[_Worker] = set()
        self._stop = asyncio.Event()
        self._renew = asyncio.Event()
        self._served = self._failed = False
        self._tasks = asyncio.TaskGroup()

    async def run(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._renew.set)
        self._count = count
        async with self._tasks:
            for _ in range(count):
                self._launch()
            renewing = self._tasks.create_task(self._renew_all(), name="workers-renew")
            await self._stop.wait()
            renewing.cancel()
            clients = sum(worker.clients for worker in self._workers)
            for worker in self._workers:
                worker.leave(clients)
        if self._failed:
            raise Unavailable("the service did not start; the lines above say why")

    def _end(self) -> None:
        """A signal to end; the second one is impatience."""
        if self._stop.is_set():
            for worker in self._workers:
                worker.kill()
        self._stop.set()

    def _launch(self, pause: float = RESTART[0]) -> _Worker:
        worker = _Worker()
        self._workers.add(worker)
        self._tasks.create_task(self._keep(worker, pause), name="worker")
        return worker

    async def _keep(self, worker: _Worker, pause: float) -> None:
        """A worker's life, and after an unwanted end that of the next. `pause`: until that one starts."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await worker.live(self._listener, self._environ)
        self._workers.discard(worker)
        self._served |= worker.ready.is_set()
        if worker.leaving is not None or self._stop.is_set():
            return
        if not self._served and not any(other.ready.is_set() for other in self._workers):
            self._failed = True
            self._stop.set()
            return
        log.warning("worker_died", clients=worker.clients)
        pause = RESTART[0] if loop.time() - began > LIVED else pause
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._stop.wait()
            return
        if len(self._workers) < self._count:
            self._launch(min(2 * pause, RESTART[1]))

    async def _renew_all(self) -> None:
        """Replaces worker after worker, whenever asked to; gives up when a new one does not come to serve."""
        while True:
            await self._renew.wait()
            self._renew.clear()
            for old in list(self._workers):
                new = self._launch()
                if not await _becomes_ready(new):
                    new.leave(0)
                    log.error("workers_not_renewed")
                    break
                old.leave(old.clients)
                await old.ended.wait()


async def _becomes_ready(worker: _Worker) -> bool:
    both = [asyncio.create_task(event.wait()) for event in (worker.ready, worker.ended)]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
    return worker.ready.is_set()
