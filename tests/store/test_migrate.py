"""The migrations lead to the schema that the code means, there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

from server.store.database import Database
from server.store.migrate import configure, is_current, migrate
from server.store.schema import log_head, metadata


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    found = Database(empty_database_url)
    yield found
    await found.close()


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_the_schema_that_the_code_means(database: Database) -> None:
    assert not await is_current(database)

    await migrate(database)

    assert await is_current(database)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_keeps_the_epoch_of_the_log(database: Database) -> None:
    await migrate(database)
    async with database.reading() as connection:
        epoch = (await connection.execute(select(log_head.c.epoch))).scalar_one()

    await migrate(database)

    async with database.reading() as connection:
        assert (await connection.execute(select(log_head.c.epoch))).scalars().all() == [epoch]


async def test_the_way_back_leaves_nothing(database: Database) -> None:
    await migrate(database)

    async with database.writing() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configure(sync), "base"))
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert set(left) <= {"alembic_version", "sqlite_sequence"}
