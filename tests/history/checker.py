"""Compares what each client got with what it was entitled to. Anomalies come with their evidence.

| kind | is |
|---|---|
| lost | owed, the cursor went beyond, never got |
| doubled, disordered | a position again, or not beyond the last one, in one session |
| leaked | an event, or a record in one, that no moment of its window allows; content deleted before the replay began |
| uninvited | allowed, but no channel and filter of the session brings it |
| mine, matches | a wrong flag |
| phantom | not in the log, or not as the log says |
| incomplete | an event without the entry or comment that it tells of |
| reset, epoch | a reset that nothing explains; a log that became another one |
| stuck | the client did not reach the end |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.history.entitlement import Entitlement, Window
from tests.history.journal import (
    Answered,
    Asked,
    ClientJournal,
    Connected,
    Delivered,
    History,
    Json,
    Lost,
    Millis,
    Note,
    Position,
    Row,
    Snapshot,
    Told,
)

RIGHTS = frozenset({"access.changed", "record.locked", "record.unlocked"})


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that must not be: of which kind, for whom, at which position, and why it is one."""

    kind: str
    client: str
    position: Position
    why: str
    index: int = -1
    """Of the note in the client's journal where it showed."""


@dataclass(slots=True)
class _Channel:
    """A subscription. Owed are events after `since`; allowed are those up to `until`."""

    filter: Json
    since: Position | None = None
    until: Position | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """An op without its reply yet. `begins`, `ends`: the subscriptions that the reply makes or ends, others may follow."""

    note: Asked
    begins: tuple[_Channel, ...]
    ends: tuple[_Channel, ...]


@dataclass(slots=True)
class _Session:
    """What is known of the connection that a client has just now."""

    connected: Connected
    last: Position = 0
    got: set[Position] = field(default_factory=set)
    channels: dict[str, list[_Channel]] = field(default_factory=dict)
    asked: dict[int, _Open] = field(default_factory=dict)
    resumed: Position | None = None
    """Where the resume began that the next reset may answer."""


