"""The store, as presence needs it: who is shown, and what they may read, as of now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

from server.domain.access import Action, Principals, Readers
from server.domain.words import EntryId, JsonObject, RecordId, UserId
from server.errors import NotFound

T = TypeVar("T")


class Sight(Protocol):
    """See the module. Nothing is cached."""

    def person(self, user: UserId, /) -> Awaitable[JsonObject | None]:
        """How others see a user; None for bots and walls, which are not shown."""

    def readers(self, records: Collection[RecordId], /) -> Awaitable[Readers]:
        """Who may read some records; those that do not exist are left out."""

    def check(self, user: UserId, record: RecordId, action: Action, /) -> Awaitable[None]:
        """Raises NotFound for a record that may not be read or does not exist, Forbidden when the action is too much."""

    def about(self, user: UserId, entry: EntryId, /) -> Awaitable[Collection[RecordId]]:
        """The records an entry is about that the user may read. Raises NotFound for an entry that may not be seen."""


class Blind:
    """A Sight that sees nobody and nothing."""

    async def person(self, _: UserId, /) -> JsonObject | None:
        """See `Sight`."""
        return None

    async def readers(self, _: Collection[RecordId], /) -> Readers:
        """See `Sight`."""
        return {}

    async def check(self, _: UserId, record: RecordId, __: Action, /) -> None:
        """See `Sight`."""
        raise NotFound(f"there is no record {record}", record=record)

    async def about(self, _: UserId, entry: EntryId, /) -> Collection[RecordId]:
        """See `Sight`."""
        raise NotFound(f"there is no entry {entry}", entry=entry)


class FreshSight:
    """A Sight whose answers are never older than the last change of rights: what changes meanwhile is asked again."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self.changes = 0
        """How often rights have changed: who does more than ask compares before and after."""

    def changed(self) -> None:
        """Rights have changed."""
        self.changes += 1

    async def person(self, user: UserId) -> JsonObject | None:
        """See `Sight`."""
        return await self._sight.person(user)

    async def readers(self, record: RecordId) -> Principals:
        """See `Sight`; nobody, for a record that does not exist."""
        found = await self._as_of_now(lambda: self._sight.readers([record]))
        return found.get(record, frozenset())

    async def check(self, user: UserId, record: RecordId, action: Action) -> None:
        """See `Sight`."""
        await self._as_of_now(lambda: self._sight.check(user, record, action))

    async def about(self, user: UserId, entry: EntryId) -> Collection[RecordId]:
        """See `Sight`."""
        return await self._as_of_now(lambda: self._sight.about(user, entry))

    async def _as_of_now(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            changes = self.changes
            answer = await ask()
            if changes == self.changes:
                return answer
