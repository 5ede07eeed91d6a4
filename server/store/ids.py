"""Numbers for many new rows at once, given before the rows are written: one plain statement then writes them all.

(`RETURNING` in a given order is one statement per row on SQLite.)
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

_SEQUENCES = table("sqlite_sequence", column("name"), column("seq"))


async def take_ids(connection: AsyncConnection, of: Table, number: int) -> Sequence[int]:
    """The ids of `number` rows to be inserted into a table made with `columns.key`, ascending.

    On SQLite they are the transaction's own, because it is the only writer; on PostgreSQL they come from the sequence.
    """
    if connection.dialect.name == "sqlite":
        taken = select(_SEQUENCES.c.seq).where(_SEQUENCES.c.name == of.name)
        last: int = (await connection.execute(taken)).scalar_one_or_none() or 0
        return range(last + 1, last + 1 + number)
    drawn = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :number)")
    return sorted((await connection.execute(drawn, {"name": of.name, "number": number})).scalars())


async def follow_ids(connection: AsyncConnection, of: Table) -> None:
    """Makes the database count on after rows that were written with ids of their own."""
    if connection.dialect.name != "sqlite":  # SQLite does by itself
        counted = text(f"SELECT setval(pg_get_serial_sequence(:name, 'id'), (SELECT max(id) FROM \"{of.name}\"))")  # noqa: S608 (our own table)
        await connection.execute(counted, {"name": of.name})