class Checker:
    """Judges the clients of one history. `deliveries`, `resumes` and `resets` count what it saw."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.truth = Entitlement(history)
        self.deliveries = self.resumes = self.resets = 0

    def check(self) -> list[Anomaly]:
        """All anomalies, client by client."""
        return [anomaly for journal in self.history.clients for anomaly in _Walk(self, journal).run()]


class _Walk:
    """One client's journal, read from its beginning to its end."""

    def __init__(self, checker: Checker, journal: ClientJournal) -> None:
        self._checker = checker
        self._truth = checker.truth
        self._history = checker.history
        self._journal = journal
        self._user = journal.user
        self._cursor: Position | None = None
        self._session: _Session | None = None
        self._found: list[Anomaly] = []
        self._index = -1

    def run(self) -> list[Anomaly]:
        for index, note in enumerate(self._journal.notes):
            self._index = index
            self._heed(note)
        if self._cursor is not None and self._cursor < self._history.head:
            self._report("stuck", self._cursor, f"the log went on to {self._history.head}")
        return self._found

    def _heed(self, note: Note) -> None:
        match note:
            case Connected():
                self._session = _Session(note, last=0)
            case Snapshot():
                self._cursor = note.position
            case Asked():
                self._ask(note)
            case Answered():
                self._answer(note)
            case Delivered():
                self._deliver(note)
            case Told():
                self._tell(note)
            case Lost():
                self._session = None

    def _report(self, kind: str, position: Position, why: str) -> None:
        self._found.append(Anomaly(kind, self._journal.name, position, why, self._index))

    # Subscriptions

    def _ask(self, note: Asked) -> None:
        session = self._session
        assert session
        if note.op == "resume":
            session.resumed = note.cursor
        begins: list[_Channel] = []
        ends: list[_Channel] = []
        for name, wanted in note.channels:
            known = session.channels.setdefault(name, [])
            ends += known
            if note.op == "unsubscribe":
                for channel in known:
                    channel.since = None
            else:
                begins.append(_Channel(wanted))
                known.append(begins[-1])
        session.asked[note.id] = _Open(note, tuple(begins), tuple(ends))
        self._checker.resumes += note.op == "resume"

    def _answer(self, note: Answered) -> None:
        session = self._session
        assert session
        asked = session.asked.pop(note.id, None)
        if asked is None:
            self._report("doubled", note.position or 0, f"a reply {note.id} that nobody waits for")
        elif note.position is not None:
            resumed = asked.note.op == "resume"
            if resumed:  # it begins here, whatever the service said before it had read it
                session.last = asked.note.cursor
                session.got.clear()
            for channel in asked.ends:  # unsubscribed, or another filter took its place
                channel.since = None
                channel.until = note.position if channel.until is None else channel.until
            for channel in asked.begins:
                channel.since = asked.note.cursor if resumed else note.position

    # Events

    def _deliver(self, note: Delivered) -> None:
        self._checker.deliveries += 1
        session, row = self._session, self._history.rows.get(note.position)
        assert session
        self._in_order(session, note)
        session.got.add(note.position)
        if row is None or (row.name, row.at, row.actor) != (note.name, note.moment, note.actor):
            self._report("phantom", note.position, f"{note.name} at {note.moment}, the log has {row and row.name}")
            return
        if not note.complete:
            self._report("incomplete", note.position, f"{note.name} without what it tells of")
        window = self._window(session, row, note.at)
        self._allowed(session, note, row, window)
        self._advance(note.position, note.at, skip=note.position)

    def _in_order(self, session: _Session, note: Delivered) -> None:
        if note.position <= session.last:
            kind = "doubled" if note.position in session.got else "disordered"
            self._report(kind, note.position, f"{note.name} came after {session.last}")
        session.last = max(session.last, note.position)

    def _window(self, session: _Session, row: Row, at: Millis) -> Window:
        """What the process had behind it at the handshake comes by a replay, with rights as of then or later."""
        first = max(row.position, session.connected.position)
        return Window(first, max(first, self._truth.committed(at)))

    def _allowed(self, session: _Session, note: Delivered, row: Row, window: Window) -> None:
        user, where = self._user, f"{note.name}, rights as of {window.first} to {window.last}"
        if not self._truth.may(user, row, window):
            self._report("leaked", note.position, f"{where}: principals {sorted(row.principals)}")
        hidden = {record for record in note.shown if not self._truth.may_read(user, record, window)}
        named = {self._history.canaries.get(number, 0) for number in note.canaries}
        hidden |= {record for record in named if not self._truth.may_read(user, record, window)}
        if hidden:
            self._report("leaked", note.position, f"{where}: records {sorted(hidden)} in it may not be read")
        possible = self._truth.mine(user, row, window)
        if note.mine not in possible:
            self._report("mine", note.position, f"{where}: mine is {note.mine}, audience {sorted(row.audience)}")
        if note.complete:
            self._invited(session, note, row, window)

    def _invited(self, session: _Session, note: Delivered, row: Row, window: Window) -> None:
        if row.reach not in {"stream", "record"}:
            return
        reached = [
            self._truth.passes(row, channel.filter, window)
            for name, known in session.channels.items()
            for channel in known
            if channel.until is None or row.position <= channel.until
            if self._truth.reaches(row, name, mine=note.mine)
        ]
        if not reached or (row.name != "entry.changed" and all(found is False for found in reached)):
            self._report("uninvited", note.position, f"{note.name}: channels {sorted(session.channels)}")
        elif None not in reached and note.matches != any(reached) and self._settled(session):
            self._report("matches", note.position, f"{note.name}: matches is {note.matches}")

    def _settled(self, session: _Session) -> bool:
        """Whether no subscription is on its way, so that channels and filters are known for certain."""
        return not session.asked and all(len(known) == 1 for known in session.channels.values())

    # The cursor

    def _tell(self, note: Told) -> None:
        session = self._session
        assert session
        if note.reason is None:
            if note.position < session.last:
                self._report("disordered", note.position, f"a checkpoint after {session.last}")
            self._advance(note.position, note.at)
        else:
            self._checker.resets += 1
            self._explained(session, note)
            self._cursor = note.position
            for known in session.channels.values():
                known[-1].since = None if known[-1].since is None else max(known[-1].since, note.position)
            session.last = 0  # it begins anew, perhaps below the cursor: another process may have been further
            session.got.clear()
        session.last = max(session.last, note.position)

    def _explained(self, session: _Session, note: Told) -> None:
        if note.reason == "lagging" and self._journal.latest:
            return
        if note.reason == "access" and self._cursor is not None:
            begin = min(self._cursor, session.connected.position)
            if session.resumed is not None:
                begin = min(begin, session.resumed)
                session.resumed = session.resumed if session.asked else None
            upto = self._truth.committed(note.at)
            if any(row.name in RIGHTS for row in self._rows(begin - 1, upto)):
                return
        self._report("reset", note.position, f"{note.reason}, cursor {self._cursor}")

    def _rows(self, after: Position, upto: Position) -> Iterator[Row]:
        return (row for p in range(after + 1, upto + 1) if (row := self._history.rows.get(p)) is not None)

    def _advance(self, position: Position, at: Millis, skip: Position = 0) -> None:
        """The cursor goes on: whatever was owed on the way must have come."""
        if self._cursor is None:
            return
        for row in self._rows(self._cursor, position):
            if row.position != skip:
                self._passed(row, at)
        self._cursor = max(self._cursor, position)

    def _passed(self, row: Row, at: Millis) -> None:
        session = self._session
        assert session
        window = Window(row.position, max(row.position, self._truth.committed(at)))
        if not self._truth.must(self._user, row, window):
            return
        stable = self._truth.mine(self._user, row, window)
        if self._owed(session, row, window, mine=stable == {True}):
            why = f"{row.name}, owed as of {window.first} to {window.last}: principals {sorted(row.principals)}"
            self._report("lost", row.position, why)

    def _owed(self, session: _Session, row: Row, window: Window, *, mine: bool) -> bool:
        if row.reach not in {"stream", "record"}:
            return any(since is not None for since in self._since(session))
        for name, known in session.channels.items():
            channel = known[-1]
            if channel.since is None or row.position <= channel.since or channel.until is not None:
                continue
            if not self._truth.reaches(row, name, mine=mine):
                continue
            if row.name == "entry.changed" or self._truth.passes(row, channel.filter, window):
                return True
        return False

    def _since(self, session: _Session) -> Iterator[Position | None]:
        return (known[-1].since for known in session.channels.values())
