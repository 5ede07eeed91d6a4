"""How long a post takes from the log to the screens that it is for, and how many the service can take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.company import Company
from bench.crowd import Crowd
from bench.machine import cpu_seconds
from bench.posting import Posted, load

PATIENCE = 20.0  # s for what was posted to arrive everywhere


@dataclass(frozen=True, slots=True)
class Node:
    """A running service: where it listens, which process it is, what posts there need."""

    name: str
    port: int
    pid: int
    company: Company


@dataclass(frozen=True, slots=True)
class Delivery:
    """One load on one service. `offered` in posts/s, None for as many as it takes; delays in milliseconds."""

    name: str
    clients: int
    percent: int
    offered: float | None
    posts: float
    deliveries: float
    lost: int
    p50: float
    p99: float
    answer_p50: float
    answer_p99: float
    cpu: float
    """Share of one core that the service's process used."""
    cost: float
    """Processor time of it per delivery, in microseconds, posting included."""
    frame: int
    """Bytes of a frame."""


def measure(node: Node, crowd: Crowd, percent: int, seconds: float, rate: float | None) -> Delivery:
    """Posts what reaches `percent` of the crowd and waits until all of it has arrived."""
    company = node.company
    reached = company.reached(percent)
    crowd.start()
    used, begin = cpu_seconds(node.pid), time.perf_counter()
    posted = load(node.port, company.authors, company.deals[percent], seconds, rate)
    tally = crowd.wait(posted.posts * reached, PATIENCE)
    used, elapsed = cpu_seconds(node.pid) - used, time.perf_counter() - begin
    span = max((tally.last - tally.first) / 1000, posted.seconds)
    return Delivery(
        name=node.name,
        clients=company.people,
        percent=percent,
        offered=rate,
        posts=posted.rate,
        deliveries=tally.events / span,
        lost=posted.posts * reached - tally.events,
        p50=tally.p50,
        p99=tally.p99,
        answer_p50=posted.answer_p50,
        answer_p99=posted.answer_p99,
        cpu=used / elapsed,
        cost=used * 1e6 / max(tally.events, 1),
        frame=tally.bytes // max(tally.events, 1),
    )


def warm_up(node: Node) -> None:
    """The first posts of a process compile queries and fill caches."""
    load(node.port, node.company.authors, node.company.deals[10], 1.0, None)


def alone(node: Node, seconds: float) -> Posted:
    """Posts while nobody is connected."""
    return load(node.port, node.company.authors, node.company.deals[100], seconds, None)


def series(
    node: Node, crowd: Crowd, seconds: float, rates: Sequence[float | None], told: Callable[[Delivery], None]
) -> None:
    """All rates for a tenth of the people, then for all of them."""
    for percent in sorted(node.company.deals):
        for rate in rates:
            told(measure(node, crowd, percent, seconds, rate))
