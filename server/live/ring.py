"""The recent past in memory: what came through this process lately, and pages of what was read from the log.

What is served from here is as good as a replay: an event that changes contents or readers makes the earlier letters it
touches *stale*, and those are drawn anew from the log, once for everybody, before anyone gets them. Pure.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

import msgspec

from server.domain.events import Event, Name
from server.domain.words import Position, UserId
from server.live.letter import Letter
from server.live.sequencer import Hole

RING_BYTES = 8 * 1024 * 1024  # of event data as JSON; as objects it is about five times that
MEMBER_BYTES = 16  # of one user in an audience, likewise
RING_EVENTS = 10_000
PAGE = 100  # events read from the log at once
PAGES_MAX = 16  # pages of the older log, shared by those who come back at the same time
PAGE_KEPT = 5.0  # s; whose Mine an event belongs to is as of the reading

_RECORD_NAMES = frozenset({Name.RECORD_LOCKED, Name.RECORD_UNLOCKED, Name.RECORD_REMOVED})
_ENTRY_NAMES = frozenset({Name.ENTRY_CHANGED, Name.ENTRY_REMOVED, Name.COMMENT_CHANGED, Name.COMMENT_REMOVED})
_ACTIVITY_NAMES = frozenset({Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED})

Thing: TypeAlias = tuple[str, int]
"""What an event tells of: `("entry", 7)`, `("record", 42)`, `("activity", 3)`."""


class TrimmedError(Exception):
    """The log does not reach back that far any more."""


class _Kept:
    """A letter with what it weighs, in bytes of JSON."""

    __slots__ = ("letter", "size", "things")

    def __init__(self, letter: Letter, size: int) -> None:
        self.letter = letter
        self.size = size
        self.things = _things(letter.event)


class _Page:
    """Letters read from the log: all there are in a hole."""

    __slots__ = ("hole", "letters", "read", "things")

    def __init__(self, hole: Hole, letters: Sequence[Letter], read: float) -> None:
        self.hole = hole
        self.letters = letters
        self.read = read
        self.things = frozenset(thing for letter in letters for thing in _things(letter.event))


class Ring:
    """The letters from `first` on, without a hole, and some pages of older ones."""

    def __init__(self, position: Position) -> None:
        self.first = position + 1
        self._kept: list[_Kept] = []
        self._bytes = 0
        self._forgotten = position
        self._telling: defaultdict[Thing, list[Position]] = defaultdict(list)
        self._pages: OrderedDict[Position, _Page] = OrderedDict()

    @property
    def last(self) -> Position:
        """The position of the newest letter."""
        return self.first + len(self._kept) - 1

    def add(self, letter: Letter) -> None:
        """The next letter of the log."""
        self._touch(letter.event)
        kept = _Kept(letter, len(msgspec.json.encode(letter.event.data)) + self._weigh(letter.event.audience))
        self._kept.append(kept)
        self._bytes += kept.size
        for thing in kept.things:
            self._telling[thing].append(letter.event.position)
        if self._bytes > RING_BYTES or len(self._kept) > RING_EVENTS:
            self._trim()

    def take(self, after: Position, now: float) -> Sequence[Letter] | Hole:
        """The letters after a position before `last`, at most `PAGE`; or what has to be read first, and given to `fill`.

        Raises TrimmedError.
        """
        if after + 1 < self.first:
            return self._take_page(after, now)
        begin = after + 1 - self.first
        letters: list[Letter] = []
        for kept in self._kept[begin : begin + PAGE]:
            if kept.letter.stale:
                return letters or Hole(after, min(after + PAGE, self.last))
            letters.append(kept.letter)
        return letters

    def fill(self, hole: Hole, events: Sequence[Event], as_of: Position, now: float) -> None:
        """What the log has in a hole as of `as_of`, where this ring had been before it was read."""
        if as_of < self._forgotten:
            return
        letters = [Letter(event) for event in events]
        if hole.after + 1 < self.first:
            self._keep(_Page(hole, letters, now), as_of)
        found = {letter.event.position: letter for letter in letters}
        for position in range(max(hole.after + 1, self.first), min(hole.upto, self.last) + 1):
            old = self._kept[position - self.first]
            if not 0 < old.letter.stale <= as_of:
                continue
            if position in found:
                self._replace(position, found[position])
            else:  # the log was trimmed meanwhile
                self._drop(position + 1 - self.first)

    def forget(self, position: Position) -> None:
        """Rights have changed at large: nothing up to `position` is served from here any more."""
        self._kept.clear()
        self._telling.clear()
        self._pages.clear()
        self._bytes = 0
        self._forgotten = position
        self.first = position + 1

    def _take_page(self, after: Position, now: float) -> Sequence[Letter] | Hole:
        begin = after - after % PAGE
        page = self._pages.get(begin)
        if page is None or now - page.read > PAGE_KEPT or after >= page.hole.upto:
            return Hole(begin, min(begin + PAGE, self.last))
        letters = [letter for letter in page.letters if letter.event.position > after]
        if not letters or letters[0].event.position != after + 1:
            raise TrimmedError
        return letters

    def _keep(self, page: _Page, as_of: Position) -> None:
        since = self._kept[max(0, as_of + 1 - self.first) :]
        if as_of + 1 < self.first or any(_changed(kept.letter.event) & page.things for kept in since):
            return  # it is stale already: whoever needs it has it read again
        self._pages[page.hole.after] = page
        self._pages.move_to_end(page.hole.after)
        if len(self._pages) > PAGES_MAX:
            self._pages.popitem(last=False)

    def _weigh(self, audience: frozenset[UserId]) -> int:
        """Bytes of an audience; nothing when it is that of the letter before."""
        shared = self._kept and self._kept[-1].letter.event.audience is audience
        return 0 if shared else MEMBER_BYTES * len(audience)

    def _touch(self, event: Event) -> None:
        """Marks what an event makes stale."""
        for thing in _changed(event):
            for position in self._telling.get(thing, ()):
                self._kept[position - self.first].letter.stale = event.position
            for begin in [begin for begin, page in self._pages.items() if thing in page.things]:
                del self._pages[begin]

    def _trim(self) -> None:
        """To nine tenths, so that it is not done for each event."""
        rest, count = self._bytes, 0
        while rest > RING_BYTES * 9 // 10 or len(self._kept) - count > RING_EVENTS * 9 // 10:
            rest -= self._kept[count].size
            count += 1
        self._drop(count)

    def _drop(self, count: int) -> None:
        for position, kept in enumerate(self._kept[:count], start=self.first):
            self._bytes -= kept.size
            self._unindex(position, kept.things)
        del self._kept[:count]
        self.first += count

    def _replace(self, position: Position, letter: Letter) -> None:
        old = self._kept[position - self.first]
        kept = _Kept(letter, old.size)
        self._unindex(position, old.things)
        for thing in kept.things:
            self._telling[thing].append(position)
        self._kept[position - self.first] = kept

    def _unindex(self, position: Position, things: Iterable[Thing]) -> None:
        for thing in things:
            self._telling[thing].remove(position)
            if not self._telling[thing]:
                del self._telling[thing]


def _things(event: Event) -> frozenset[Thing]:
    found = {("record", int(record)) for record in (*event.records, *event.readers)}
    if event.entry is not None:
        found.add(("entry", event.entry))
    if (activity := _activity(event)) is not None:
        found.add(("activity", activity))
    return frozenset(found)


def _changed(event: Event) -> frozenset[Thing]:
    """What is another thing for those who come after an event."""
    if event.name in _RECORD_NAMES:
        return frozenset(("record", int(record)) for record in event.records)
    if event.name in _ENTRY_NAMES and event.entry is not None:
        return frozenset({("entry", event.entry)})
    if event.name in _ACTIVITY_NAMES and (activity := _activity(event)) is not None:
        return frozenset({("activity", activity)})
    return frozenset()


def _activity(event: Event) -> int | None:
    """The id of the activity that an event, or its entry, shows."""
    entry = event.data.get("entry")
    value = event.data.get("activity", entry.get("activity") if isinstance(entry, dict) else None)
    if isinstance(value, dict):
        value = value.get("id")
    return cast("int | None", value)
