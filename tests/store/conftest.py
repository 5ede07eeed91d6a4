"""A small company on a database of the test's own, SQLite and PostgreSQL in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.world import World, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """See `tests.world`."""
    async with open_world(database_url) as world:
        yield world
