"""Reads the log and the tables as they are, past the service: SQL by hand, on a connection of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.history.journal import History, Json, Row

EVERY = 0.05  # s between looks: an event is to be seen before it is edited away
PAGE = 500


class Logbook:
    """Follows the log of one portal into a history: each event as it was first seen, and that it is dense."""

    def __init__(self, url: str, history: History) -> None:
        self._engine = create_async_engine(url, pool_size=2)
        if url.startswith("sqlite"):
            event.listen(self._engine.sync_engine, "connect", _patient)
        self._history = history
        self._reading = asyncio.Lock()
        self.gaps: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._engine.dispose()

    async def follow(self) -> None:
        """Reads what is new, until cancelled."""
        while True:
            try:
                await self.read()
            except (DBAPIError, OSError):
                await asyncio.sleep(EVERY)
            await asyncio.sleep(EVERY)

    async def read(self) -> None:
        """Reads what is new, to the end."""
        async with self._reading:
            while len(await self._page()) == PAGE:
                continue

    async def _page(self) -> list[Mapping[str, object]]:
        chosen = "SELECT * FROM events WHERE position > :last ORDER BY position LIMIT :page"
        found = await self.select(chosen, last=self._history.head, page=PAGE)
        for values in found:
            row = _row(values)
            if row.position != self._history.head + 1 and self._history.head > self._history.floor:
                self.gaps.append(f"the log was seen up to {self._history.head}, then at {row.position}")
            self._history.rows[row.position] = row
            self._history.head = row.position
        return found

    async def select(self, statement: str, **values: object) -> list[Mapping[str, object]]:
        """Rows of any statement."""
        async with self._engine.connect() as connection:
            return [
                cast(Mapping[str, object], row)
                for row in (await connection.execute(text(statement), values)).mappings()
            ]

    async def execute(self, statement: str, **values: object) -> None:
        """Changes something, as no part of the service would."""
        async with self._engine.begin() as connection:
            await connection.execute(text(statement), values)


def _patient(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # DBAPI connections have no common type
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _row(values: Mapping[str, object]) -> Row:
    readers = cast("dict[str, list[str]]", _json(values["readers"]))
    return Row(
        position=cast(int, values["position"]),
        at=cast(int, values["at"]),
        name=cast(str, values["name"]),
        reach=cast(str, values["reach"]),
        actor=cast("int | None", values["actor_id"]),
        entry=cast("int | None", values["entry_id"]),
        activity=cast("int | None", values["activity_id"]),
        records=tuple(cast("list[int]", _json(values["records"]))),
        principals=frozenset(cast("list[str]", _json(values["principals"]))),
        barred=frozenset(cast("list[str]", _json(values["barred"]))),
        audience=frozenset(cast("list[int]", _json(values["audience"]))),
        readers={int(record): frozenset(names) for record, names in readers.items()},
        data=cast(Json, _json(values["data"])),
        ref=cast("str | None", values["ref"]),
    )


def _json(value: object) -> object:
    decoded: object = json.loads(value) if isinstance(value, str | bytes) else value
    return decoded
