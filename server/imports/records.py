"""Rows that are records: what they want, and how that differs from what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.record_rows import departments_of
from server.domain.access import Access, Action, Owned
from server.domain.records import fields_of, links_of
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, UserId
from server.errors import Invalid
from server.imports.directory import Directory, Pretended
from server.imports.mapping import File, Format
from server.imports.plan import Plan, Values, Wanted
from server.imports.record_rows import RecordRows
from server.imports.table import Row
from server.imports.writing import Making, write_added, write_changed
from server.store.schema import records
from server.store.snapshots import Snapshot, read_snapshots
from server.store.work import Work


def kinds_named(file: File) -> set[Kind]:
    """The kinds of record that rows of a file can refer to."""
    return {field.kind for field in links_of(Kind(file.kind)) if field.kind and field.name in file.fields}


class Records:
    """The importer of one file of records."""

    def __init__(self, file: File, format: Format, origin: str, directory: Directory, importer: UserId) -> None:
        self._kind = Kind(file.kind)
        self._rows = RecordRows(file, format, directory)
        self._origin = origin
        self._directory = directory
        self._importer = importer

    def pretended(self, added: Wanted, id: int) -> Pretended:
        """A record is named by its title or its id in the file."""
        return Pretended(self._kind, id, (str(added.values["title"]), added.row.key))

    def values(self, row: Row) -> Values:
        """The row's fields, checked as if a person had typed them."""
        return self._rows.values(row)

    async def plan(self, connection: AsyncConnection, access: Access, rows: Sequence[Wanted]) -> Plan:
        """Which rows are new, changed, unchanged, forbidden."""
        plan = Plan()
        there = await self._there(connection, rows)
        for each in rows:
            try:
                self._place(plan, access, each, there.get(each.row.key))
            except Invalid as error:
                plan.refused.append((each.row, error))
        return plan

    async def write(self, work: Work, plan: Plan, card: EntryId) -> None:
        """Writes additions and alterations, each kind of row at once."""
        fields = [*(added.values for added in plan.added), *(changed.values for changed in plan.changed)]
        people = {UserId(cast(int, values["responsible"])) for values in fields if "responsible" in values}
        departments = await departments_of(work, people)
        of = Making(self._kind, self._origin, departments)
        await write_added(work, of, plan.added, card)
        await write_changed(work, of, plan.changed, card)

    async def _there(self, connection: AsyncConnection, rows: Sequence[Wanted]) -> dict[str, Snapshot]:
        """What earlier imports of the same origin made of these rows."""
        keys = [each.row.key for each in rows]
        own = (records.c.kind == str(self._kind), records.c.origin == self._origin, records.c.external_id.in_(keys))
        found = await connection.execute(select(records.c.id, records.c.external_id).where(*own))
        ids = {row.id: row.external_id for row in found}
        names = {name for each in rows for name in each.values}
        snapshots = await read_snapshots(connection, self._kind, list(ids), names)
        return {ids[record]: snapshot for record, snapshot in snapshots.items()}

    def _place(self, plan: Plan, access: Access, wanted: Wanted, there: Snapshot | None) -> None:
        row, values = wanted.row, wanted.values
        if there is None:
            values = self._with_defaults(values)
            if not access.may(Action.CREATE, self._owned(values)):
                raise Invalid.one("", "forbidden", f"you may not create this {self._kind}")
            plan.added.append(Wanted(row, values))
            return
        if not (access.may(Action.READ, there.owned) and access.may(Action.UPDATE, there.owned)):
            raise Invalid.one("", "forbidden", f"you may not update this {self._kind}")
        if "custom" in values:
            merged = cast(JsonObject, there.values["custom"]) | cast(JsonObject, values["custom"])
            values = values | {"custom": merged}
        plan.note(row, there.id, there.values, values)

    def _owned(self, values: Values) -> Owned:
        responsible = UserId(cast(int, values["responsible"]))
        department = self._directory.departments.get(responsible)
        opened = bool(values.get("opened"))
        return Owned(self._kind, responsible, None if department is None else DepartmentId(department), opened)

    def _with_defaults(self, values: Values) -> Values:
        values = {"responsible": self._importer, "custom": {}} | values
        if self._kind == Kind.QUOTE:
            values.setdefault("number", values["title"])
        pipeline = None
        if self._kind == Kind.DEAL:
            pipeline = values.setdefault("pipeline", self._directory.first_pipeline)
            if pipeline is None:
                raise Invalid.one("pipeline", "required", "the portal has no pipeline")
        if "stage" in fields_of(self._kind) and "stage" not in values:
            values["stage"] = self._directory.first_stage.get((self._kind, cast("int | None", pipeline)))
        return values
