"""Names as files write them, and what they stand for in the portal: people, companies, products, stages.

Only what the importing user may read is found, so that an import answers nothing that a search would not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.text import fold
from server.domain.words import Kind
from server.errors import Invalid
from server.store.access import readable
from server.store.schema import pipelines, products, records, roles, sources, stages, users

FIRST_PRETENDED = 2**62  # ids of what a dry run would have made; no database gets this far


@dataclass(slots=True)
class Index:
    """The things of one noun by name, whatever its case and accents; those of the same import win over others."""

    noun: str
    _all: dict[str, set[int]] = field(default_factory=dict)
    _own: dict[str, set[int]] = field(default_factory=dict)

    def add(self, name: str | None, id: int, *, own: bool = False) -> None:
        """Makes a thing known by a name."""
        if name:
            self._all.setdefault(fold(name), set()).add(id)
            if own:
                self._own.setdefault(fold(name), set()).add(id)

    def find(self, name: str, field: str) -> int:
        """The one thing of this name. Raises Invalid: `unknown`, or `ambiguous` when there are several."""
        folded = fold(name)
        found = self._own.get(folded) or self._all.get(folded) or set()
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise Invalid.one(field, "ambiguous", f"there are {len(found)} of {self.noun} {name!r}")
        raise Invalid.one(field, "unknown", f"there is no {self.noun} {name!r}")


@dataclass(frozen=True, slots=True)
class Pretended:
    """One thing that a dry run would have made: the file after it must find it."""

    noun: str
    id: int
    names: tuple[str, ...]


@dataclass(slots=True)
class Directory:
    """Everything that one file can name, as of the moment it is begun."""

    users: Index = field(default_factory=lambda: Index("user"))
    departments: dict[int, int | None] = field(default_factory=dict)
    """The department of each user."""
    records: dict[Kind, Index] = field(default_factory=dict)
    products: Index = field(default_factory=lambda: Index("product"))
    prices: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and price of each product."""
    pipelines: Index = field(default_factory=lambda: Index("pipeline"))
    first_pipeline: int | None = None
    stages: dict[tuple[Kind, int | None], Index] = field(default_factory=dict)
    first_stage: dict[tuple[Kind, int | None], int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    roles: Index = field(default_factory=lambda: Index("role"))

    def pretend(self, things: Collection[Pretended]) -> None:
        """Adds what earlier files of a dry run would have made."""
        for thing in things:
            for name in thing.names:
                if thing.noun == "user":
                    self.users.add(name, thing.id, own=True)
                    self.departments[thing.id] = None
                elif thing.noun == "product":
                    self.products.add(name, thing.id, own=True)
                    self.prices.setdefault(thing.id, (thing.names[0], "0"))
                elif Kind(thing.noun) in self.records:
                    self.records[Kind(thing.noun)].add(name, thing.id, own=True)


async def read_directory(
    connection: AsyncConnection, access: Access, origin: str, kinds: Collection[Kind]
) -> Directory:
    """What can be named now; records only of `kinds`, since a portal has many."""
    found = Directory()
    people = select(users.c.id, users.c.name, users.c.email, users.c.department_id).where(users.c.active)
    for row in await connection.execute(people):
        found.users.add(row.name, row.id)
        found.users.add(row.email, row.id)
        found.departments[row.id] = row.department_id
    for row in await connection.execute(select(products)):
        own = row.origin == origin
        found.products.add(row.name, row.id, own=own)
        found.products.add(row.external_id if own else None, row.id, own=own)
        found.prices[row.id] = (row.name, str(row.price))
    for kind in kinds:
        index = found.records[kind] = Index(kind)
        columns = (records.c.id, records.c.title, records.c.origin, records.c.external_id)
        for row in await connection.execute(select(*columns).where(records.c.kind == str(kind), readable(access))):
            own = row.origin == origin
            index.add(row.title, row.id, own=own)
            index.add(row.external_id if own else None, row.id, own=own)
    await _read_settings(connection, found)
    return found


async def _read_settings(connection: AsyncConnection, found: Directory) -> None:
    for row in await connection.execute(select(pipelines).order_by(pipelines.c.sort, pipelines.c.id)):
        found.pipelines.add(row.name, row.id)
        found.first_pipeline = found.first_pipeline or row.id
    for row in await connection.execute(select(stages).order_by(stages.c.sort, stages.c.id)):
        of = (Kind(row.kind), row.pipeline_id)
        found.stages.setdefault(of, Index("stage")).add(row.name, row.id)
        found.first_stage.setdefault(of, row.id)
    for row in await connection.execute(select(sources)):
        found.sources |= {fold(row.code): row.code, fold(row.name): row.code}
    for row in await connection.execute(select(roles)):
        found.roles.add(row.name, row.id)
