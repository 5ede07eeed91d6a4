"""The registry of verbs: a name, the type of its arguments, the function that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from server.store.work import Work

Args = TypeVar("Args")


class Noun(StrEnum):
    """What a verb can answer with."""

    ENTRY = "entry"
    COMMENT = "comment"
    RECORD = "record"
    DELETED = "deleted"
    ACTIVITY = "activity"
    REACTIONS = "reactions"
    FOLLOW = "follow"
    ME = "me"
    ATTENTION = "attention"
    USER = "user"
    DEPARTMENT = "department"
    ROLE = "role"
    TOKEN = "token"
    SETTINGS = "settings"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb made or changed; shown to the user as a query would show it."""

    noun: Noun
    id: int = 0


DONE = Outcome(Noun.NOTHING)

Run: TypeAlias = Callable[[Work, Args], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `args` is a msgspec struct that refuses unknown fields."""

    name: str
    args: type[object]
    run: Callable[[Work, object], Awaitable[Outcome]]


VERBS: dict[str, Verb] = {}


def verb(name: str, args: type[Args]) -> Callable[[Run[Args]], Run[Args]]:
    """Registers a function as a verb."""

    def register(run: Run[Args]) -> Run[Args]:
        VERBS[name] = Verb(name, args, run)  # type: ignore[arg-type]  # `perform` parses `args` into that very type
        return run

    return register
