"""One server with one crowd: its memory while idle, its cost when paced, its speed in a burst."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.fanout.contenders import Contender, Place
from bench.fanout.crowd import Crowd, Tally, gather
from bench.fanout.publishing import Publisher, pace, publisher, stamp, subscribers
from bench.machine import resident_bytes
from tests.servers.caudal import free_port
from tests.servers.processes import end, spawn, wait_until

PACE = 100_000  # deliveries/s
EVENTS_MAX = 2_000  # events/s, where few clients are reached
BURST_MAX = 10_000  # events of a burst, likewise
WARM = 20  # clients that come and go first: what is loaded at the first use is no client's memory
PATIENCE = 20.0  # s for what was published to arrive
SETTLE = 0.3  # s
SERVER_CORE, LOAD_CORE = 0, 1
T = TypeVar("T", int, float)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is published. `burst` deliveries to a server that joins what it writes; a fifth of it to others."""

    seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Row:
    """What came of it. Delays in milliseconds, None where they cannot be seen; `cost` in µs of processor per delivery."""

    burst: float
    burst_cost: float
    paced: float
    cost: float
    share: float
    """Of the core, while paced."""
    p50: float | None
    p99: float | None
    p999: float | None
    memory: float
    """Bytes per idle client, the kernel's not counted."""
    frame: float
    """Bytes of an event as it arrives."""
    lost: float


def measure(contender: Contender, clients: int, load: Load, redis: int, folder: Path) -> Row:
    """Starts the server, connects the crowd, publishes, and ends both. Raises Missing when it cannot be had."""
    with _running(contender, redis, folder) as (pid, port):
        with gather(folder, port, contender.talk, WARM, LOAD_CORE) as crowd:
            crowd.idle(SETTLE)
        time.sleep(SETTLE)
        empty = _sum(resident_bytes, pid)
        with (
            gather(folder, port, contender.talk, clients, LOAD_CORE) as crowd,
            publisher(redis, port, contender.channel) as to,
        ):
            crowd.idle(SETTLE)
            memory = (_sum(resident_bytes, pid) - empty) / clients
            return _Run(contender, clients, crowd, to, pid).row(load, memory)


@dataclass(frozen=True, slots=True)
class _Phase:
    """What came of some events. `begin`: when the first was published; `used`: seconds of processor."""

    expected: int
    begin: int
    used: float
    came: Tally

    @property
    def seconds(self) -> float:
        """From the first event's publishing to the last arrival."""
        return max((self.came.last - self.begin) / 1e9, 1e-9)

    @property
    def rate(self) -> float:
        """Deliveries/s."""
        return self.came.total / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of processor per delivery."""
        return self.used * 1e6 / max(self.came.total, 1)


class _Run:
    """A server and its crowd, and how far its positions are."""

    def __init__(self, contender: Contender, clients: int, crowd: Crowd, to: Publisher, pid: int) -> None:
        self._contender = contender
        self._clients = clients
        self._reached = clients // contender.reach
        self._crowd = crowd
        self._to = to
        self._cpu = partial(_sum, _cpu_seconds, pid)
        self._position = 0

    def row(self, load: Load, memory: float) -> Row:
        paced, burst = self._paced(load.seconds), self._burst(load.burst)
        came = paced.came
        delays = [delay / 1000 if came.samples else None for delay in (came.p50, came.p99, came.p999)]
        return Row(
            burst=burst.rate,
            burst_cost=burst.cost,
            paced=paced.rate,
            cost=paced.cost,
            share=paced.used / paced.seconds,
            p50=delays[0],
            p99=delays[1],
            p999=delays[2],
            memory=memory,
            frame=burst.came.bytes / max(burst.came.total, 1),
            lost=sum(phase.expected - phase.came.total for phase in (paced, burst)),
        )

    def _paced(self, seconds: float) -> _Phase:
        rate = min(EVENTS_MAX, PACE / self._reached)
        count = max(1, round(rate * seconds))
        return self._measure(count, lambda: pace(self._to, self._letter, rate, count), delays=self._contender.delays)

    def _burst(self, deliveries: int) -> _Phase:
        wanted = deliveries // (1 if self._contender.joins else 5) // self._reached
        count = min(BURST_MAX, max(1, wanted))
        letters = [self._letter(stamp(0)) for _ in range(count)]
        return self._measure(count, lambda: self._to.publish(letters), delays=False)

    def _measure(self, count: int, publish: Callable[[], None], *, delays: bool) -> _Phase:
        expected = count * self._reached
        self._crowd.start(delays=delays)
        used, begin = self._cpu(), time.time_ns()
        publish()
        came = self._crowd.wait(expected, PATIENCE)
        return _Phase(expected, begin, self._cpu() - used, came)

    def _letter(self, moment: str) -> bytes:
        self._position += 1
        return self._contender.letter(self._position, moment, self._clients)


@contextmanager
def _running(contender: Contender, redis: int, folder: Path) -> Iterator[tuple[int, int]]:
    """The server on a core of its own: its process and its port."""
    place = Place(free_port(), redis, folder)
    pinned = ["env", "-C", str(contender.folder), "taskset", "-c", str(SERVER_CORE), *contender.command(place)]
    log = folder / "server.log"
    process = spawn(pinned, log)
    try:
        wait_until(lambda: _ready(contender, process, place), f"{contender.name} is ready ({log})")
        yield process.pid, place.port
    finally:
        end(process, signal.SIGKILL)


def _ready(contender: Contender, process: subprocess.Popen[bytes], place: Place) -> bool:
    assert process.poll() is None, (place.folder / "server.log").read_text()
    if contender.channel is not None and not subscribers(place.redis, contender.channel):
        return False
    try:
        with socket.create_connection(("127.0.0.1", place.port), timeout=1):
            return True
    except OSError:
        return False


def _sum(measured: Callable[[int], T], pid: int) -> T:
    """Of a process and its children: nginx works in one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum((measured(int(child)) for child in children), measured(pid))


def _cpu_seconds(pid: int) -> float:
    """Processor time of all threads so far, in nanosecond steps: /proc/<pid>/stat has steps of 10 ms, a burst a few of them."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
