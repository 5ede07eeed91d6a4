"""At once after a pause, and then a few times a second."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, strategies as st

from server.live.presence_pace import GAP, Pace


def test_after_a_pause_it_goes_at_once() -> None:
    pace: Pace[str] = Pace()

    assert pace.take({"a": None}, 0.0) == ["a"]
    assert pace.take({"a": None}, GAP) == ["a"]


def test_what_comes_too_soon_stays_marked() -> None:
    pace: Pace[str] = Pace()
    pace.take({"a": None}, 0.0)

    marked: dict[str, None] = {"a": None, "b": None}
    assert pace.take(marked, GAP / 2) == ["b"]

    assert list(marked) == ["a"]


@given(st.lists(st.floats(0.0, 0.2), max_size=200))
def test_however_often_it_is_asked_a_key_goes_four_times_a_second(pauses: list[float]) -> None:
    pace: Pace[str] = Pace()
    now, taken = 0.0, []

    for pause in pauses:
        now += pause
        taken += [now for _ in pace.take({"a": None}, now)]

    assert all(after - before >= GAP for before, after in pairwise(taken))
