"""The ring: what it serves is the log as of now, in order, or it says what has to be read first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from server.domain.events import Event, Name
from server.domain.words import EntryId, JsonObject, Position, RecordId
from server.live import ring as limits
from server.live.letter import Letter
from server.live.ring import PAGE, PAGE_KEPT, Ring, TrimmedError
from server.live.sequencer import Hole
from tests.live.portal import DEAL, make_event

OTHER = RecordId(43)


def about(position: Position, entry: int, **more: object) -> Event:
    return replace(make_event(position, **more), entry=EntryId(entry))  # type: ignore[arg-type]


def ring_of(events: Iterable[Event], before: Position = 0) -> Ring:
    ring = Ring(before)
    for event in events:
        ring.add(Letter(event))
    return ring


def taken(ring: Ring, after: Position, now: float = 0.0) -> list[Position]:
    letters = ring.take(after, now)
    assert not isinstance(letters, Hole)
    return [letter.event.position for letter in letters]


def test_it_serves_what_came_through_it() -> None:
    ring = ring_of((make_event(position) for position in range(5, 9)), before=4)

    assert taken(ring, 4) == [5, 6, 7, 8]
    assert taken(ring, 7) == [8]
    assert (taken(ring, 8), ring.last) == ([], 8)


def test_it_serves_a_page_at_a_time() -> None:
    ring = ring_of(make_event(position) for position in range(1, 2 * PAGE))

    assert taken(ring, 3) == list(range(4, PAGE + 4))


@pytest.mark.parametrize(("limit", "value"), [("RING_EVENTS", 10), ("RING_BYTES", 2_000)])
def test_it_forgets_the_oldest_beyond_its_limits(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(limits, limit, value)

    ring = ring_of(about(position, position) for position in range(1, 40))

    assert 25 < ring.first < 40
    assert taken(ring, ring.first - 1) == list(range(ring.first, 40))
    assert isinstance(ring.take(ring.first - 2, 0.0), Hole)
    assert len(ring._telling) == 40 - ring.first + 1, "one for each entry that is left, and the record"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (Name.ENTRY_REMOVED, {"entry": 7}),
        (Name.ENTRY_CHANGED, {"entry": {"id": 7}}),
        (Name.COMMENT_REMOVED, {"entry": 7, "comment": 1}),
        (Name.COMMENT_CHANGED, {"entry": 7, "comment": {"id": 1}}),
    ],
)
def test_what_changes_an_entry_makes_earlier_letters_about_it_stale(name: Name, data: JsonObject) -> None:
    ring = ring_of([about(1, 6), about(2, 7), about(3, 8)])

    ring.add(Letter(about(4, 7, name=name, data=data)))

    assert taken(ring, 0) == [1]
    assert ring.take(1, 0.0) == Hole(1, 4)
    assert taken(ring, 2) == [3, 4]


@pytest.mark.parametrize("name", [Name.RECORD_LOCKED, Name.RECORD_UNLOCKED, Name.RECORD_REMOVED])
def test_what_changes_the_readers_of_a_record_makes_all_that_shows_it_stale(name: Name) -> None:
    ring = ring_of([about(1, 6, records=[OTHER]), about(2, 7, records=[]), about(3, 8)])
    ring.add(Letter(replace(make_event(4, records=[OTHER]), readers={})))

    ring.add(Letter(make_event(5, name=name, data={"locked": DEAL, "kind": "deal"})))

    assert ring.take(0, 0.0) == Hole(0, 5), "it shows the deal, whatever it is about"
    assert taken(ring, 3) == [4, 5]


def test_an_activity_that_changes_makes_its_entries_stale_too() -> None:
    activity: JsonObject = {"id": 3, "subject": "Call"}
    events = [make_event(1, data={"entry": {"id": 7, "activity": activity}}), make_event(2)]
    ring = ring_of([*events, make_event(3, name=Name.ACTIVITY_ADDED, data={"activity": activity})])

    ring.add(Letter(make_event(4, name=Name.ACTIVITY_REMOVED, data={"activity": 3})))

    assert isinstance(ring.take(0, 0.0), Hole)
    assert taken(ring, 1) == [2]


def test_stale_letters_are_drawn_anew_once_for_everybody() -> None:
    ring = ring_of([about(1, 7), about(2, 8), about(3, 7, name=Name.ENTRY_REMOVED, data={"entry": 7})])

    ring.fill(Hole(0, 3), [about(1, 7, data={}), about(2, 8), make_event(3)], as_of=3, now=0.0)

    letters = ring.take(0, 0.0)
    assert not isinstance(letters, Hole)
    assert letters[0].event.data == {}
    assert len(letters) == 3


def test_what_changed_while_it_was_read_is_read_again() -> None:
    removed: JsonObject = {"entry": 7}
    ring = ring_of([about(1, 7), about(2, 7, name=Name.ENTRY_CHANGED)])
    ring.add(Letter(about(3, 7, name=Name.ENTRY_REMOVED, data=removed)))

    ring.fill(Hole(0, 2), [about(1, 7), about(2, 7)], as_of=2, now=0.0)

    assert ring.take(0, 0.0) == Hole(0, 3)


def test_older_pages_are_kept_for_a_moment() -> None:
    ring = ring_of([make_event(250)], before=249)
    hole = ring.take(120, 0.0)
    assert hole == Hole(100, 200)

    ring.fill(hole, [make_event(position) for position in range(101, 201)], as_of=250, now=0.0)

    assert taken(ring, 120) == list(range(121, 201))
    assert taken(ring, 199, PAGE_KEPT) == [200]
    assert ring.take(120, PAGE_KEPT + 1) == hole


@pytest.mark.parametrize("late", [False, True])
def test_a_page_with_something_stale_is_not_served(late: bool) -> None:
    ring = ring_of([make_event(250)], before=249)
    page = [about(position, position) for position in range(101, 201)]
    removal = Letter(about(251, 150, name=Name.ENTRY_REMOVED, data={"entry": 150}))

    if late:
        ring.fill(Hole(100, 200), page, as_of=250, now=0.0)
        ring.add(removal)
    else:
        ring.add(removal)
        ring.fill(Hole(100, 200), page, as_of=250, now=0.0)

    assert ring.take(100, 0.0) == Hole(100, 200)


def test_few_pages_are_kept() -> None:
    ring = ring_of([make_event(10_000)], before=9_999)

    for begin in range(0, 9_000, PAGE):
        ring.fill(Hole(begin, begin + PAGE), [make_event(begin + 1)], as_of=10_000, now=0.0)

    assert len(ring._pages) == limits.PAGES_MAX
    assert isinstance(ring.take(0, 0.0), Hole)
    assert taken(ring, 8_900) == [8_901]


def test_a_log_that_was_trimmed_is_told_and_not_skipped() -> None:
    ring = ring_of([make_event(250)], before=249)
    ring.fill(Hole(100, 200), [make_event(position) for position in range(151, 201)], as_of=250, now=0.0)

    assert taken(ring, 150)[0] == 151
    with pytest.raises(TrimmedError):
        ring.take(120, 0.0)


def test_nor_is_a_stale_letter_that_was_trimmed() -> None:
    ring = ring_of([about(1, 7), about(2, 8), about(3, 7, name=Name.ENTRY_REMOVED, data={"entry": 7})])

    ring.fill(Hole(0, 3), [about(2, 8), about(3, 7)], as_of=3, now=0.0)

    assert ring.first == 2
    assert isinstance(ring.take(0, 0.0), Hole)
    assert taken(ring, 1) == [2, 3]


def test_what_was_read_before_rights_changed_at_large_is_not_served() -> None:
    ring = ring_of([make_event(250)], before=249)

    ring.forget(251)
    ring.fill(Hole(100, 200), [make_event(position) for position in range(101, 201)], as_of=250, now=0.0)

    assert ring.take(100, 0.0) == Hole(100, 200)
    assert ring.take(249, 0.0) == Hole(200, 251)
