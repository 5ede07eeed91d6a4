"""Which server carries the bus just now: the only one, the master that the Sentinels name, or the owner of a Cluster's slot.

Where a server is gone, it is asked for anew; nothing is remembered but where to ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from redis.crc import key_slot
from redis.exceptions import RedisError

from server.live.connections import Answer, connected
from server.live.redis_urls import Host, Layout, RedisUrl

ASK = 0.5  # s for one Sentinel or node to say where the server is; then the next is asked


class NotFoundError(RedisError):
    """Nobody could say where the server is."""


class Finder(Protocol):
    """Finds the server of a bus."""

    publish: str
    """The command that publishes there."""
    subscribe: str
    moves: bool
    """Whether the server can become another one while this one lives on."""

    async def find(self) -> str:
        """The URL of the server as of now. Raises RedisError when that cannot be said."""


def finder(url: RedisUrl, name: str) -> Finder:
    """A finder of the server of the channel `name`."""
    match url.layout:
        case Layout.SINGLE:
            return _Single(url)
        case Layout.SENTINEL:
            return _Sentinels(url)
        case Layout.CLUSTER:
            return _Cluster(url, key_slot(name.encode()))


class _Single:
    publish, subscribe, moves = "PUBLISH", "SUBSCRIBE", False

    def __init__(self, url: RedisUrl) -> None:
        self._url = url.written

    async def find(self) -> str:
        return self._url


class _Sentinels:
    """Asks as Sentinel's guidelines for clients say: the master's own word about its role counts."""

    publish, subscribe, moves = "PUBLISH", "SUBSCRIBE", True

    def __init__(self, url: RedisUrl) -> None:
        self._url = url

    async def find(self) -> str:
        return await _first_word(self._url.hosts, self._ask)

    async def _ask(self, host: Host) -> str:
        async with connected(self._url.sentinel_at(host)) as sentinel:
            match await sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._url.service):
                case [bytes() as name, bytes() as port]:
                    server = self._url.at(Host(name.decode(), int(port)))
                case _:
                    raise NotFoundError(f"no Sentinel service {self._url.service}")
        async with connected(server) as master:
            match await master.ask("ROLE"):
                case [b"master", *_]:
                    return server
        raise NotFoundError("the master is none yet")


class _Cluster:
    """Asks any node for the owner of the slot, those of the last answer first."""

    publish, subscribe, moves = "SPUBLISH", "SSUBSCRIBE", True

    def __init__(self, url: RedisUrl, slot: int) -> None:
        self._url, self._slot = url, slot
        self._nodes: tuple[Host, ...] = ()

    async def find(self) -> str:
        seeds = [host for host in self._url.hosts if host not in self._nodes]
        return await _first_word([*self._nodes, *seeds], self._ask)

    async def _ask(self, host: Host) -> str:
        async with connected(self._url.at(host)) as node:
            ranges = list(_ranges(await node.ask("CLUSTER", "SLOTS"), host))
        for first, last, owner in ranges:
            if first <= self._slot <= last:
                self._nodes = tuple(dict.fromkeys([owner, *(other for _, _, other in ranges)]))
                return self._url.at(owner)
        raise NotFoundError("nobody owns the slot")


def _ranges(answer: Answer, asked: Host) -> Iterator[tuple[int, int, Host]]:
    """First slot, last slot and owner; a node that does not know its own address leaves it out."""
    for slots in answer if isinstance(answer, list) else []:
        match slots:
            case [int() as first, int() as last, [bytes() | None as name, int() as port, *_], *_]:
                yield first, last, Host(name.decode() if name else asked.name, port)


async def _first_word(hosts: Sequence[Host], ask: Callable[[Host], Awaitable[str]]) -> str:
    """The answer of the first host that has one."""
    reasons = []
    for host in hosts:
        try:
            async with asyncio.timeout(ASK):
                return await ask(host)
        except (RedisError, OSError) as error:
            reasons.append(f"{host}: {str(error) or 'no answer'}")
    raise NotFoundError("; ".join(reasons))
