"""A running portal for bots: the real service, two people with their tokens, and a deal."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.domain.words import Kind
from server.store.logins import add_token
from server.store.work import now
from tests.conftest import DATABASE
from tests.servers.caudal import Caudal as Service
from tests.world import open_world

SECRET = "s" * 32


@dataclass(frozen=True, slots=True)
class Office:
    """`ana` and `bot` are tokens; both may do everything. `deal` is a record."""

    service: Service
    ana: str
    bot: str
    deal: int

    @property
    def url(self) -> str:
        """The portal's address."""
        return self.service.url


async def found_office(template: Path, folder: Path) -> Office:
    """An office in `folder`, whose service is not started yet. `template` is a migrated database to copy."""
    data = Path(tempfile.mkdtemp(dir=folder)) / "data"
    data.mkdir()
    empty = Path(shutil.copy(template, data / DATABASE))
    async with open_world(f"sqlite+aiosqlite:///{empty}") as world:
        ana, bot = await world.user("Ana"), await world.user("Bot")
        deal = await world.record(ana, Kind.DEAL, title="120 laptops")
        async with world.store.database.writing() as connection:
            tokens = [await add_token(connection, user, "test", SECRET, now()) for user in (ana, bot)]
    return Office(Service(data, CAUDAL_SECRET=SECRET), tokens[0], tokens[1], int(deal))
