"""The tables of the demo company while it is being made: rows with ids of their own, written at the end at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import JsonObject
from server.store.ids import follow_ids
from server.store.schema import metadata

CHUNK = 1000  # rows of one statement


class Rows:
    """Rows by table. Ids begin at 1: the tables are empty."""

    def __init__(self) -> None:
        self._rows: defaultdict[Table, list[JsonObject]] = defaultdict(list)

    def add(self, table: Table, **values: object) -> int:
        """Adds a row and gives its id, for tables that number their rows."""
        rows = self._rows[table]
        rows.append({"id": len(rows) + 1, **values} if "id" in table.c else values)
        return len(rows)

    def of(self, table: Table) -> Sequence[JsonObject]:
        """The rows of a table; they may still be changed."""
        return self._rows[table]

    async def write(self, connection: AsyncConnection) -> None:
        """Writes everything, each table after those it refers to."""
        for table in metadata.sorted_tables:
            for layout in _layouts(self._rows[table]):
                for start in range(0, len(layout), CHUNK):
                    await connection.execute(insert(table), layout[start : start + CHUNK])
            if "id" in table.c and self._rows[table]:
                await follow_ids(connection, table)


def _layouts(rows: Sequence[JsonObject]) -> list[list[JsonObject]]:
    """Rows with the same columns, in their order; what a row leaves out is left to the column's default."""
    layouts: dict[tuple[str, ...], list[JsonObject]] = {}
    for row in rows:
        layouts.setdefault(tuple(row), []).append(row)
    return list(layouts.values())
