"""When events go out: at once in a pause, joined in a burst, in turns with everybody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from server.domain.events import Head
from server.live import flusher as limits
from server.live.flusher import Flusher
from server.live.hub import Hub
from server.live.protocol import Frame
from tests.live.fakes import Desk
from tests.live.portal import make_event


@pytest.fixture
async def desk() -> Desk:
    desk = Desk(Hub(Head("e1", 0)))
    desk.live("all")
    desk.wire.writes = 0
    return desk


@pytest.fixture
async def flusher(desk: Desk) -> AsyncIterator[Flusher]:
    flusher = Flusher(desk.hub, desk.hub.deliver)
    yield flusher
    flusher.stop()


async def until_written(desk: Desk, events: int) -> None:
    async with asyncio.timeout(5):
        while len(desk.wire.frames) < events:
            await asyncio.sleep(0.001)


async def test_an_event_after_a_pause_goes_out_in_the_same_turn_of_the_loop(desk: Desk, flusher: Flusher) -> None:
    flusher.put([make_event(1)])

    await asyncio.sleep(0)

    assert len(desk.wire.frames) == 1


async def test_events_of_a_burst_are_joined(desk: Desk, flusher: Flusher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JOIN", 0.1)
    flusher.put([make_event(1)])
    await until_written(desk, 1)

    for position in range(2, 50):
        flusher.put([make_event(position)])
        await asyncio.sleep(0)
    assert desk.wire.writes == 1
    await until_written(desk, 49)

    assert desk.wire.writes == 2


async def test_writing_leaves_as_much_time_to_others(
    desk: Desk, flusher: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOIN", 0.05)
    write = desk.wire.write
    began: list[float] = []

    def write_slowly(frames: Sequence[Frame]) -> None:
        began.append(time.monotonic())
        time.sleep(0.04)  # as long as thousands of clients take
        write(frames)

    monkeypatch.setattr(desk.wire, "write", write_slowly)
    flusher.put([make_event(1)])
    await until_written(desk, 1)
    flusher.put([make_event(2)])
    await until_written(desk, 2)

    first, second = began
    assert second - first >= 0.08


async def test_a_long_burst_leaves_turns_to_others(
    desk: Desk, flusher: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLICE", 0.0)
    monkeypatch.setattr(limits, "QUEUE_MAX", 40)
    turns = 0

    flusher.put(make_event(position) for position in range(1, 41))
    assert flusher.is_full
    while desk.hub.position < 40 and turns < 1_000:
        await asyncio.sleep(0)
        turns += 1

    assert 40 <= turns < 1_000
    assert not flusher.is_full


async def test_what_is_dropped_is_not_delivered(desk: Desk, flusher: Flusher) -> None:
    flusher.put([make_event(1)])

    flusher.stop()
    await asyncio.sleep(0.02)

    assert desk.hub.position == 0
