"""The bus where its server may become another one: behind Sentinels, and in a Cluster with sharded pub/sub."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.live.bus import Bus, check_bus
from tests.conftest import missing
from tests.live.portal import make_event
from tests.live.test_bus import Ears, running, until
from tests.servers.redis import Cluster, Sentinel, find_redis

FAILOVER = 30.0  # s; it takes one or two where nothing else runs
EVENTS = "caudal:{p}:events"


@pytest.fixture
def folder(short_folder: Path) -> Path:
    """A folder of the test's own."""
    return Path(tempfile.mkdtemp(dir=short_folder))


@pytest.fixture
def sentinel(folder: Path) -> Iterator[Sentinel]:
    """A master with its replica and a Sentinel, running."""
    servers = Sentinel(find_redis() or missing("there is no Valkey or Redis"), folder)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    """A Cluster, running."""
    servers = Cluster(find_redis() or missing("there is no Valkey or Redis"), folder)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


async def test_behind_a_sentinel_every_process_hears_every_event(sentinel: Sentinel) -> None:
    await check_bus(sentinel.url)
    async with running(sentinel.url) as (one, ears), running(sentinel.url) as (_, others):
        await hears(one, ears, others, position=1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_bus_follows_its_master_and_takes_the_change_for_a_hole(
    sentinel: Sentinel, how: signal.Signals
) -> None:
    async with running(sentinel.url) as (one, ears), running(sentinel.url) as (two, others):
        suspicions = ears.suspicions
        sentinel.master.signal(how)

        await followed(one, two)

        assert sentinel.master_port() == sentinel.replica.port
        assert ears.suspicions > suspicions
        await hears(one, ears, others, position=2)
        sentinel.master.signal(signal.SIGCONT)


async def test_a_master_that_was_replaced_but_lives_on_is_left(
    sentinel: Sentinel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.live.bus.MOVED_CHECK", 0.1)
    async with running(sentinel.url) as (bus, ears):
        connects = bus.counts.connects
        sentinel.replica.ask("REPLICAOF", "NO", "ONE")

        sentinel.sentinel.ask("SENTINEL REMOVE", sentinel.SERVICE)
        sentinel.sentinel.ask("SENTINEL MONITOR", sentinel.SERVICE, "127.0.0.1", sentinel.replica.port, 1)

        await until(lambda: bus.counts.connects > connects and bus.healthy)
        await hears(bus, ears, position=1)


async def test_an_unknown_service_is_a_clear_error(sentinel: Sentinel) -> None:
    with pytest.raises(Unavailable, match="no Sentinel service other"):
        await check_bus(sentinel.url.replace(f"/{sentinel.SERVICE}", "/other"))


async def test_a_replica_is_not_taken_for_the_master(sentinel: Sentinel) -> None:
    sentinel.sentinel.ask("SENTINEL REMOVE", sentinel.SERVICE)
    sentinel.sentinel.ask("SENTINEL MONITOR", sentinel.SERVICE, "127.0.0.1", sentinel.replica.port, 1)

    with pytest.raises(Unavailable, match="the master is none yet"):
        await check_bus(sentinel.url)


async def test_in_a_cluster_every_process_hears_every_event_and_only_its_shard_carries_it(cluster: Cluster) -> None:
    await check_bus(cluster.url)
    async with running(cluster.url) as (one, ears), running(cluster.url) as (_, others):
        await hears(one, ears, others, position=1)

        owner = cluster.first_owner(EVENTS)
        subscribed = [node.ask("PUBSUB SHARDNUMSUB", EVENTS) for node in cluster.masters if node is not owner]
        assert owner.ask("PUBSUB SHARDNUMSUB", EVENTS) == [(EVENTS.encode(), 2)]
        assert subscribed == [[(EVENTS.encode(), 0)]] * 2


async def test_the_bus_follows_its_slot_to_another_owner(cluster: Cluster) -> None:
    async with running(cluster.url) as (one, ears), running(cluster.url) as (two, others):
        suspicions = ears.suspicions
        connects = one.counts.connects, two.counts.connects
        other = next(node for node in cluster.masters if node is not cluster.first_owner(EVENTS))

        await asyncio.to_thread(cluster.move, cluster.slot(EVENTS), other)

        await until(lambda: one.counts.connects > connects[0] and two.counts.connects > connects[1])
        assert ears.suspicions > suspicions
        await hears(one, ears, others, position=1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_bus_follows_its_slot_to_the_replica_of_an_owner_that_is_gone(
    cluster: Cluster, how: signal.Signals
) -> None:
    async with running(cluster.url) as (one, ears), running(cluster.url) as (two, others):
        owner = cluster.first_owner(EVENTS)
        owner.signal(how)

        await followed(one, two)

        await hears(one, ears, others, position=1)
        owner.signal(signal.SIGCONT)


async def followed(*buses: Bus) -> None:
    """Waits until each bus has lost its server and found the new one."""
    before = [bus.counts.connects for bus in buses]
    async with asyncio.timeout(FAILOVER):
        while not all(bus.counts.connects > count and bus.healthy for bus, count in zip(buses, before, strict=True)):
            await asyncio.sleep(0.02)


async def hears(bus: Bus, *ears: Ears, position: int) -> None:
    """Waits until what one bus publishes is heard by all; the first attempts may still go to the old server."""
    async with asyncio.timeout(FAILOVER):
        while not all(any(event.position == position for event in listener.events) for listener in ears):
            await bus.publish([make_event(position)])
            await asyncio.sleep(0.05)
