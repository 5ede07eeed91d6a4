"""What a batch of rows comes to: things to add, things to change, rows that say nothing new, rows that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import EntryId
from server.errors import Invalid
from server.imports.directory import Pretended
from server.imports.table import Row
from server.store.work import Work

Values: TypeAlias = dict[str, object]
"""Fields by name, in the shapes of `server.actions.fields`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row and the fields it wants."""

    row: Row
    values: Values


@dataclass(frozen=True, slots=True)
class Alteration:
    """A row that differs from what is there: `before` holds all mapped fields, `values` those that change."""

    row: Row
    id: int
    before: Values
    values: Values


@dataclass(slots=True)
class Plan:
    """What is to be done with some rows, as of the moment it was made."""

    added: list[Wanted] = field(default_factory=list)
    changed: list[Alteration] = field(default_factory=list)
    unchanged: list[Wanted] = field(default_factory=list)
    refused: list[tuple[Row, Invalid]] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.added or self.changed)

    def note(self, row: Row, id: int, before: Values, wanted: Values) -> None:
        """Puts a row whose thing is there already where it belongs."""
        values = {name: value for name, value in wanted.items() if value != before.get(name)}
        if values:
            self.changed.append(Alteration(row, id, before, values))
        else:
            self.unchanged.append(Wanted(row, wanted))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, read once however often they are planned."""

    wanted: Sequence[Wanted]
    refused: Sequence[tuple[Row, Invalid]]


class Importer(Protocol):
    """One kind of row. Made anew for every file, by what the portal holds then."""

    def values(self, row: Row) -> Values:
        """The fields a row wants, by what the portal held when the file was begun. Raises Invalid naming all wrong ones."""

    async def plan(self, connection: AsyncConnection, access: Access, rows: Sequence[Wanted]) -> Plan:
        """What is to be done with some rows. Reads only."""

    async def write(self, work: Work, plan: Plan, card: EntryId) -> None:
        """Does what a plan says, in the plan's transaction; entries are folded into the card."""

    def pretended(self, added: Wanted, id: int) -> Pretended:
        """How the files after this one would name what a new row makes."""


def read_batch(importer: Importer, rows: Sequence[Row]) -> Batch:
    """Reads every row, good and bad."""
    wanted: list[Wanted] = []
    refused: list[tuple[Row, Invalid]] = []
    for row in rows:
        try:
            wanted.append(Wanted(row, importer.values(row)))
        except Invalid as error:
            refused.append((row, error))
    return Batch(wanted, refused)
