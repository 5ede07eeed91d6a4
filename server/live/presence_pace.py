"""How often something is sent for one key: at once after a pause, and then a few times a second. Pure."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Generic, TypeVar

GAP = 0.25  # s between two sendings for one key

Key = TypeVar("Key")


class Pace(Generic[Key]):
    """See the module. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._sent: dict[Key, float] = {}

    def take(self, marked: MutableMapping[Key, None], now: float) -> list[Key]:
        """Takes those out of `marked` whose turn it is; the others stay there."""
        self._sent = {key: sent for key, sent in self._sent.items() if now - sent < GAP}
        due = [key for key in marked if key not in self._sent]
        for key in due:
            del marked[key]
        self._mark(due, now)
        return due

    def _mark(self, keys: Iterable[Key], now: float) -> None:
        self._sent.update(dict.fromkeys(keys, now))
