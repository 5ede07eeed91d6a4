"""The short forms: a person, a department, a record or a stage inside something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.text import parse_mentions
from server.domain.words import JsonObject
from server.store.schema import departments, records, stages, users


class Names:
    """Looks up names in one go. Collect what is needed with `need`, then `load`, then ask."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = {"user": set(), "department": set(), "record": set(), "stage": set()}
        self._found: dict[str, Mapping[int, Row[tuple[object, ...]]]] = {}

    def need(self, what: str, *ids: int | None) -> None:
        """Asks for `user`, `department`, `record` or `stage` ids; None is passed over."""
        self._wanted[what].update(number for number in ids if number is not None)

    def need_text(self, text: str) -> None:
        """Asks for everything a text mentions."""
        mentions = parse_mentions(text)
        self.need("user", *mentions.users)
        self.need("record", *mentions.records)

    def need_value(self, value: object) -> None:
        """Asks for what a stored value points to: `{"stage": 5}`, `{"user": 7}`, `{"record": 9}`."""
        if isinstance(value, dict):
            for what in ("stage", "user", "record"):
                self.need(what, value.get(what))

    async def load(self, connection: AsyncConnection) -> Self:
        """Reads all that was asked for: at most one statement per noun."""
        for what, table in (("record", records), ("user", users), ("department", departments), ("stage", stages)):
            self._found[what] = await _rows(connection, table, self._wanted[what])
        return self

    def person(self, user: int | None) -> JsonObject | None:
        """`{"user", "name"}`; bots say that they are one."""
        row = self._found["user"].get(user) if user is not None else None
        if row is None:
            return None
        person: JsonObject = {"user": row.id, "name": row.name}
        if row.type != "person":
            person[row.type] = True
        return person

    def department(self, department: int) -> JsonObject | None:
        """`{"department", "name"}`."""
        row = self._found["department"].get(department)
        return None if row is None else {"department": row.id, "name": row.name}

    def ref(self, record: int | None) -> JsonObject | None:
        """`{"record", "kind", "title", "responsible"}`."""
        row = self._found["record"].get(record) if record is not None else None
        if row is None:
            return None
        return {"record": row.id, "kind": row.kind, "title": row.title, "responsible": row.responsible_id}

    def refs(self, ids: Iterable[int]) -> list[JsonObject]:
        """The records among `ids` that exist, in order."""
        return [ref for ref in map(self.ref, ids) if ref is not None]

    def people(self, ids: Iterable[int]) -> list[JsonObject]:
        """The people among `ids`, in order."""
        return [person for person in map(self.person, ids) if person is not None]

    def stage(self, stage: int | None) -> JsonObject | None:
        """`{"stage", "name", "meaning"}`."""
        row = self._found["stage"].get(stage) if stage is not None else None
        return None if row is None else {"stage": row.id, "name": row.name, "meaning": row.meaning}

    def value(self, value: object) -> object:
        """A stored value with names in the place of ids."""
        if isinstance(value, dict):
            if "stage" in value:
                return self.stage(value["stage"])
            if "user" in value:
                return self.person(value["user"])
            if "record" in value:
                return self.ref(value["record"])
        return value

    def mentions(self, text: str) -> list[JsonObject]:
        """What the tokens of a text stand for."""
        mentioned = parse_mentions(text)
        return self.people(mentioned.users) + self.refs(mentioned.records)


async def _rows(connection: AsyncConnection, table: Table, ids: set[int]) -> dict[int, Row[tuple[object, ...]]]:
    if not ids:
        return {}
    columns = [column for column in table.c if column.name in _COLUMNS]
    found = await connection.execute(select(*columns).where(table.c.id.in_(sorted(ids))))
    return {row.id: row for row in found}


_COLUMNS = {"id", "name", "type", "kind", "title", "responsible_id", "meaning"}
