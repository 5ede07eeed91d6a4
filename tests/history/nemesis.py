"""What is done to a portal while it works: one fault after the other, by chance but from a seed, each noted.

Not here: a clock that jumps. It would need libfaketime, or the right to set the machine's clock.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from tests.history.frames import now
from tests.history.journal import Fault
from tests.history.portal import Founder
from tests.history.servers import Servers

BREATH = (0.3, 1.0)  # s between two faults


@dataclass(slots=True)
class Nemesis:
    """Does faults until cancelled, and heals the one it was doing. `length`: seconds that a fault lasts, at most."""

    servers: Servers
    founder: Founder
    chance: random.Random
    length: float
    faults: list[Fault] = field(default_factory=list)

    async def run(self) -> None:
        """All faults in a random order, again and again."""
        while True:
            deck = list(self._known().items())
            self.chance.shuffle(deck)
            for name, fault in deck:
                began = now()
                try:
                    await fault(self.chance.uniform(self.length / 3, self.length))
                except (OSError, RedisError):
                    continue  # it hit upon what another fault had left behind, and did nothing
                finally:
                    self.faults.append(Fault(name, began, now()))
                await asyncio.sleep(self.chance.uniform(*BREATH))

    def _known(self) -> Mapping[str, Callable[[float], Awaitable[None]]]:
        faults: dict[str, Callable[[float], Awaitable[None]]] = {
            "kill a node": self._kill_node,
            "stop a node": self._stop_node,
            "kill Redis": self._kill_redis,
            "stop Redis": self._stop_redis,
            "FLUSHALL": self._command("FLUSHALL"),
            "CLIENT KILL pubsub": self._command("CLIENT", "KILL", "TYPE", "pubsub"),
            "CLIENT PAUSE": self._command("CLIENT", "PAUSE", "1500", "ALL"),
            "1 kB output buffer": self._narrow_buffer,
            "cut clients": self._cut,
            "half-open clients": self._freeze,
            "one byte a second": self._trickle,
            "hold back a commit": self._hold_back,
        }
        if self.servers.bus_proxies:
            faults |= {"cut a node's bus": self._cut_bus, "half-open bus": self._freeze_bus}
        if self.servers.postgres:
            faults["hold back all commits"] = self._hold_back_all
        return faults

    async def _kill_node(self, seconds: float) -> None:
        node = self.chance.choice(self.servers.nodes)
        node.kill()
        await asyncio.sleep(seconds / 4)
        node.start()
        await node.answering()

    async def _stop_node(self, seconds: float) -> None:
        node = self.chance.choice(self.servers.nodes)
        node.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            node.signal(signal.SIGCONT)

    async def _kill_redis(self, seconds: float) -> None:
        if (pid := self.servers.redis_process()) is not None:
            os.kill(pid, signal.SIGKILL)
        if self.servers.redis is None:
            return  # the service starts it again by itself
        try:
            await asyncio.sleep(seconds)
        finally:
            self.servers.redis.stop()
            self.servers.redis.start()

    async def _stop_redis(self, seconds: float) -> None:
        pid = self.servers.redis_process()
        if pid is None:
            return
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _command(self, *words: str) -> Callable[[float], Awaitable[None]]:
        async def run(_: float) -> None:
            async with self.servers.redis_client() as redis:
                await redis.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py's own

        return run

    async def _narrow_buffer(self, seconds: float) -> None:
        setting = "client-output-buffer-limit"
        async with self.servers.redis_client() as redis:
            await redis.config_set(setting, "pubsub 1kb 1kb 1")
        try:
            await asyncio.sleep(seconds)
        finally:
            async with self.servers.redis_client() as redis:
                await redis.config_set(setting, "pubsub 32mb 8mb 60")

    async def _cut(self, _: float) -> None:
        for proxy in self.servers.proxies:
            proxy.cut()

    async def _freeze(self, seconds: float) -> None:
        proxy = self.chance.choice(self.servers.proxies)
        proxy.freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.thaw()

    async def _trickle(self, seconds: float) -> None:
        proxy = self.chance.choice(self.servers.proxies)
        proxy.trickling = True
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.trickling = False

    async def _cut_bus(self, _: float) -> None:
        self.chance.choice(self.servers.bus_proxies).cut()

    async def _freeze_bus(self, seconds: float) -> None:
        proxy = self.chance.choice(self.servers.bus_proxies)
        proxy.freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.thaw()

    async def _hold_back(self, seconds: float) -> None:
        await self.founder.hold_back(seconds)

    async def _hold_back_all(self, seconds: float) -> None:
        assert self.servers.postgres
        await asyncio.to_thread(self.servers.postgres.hold_commits)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.servers.postgres.let_commits_go()
