"""What a client shows: the entries of a snapshot, kept up to date by events. At the end it must equal a fresh snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from tests.history.entitlement import part
from tests.history.frames import Frame
from tests.history.journal import Json, Position

RELOADS = frozenset({"follow.changed", "record.locked", "record.unlocked"})
"""Events after which the list may be another one: what one follows or may read decides what was always in it."""


@dataclass(slots=True)
class View:
    """The entries of one channel without a filter. `horizon`: of what was bumped before it nothing is known."""

    channel: str
    entries: dict[int, dict[str, object]] = field(default_factory=dict)
    horizon: Position = 0
    stale: bool = True
    waiting: list[Frame] | None = None
    """Events that came while a snapshot is read."""

    @property
    def unsettled(self) -> bool:
        """Whether it is to be loaded, or being loaded."""
        return self.stale or self.waiting is not None

    def load(self, items: Iterable[Json], position: Position, *, more: bool) -> None:
        """A snapshot that was true at `position`; `more`: it is only the newest part."""
        self.entries = {cast(int, item["id"]): dict(item) for item in items}
        places = [_place(item) for item in self.entries.values()]
        self.horizon = min(places, default=0) if more else 0
        late, self.waiting = self.waiting or [], None
        for frame in late:
            if frame.position > position:
                self.apply(frame)

    def apply(self, frame: Frame) -> None:
        """One event."""
        if self.waiting is not None:
            self.waiting.append(frame)
            return
        if frame.name in RELOADS or self._moved(frame):
            self.stale = True
        entry = part(frame.data, "entry")
        known = self.entries.get(cast(int, frame.data["entry"])) if isinstance(frame.data.get("entry"), int) else None
        match frame.name:
            case "entry.added" | "entry.changed" | "comment.added" if entry:
                self.entries[cast(int, entry["id"])] = dict(entry)
            case "entry.removed":
                self.entries.pop(cast(int, frame.data["entry"]), None)
            case "comment.changed" | "comment.removed" if known and "comments" in frame.data:
                known["comments"] = frame.data["comments"]
            case "reaction.changed" if known and "reactions" in frame.data:
                known["reactions"] = frame.data["reactions"]

    def _moved(self, frame: Frame) -> bool:
        """A record has another responsible person, so its entries go from one Mine to another."""
        entry, is_own = part(frame.data, "entry"), frame.name == "record.changed" and frame.mine
        return self.channel == "mine" and (is_own or entry.get("type") == "responsible")

    def differences(self, other: View) -> list[str]:
        """Where two views of the same channel disagree, above both horizons."""
        horizon = max(self.horizon, other.horizon)
        own, theirs = _above(self.entries, horizon), _above(other.entries, horizon)
        return [
            f"entry {id}: shown {own.get(id)}, in a fresh list {theirs.get(id)}"
            for id in sorted(own.keys() | theirs.keys())
            if own.get(id) != theirs.get(id)
        ]


def _place(entry: Json) -> Position:
    return cast(int, entry["bumped"])


def _above(entries: Mapping[int, dict[str, object]], horizon: Position) -> dict[int, tuple[object, ...]]:
    return {id: _content(entry) for id, entry in entries.items() if _place(entry) > horizon}


def _content(entry: Json) -> tuple[object, ...]:
    """What must be equal. Names and titles inside an entry are brought up to date by events of their own."""
    comments = part(entry, "comments")
    last = cast("list[Json]", comments.get("last", []))
    reactions = cast("list[dict[str, list[int]]]", entry.get("reactions", []))
    return (
        entry["bumped"],
        hash(entry.get("text")),
        comments.get("count"),
        tuple((comment["id"], hash(comment["text"])) for comment in last),
        tuple(sorted((str(each["emoji"]), tuple(sorted(each["users"]))) for each in reactions)),
        len(cast("list[Json]", entry.get("records", []))),
    )
