"""What a stream brings: events, and now and then the word that it could not go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from caudal.cursor import Cursor
from caudal.frames import Data


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened in the portal; docs/protocol.md says what `data` holds for each name.

    `cursor`: where the log stands with it · `at`: milliseconds since 1970 UTC · `mine`: it belongs to the user's Mine
    · `actor`: the id of the user who did it · `ref`: the client reference of the write that caused it · `matches`
    false: the entry no longer passes the filter of its channel.
    """

    cursor: Cursor
    at: int
    name: str
    mine: bool
    actor: int | None
    data: Data
    ref: str | None = None
    matches: bool = True

    @property
    def position(self) -> int:
        """Its place in the log; a good part of an idempotency key for what a bot does about it."""
        return self.cursor.position


@dataclass(frozen=True, slots=True)
class Reset:
    """What the client holds can no longer be continued: load the lists it keeps anew. The stream goes on by itself,
    with what happens after `cursor`.

    `reason`: `epoch` (another log), `floor` (the cursor was older than the log), `access` (the user's rights changed),
    `failed` (an event could not be shown); there may be more.
    """

    cursor: Cursor
    reason: str
    name: Literal["reset"] = "reset"

    @property
    def position(self) -> int:
        """Nothing that happened up to here will come any more."""
        return self.cursor.position
