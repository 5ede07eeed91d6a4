"""Where a client stands, where that is kept, and how long it waits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from caudal import Cursor, CursorFile, CursorUnreadable
from caudal.backoff import ASKED_MAX, FIRST, LONGEST, Backoff
from caudal.connection import seconds_of
from caudal.frames import Happened, Restart
from caudal.stream import Stream

POSITIONS = st.integers(0, 2**53 - 1)
CURSORS = st.builds(Cursor, st.text(max_size=20), POSITIONS)


class Nobody:
    """A host that does nothing."""

    def attach(self, stream: Stream) -> None:
        """See `Host`."""

    def detach(self, stream: Stream) -> None:
        """See `Host`."""

    async def ask(self, _: object) -> dict[str, object]:
        """See `Host`."""
        return {}

    def tell(self, _: object) -> None:
        """See `Host`."""


class Shelf:
    """A store in memory that remembers everything."""

    def __init__(self, start: Cursor | None = None) -> None:
        self.saved = [] if start is None else [start]
        self.full = False

    async def load(self) -> Cursor | None:
        """See `CursorStore`."""
        return self.saved[-1] if self.saved else None

    async def save(self, cursor: Cursor) -> None:
        """See `CursorStore`."""
        if self.full:
            raise OSError("no space left")
        self.saved.append(cursor)


def event(position: int) -> Happened:
    return Happened(position, 1, "entry.removed", True, None, {}, None, True)


def resumed(stream: Stream, head: Cursor) -> None:
    stream.resume(head)
    stream.resumed()


# Keeping it


@given(cursors=st.lists(CURSORS, min_size=1, max_size=5), synced=st.booleans())
def test_a_file_gives_back_what_was_saved_last(
    tmp_path_factory: pytest.TempPathFactory, cursors: list[Cursor], synced: bool
) -> None:
    async def keep() -> Cursor | None:
        path = tmp_path_factory.mktemp("cursor") / "bot.cursor"
        for cursor in cursors:
            await CursorFile(path, synced=synced).save(cursor)
        assert list(path.parent.iterdir()) == [path]
        return await CursorFile(path).load()

    assert asyncio.run(keep()) == cursors[-1]


async def test_there_is_no_cursor_before_the_first(tmp_path: Path) -> None:
    assert await CursorFile(tmp_path / "bot.cursor").load() is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"epoch": "e"}', '{"epoch": 1, "position": 2}', '{"epoch": "e", "position": -1}']
)
async def test_a_file_that_holds_no_cursor_is_not_taken_for_a_first_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bot.cursor"
    path.write_text(content)

    with pytest.raises(CursorUnreadable):
        await CursorFile(path).load()


async def test_a_save_that_fails_leaves_the_old_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CursorFile(tmp_path / "bot.cursor")
    await file.save(Cursor("e", 1))

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("json.dump", full)
    with pytest.raises(OSError, match="no space"):
        await file.save(Cursor("e", 2))

    monkeypatch.undo()
    assert await file.load() == Cursor("e", 1)


def test_a_list_of_the_api_has_a_cursor() -> None:
    assert Cursor.of({"epoch": "e", "position": 7, "entries": []}) == Cursor("e", 7)


# Moving it


@given(start=POSITIONS, received=st.lists(POSITIONS, max_size=30))
def test_a_stream_never_goes_back_and_gives_nothing_twice(start: int, received: list[int]) -> None:
    async def run() -> tuple[list[int], Cursor | None]:
        shelf = Shelf(Cursor("e", start))
        stream = Stream(Nobody(), ["mine"], None, shelf)
        await stream.open()
        resumed(stream, Cursor("e", 0))
        for position in received:
            stream.take(event(position), "e")
        given = [(await anext(stream)).position for _ in range(len(stream.inbox))]
        await stream.finish()
        return given, await shelf.load()

    given, kept = asyncio.run(run())

    assert given == sorted(set(given))
    assert all(position > start for position in given)
    assert kept == Cursor("e", max([start, *received]))


async def test_an_item_is_finished_when_the_next_one_is_asked_for() -> None:
    shelf = Shelf(Cursor("e", 1))
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("e", 9))
    for position in (2, 3):
        stream.take(event(position), "e")

    await anext(stream)
    assert shelf.saved == [Cursor("e", 1)]
    await anext(stream)
    assert shelf.saved[1:] == [Cursor("e", 2)]
    assert stream.cursor == Cursor("e", 2)


async def test_the_first_start_is_remembered_before_anything_happens() -> None:
    shelf = Shelf()
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("e", 9))

    waiting = asyncio.ensure_future(anext(stream))
    while not shelf.saved:
        await asyncio.sleep(0)

    assert shelf.saved == [Cursor("e", 9)]
    waiting.cancel()


async def test_a_checkpoint_is_kept_only_behind_the_events_before_it() -> None:
    shelf = Shelf(Cursor("e", 1))
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("e", 9))
    stream.take(event(2), "e")
    stream.mark(8, "e")
    stream.take(event(9), "e")

    await anext(stream)
    assert shelf.saved[1:] == []
    await anext(stream)

    assert shelf.saved[1:] == [Cursor("e", 2), Cursor("e", 8)]


async def test_a_reset_takes_the_cursor_back_to_another_log() -> None:
    shelf = Shelf(Cursor("e", 500))
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("f", 9))

    stream.reset(Restart("epoch", 9), "f")
    stream.take(event(10), "f")
    items = [await anext(stream), await anext(stream)]
    await stream.finish()

    assert [item.name for item in items] == ["reset", "entry.removed"]
    assert shelf.saved[1:] == [Cursor("f", 9), Cursor("f", 10)]


async def test_an_item_that_was_left_by_a_break_is_unfinished() -> None:
    shelf = Shelf(Cursor("e", 1))
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("e", 9))
    stream.take(event(2), "e")

    async for _ in stream:
        break
    await stream.aclose()

    assert await shelf.load() == Cursor("e", 1)


async def test_a_store_that_fails_stops_the_loop_and_does_not_skip_the_item() -> None:
    shelf = Shelf(Cursor("e", 1))
    stream = Stream(Nobody(), ["mine"], None, shelf)
    await stream.open()
    resumed(stream, Cursor("e", 9))
    for position in (2, 3):
        stream.take(event(position), "e")
    await anext(stream)
    shelf.full = True

    with pytest.raises(OSError, match="no space"):
        await anext(stream)
    shelf.full = False

    assert (await anext(stream)).position == 3
    assert shelf.saved[1:] == [Cursor("e", 2)]


# Waiting


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_waits_lie_between_zero_and_a_limit_that_doubles_up_to_thirty_seconds(chances: list[float]) -> None:
    drawn = iter(chances)
    backoff = Backoff(lambda: next(drawn))

    waits = [backoff.next() for _ in chances]

    assert waits == [chance * min(FIRST * 2**number, LONGEST) for number, chance in enumerate(chances)]


@given(chance=st.floats(0, 1), asked=st.floats(-10, 1e9))
def test_what_the_service_asks_for_is_kept_within_reason(chance: float, asked: float) -> None:
    wait = Backoff(lambda: chance).next(asked)

    assert min(max(asked, 0), ASKED_MAX) <= wait <= ASKED_MAX + FIRST


@given(failures=st.integers(1, 10), lasted=st.floats(0, 120))
def test_waiting_starts_again_after_a_connection_that_has_lasted(failures: int, lasted: float) -> None:
    backoff = Backoff(lambda: 1.0)
    limit = [backoff.next() for _ in range(failures)][-1]
    following = min(2 * limit, LONGEST)

    backoff.lasted(lasted)

    assert backoff.next() == (FIRST if lasted >= following else following)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("-3", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header) == seconds
