"""What is known after a run: the log, who held which rights when, what each client got, what each writer did.

Plain values without rules; `checker` judges them. Positions are those of the log, times are milliseconds since 1970 by
the one clock of the machine that clients and servers share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

Json: TypeAlias = Mapping[str, object]
Position: TypeAlias = int
Millis: TypeAlias = int


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the log as it was first seen, before an edit or a deletion emptied it (then `whole` is false)."""

    position: Position
    at: Millis
    name: str
    reach: str
    actor: int | None = None
    entry: int | None = None
    activity: int | None = None
    records: tuple[int, ...] = ()
    principals: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    audience: frozenset[int] = frozenset()
    readers: Mapping[int, frozenset[str]] = field(default_factory=dict)
    data: Json = field(default_factory=dict)
    ref: str | None = None

    @property
    def shape(self) -> Json | None:
        """The whole entry in the event, if it carries one and was not emptied before it was seen."""
        entry = self.data.get("entry")
        return cast(Json, entry) if isinstance(entry, dict) else None

    def id_of(self, noun: str) -> int | None:
        """The id of the `comment`, `record` or `activity` that the event tells of."""
        value = self.data.get(noun)
        if isinstance(value, dict):
            value = value.get("id", value.get("record"))
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class Standing:
    """A user's place in the company, from which the held principals follow. `level` is that of reading, for every kind."""

    level: str
    department: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class RightsChange:
    """From `position` on, `user` stands like this. `parents`: the tree of departments, where it is not the first one."""

    position: Position
    user: int
    standing: Standing
    parents: Mapping[int, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A session began: `welcome` came, with the `position` its process had reached."""

    at: Millis
    session: str
    node: int
    epoch: str
    position: Position


@dataclass(frozen=True, slots=True)
class Asked:
    """The client sent an op: `resume` with its cursor and channels, `subscribe` or `unsubscribe` with a channel."""

    at: Millis
    id: int
    op: str
    channels: tuple[tuple[str, Json], ...]
    cursor: Position = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply came. `position` as in the reply, None for an error."""

    at: Millis
    id: int
    position: Position | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event came. `shown`: records that stood in it unmasked; `canaries`: record numbers found anywhere in its bytes.

    `complete` is false when an event that must carry an entry, or a comment, carried only an id in its place.
    """

    at: Millis
    position: Position
    moment: Millis
    name: str
    mine: bool
    actor: int | None
    matches: bool
    shown: frozenset[int]
    canaries: frozenset[int]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A checkpoint came, or a reset with its `reason`."""

    at: Millis
    position: Position
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The client began anew with a list that was true at `position`: its cursor is there now."""

    at: Millis
    position: Position


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended, with this close code (1006: without one)."""

    at: Millis
    code: int


Note: TypeAlias = Connected | Asked | Answered | Delivered | Told | Snapshot | Lost


@dataclass(slots=True)
class ClientJournal:
    """Everything one client got, in the order in which it got it."""

    name: str
    user: int
    latest: bool = False
    """It asked not to be sent what it did not keep up with, but a reset."""
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Write:
    """One write of one writer. `outcome`: `done` (acknowledged), `refused` (a definite no), `open` (nobody knows)."""

    key: str
    user: int
    action: str
    target: int = 0
    text: str = ""
    ref: str | None = None
    outcome: str = "open"
    made: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the portal, from when to when."""

    name: str
    began: Millis
    ended: Millis


@dataclass(slots=True)
class History:
    """One run, whole. `canaries` tells which record carries which number in its title, `parents` each department's at first."""

    rows: dict[Position, Row] = field(default_factory=dict)
    head: Position = 0
    floor: Position = 0
    parents: dict[int, int | None] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    rights: list[RightsChange] = field(default_factory=list)
    canaries: dict[int, int] = field(default_factory=dict)
    clients: list[ClientJournal] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
