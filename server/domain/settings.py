"""The settings of a portal: each with its default and what it may be. Adding one is one row in `SETTINGS` and its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from server.errors import Invalid

Value: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `check` returns a value that was given as it is kept, or raises Invalid under `name`."""

    name: str
    default: Value
    check: Callable[[str, object], Value]


def _one_of(*choices: str) -> Callable[[str, object], Value]:
    def check(name: str, value: object) -> Value:
        if not isinstance(value, str) or value not in choices:
            raise Invalid.one(name, "choice", f"one of {', '.join(choices)}", choices=list(choices))
        return value

    return check


def _whole(lowest: int, highest: int) -> Callable[[str, object], Value]:
    def check(name: str, value: object) -> Value:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise Invalid.one(
                name, "range", f"a whole number from {lowest} to {highest}", lowest=lowest, highest=highest
            )
        return value

    return check


def _flag(name: str, value: object) -> Value:
    if not isinstance(value, bool):
        raise Invalid.one(name, "type", "true or false")
    return value


def _currency(name: str, value: object) -> Value:
    if not isinstance(value, str) or len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise Invalid.one(name, "type", "a currency code of ISO 4217")
    return value


SETTINGS: Mapping[str, Setting] = {
    row.name: row
    for row in (
        Setting("counters.mode", "activities", _one_of("activities", "records")),  # whose activities count (PRODUCT §8)
        Setting("counters.idle", True, _flag),
        Setting("delete.undo", 30, _whole(0, 86_400)),  # s in which a deleted record can be brought back
        Setting("currency", "EUR", _currency),  # of new records
        Setting("deadline.days", 3, _whole(0, 365)),  # working days ahead, of a quick activity
    )
}
