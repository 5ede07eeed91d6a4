"""Rows that hang from others, read for many owners at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def grouped(
    connection: AsyncConnection, table: Table, by: str, owners: Sequence[int]
) -> Mapping[int, list[Row[tuple[object, ...]]]]:
    """The rows of `table` that belong to some owners, in their `sort` order; owners without rows have none."""
    groups: defaultdict[int, list[Row[tuple[object, ...]]]] = defaultdict(list)
    if owners:
        order = [table.c.sort, *table.primary_key.columns] if "sort" in table.c else list(table.primary_key.columns)
        for row in await connection.execute(select(table).where(table.c[by].in_(owners)).order_by(*order)):
            groups[getattr(row, by)].append(row)
    return groups
