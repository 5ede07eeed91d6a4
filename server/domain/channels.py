"""What a client can subscribe to (PRODUCT §1): `mine`, `all`, `tasks`, `counters`, `record:42`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.words import RecordId
from server.errors import Invalid


class Scope(StrEnum):
    """The channels that are one per user, and the one that is many."""

    MINE = "mine"
    ALL = "all"
    TASKS = "tasks"
    COUNTERS = "counters"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel; `record` is set exactly for RECORD."""

    scope: Scope
    record: RecordId | None = None

    def __str__(self) -> str:
        return self.scope if self.record is None else f"{self.scope}:{self.record}"


def parse_channel(text: str) -> Channel:
    """Reads `mine`, `all`, `tasks`, `counters` or `record:<id>`; raises Invalid on `channel` for anything else."""
    name, _, number = text.partition(":")
    if name == Scope.RECORD:
        if number.isascii() and number.isdecimal() and len(number) <= 18 and int(number) > 0:
            return Channel(Scope.RECORD, RecordId(int(number)))
    elif not number and ":" not in text and name in {Scope.MINE, Scope.ALL, Scope.TASKS, Scope.COUNTERS}:
        return Channel(Scope(name))
    raise Invalid.one("channel", "unknown", "a channel is mine, all, tasks, counters or record:<id>")
