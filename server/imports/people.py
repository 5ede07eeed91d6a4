"""Rows that are users: people who cannot sign in before somebody gives them a password, in departments by path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.departments import add_department
from server.actions.reading import begin_reading
from server.actions.rights import move_records, tell_holders
from server.actions.users import tell_directory
from server.domain.access import Access
from server.domain.text import check_email, clean_line, fold
from server.domain.words import DepartmentId, EntryId, UserId
from server.errors import FieldError, Invalid
from server.imports.cells import fill
from server.imports.directory import Directory, Pretended
from server.imports.mapping import File
from server.imports.plan import Plan, Values, Wanted
from server.imports.table import Row
from server.store.schema import departments, user_roles, users
from server.store.work import Work

BETWEEN = "/"  # of a department's path: "Central / Team North"


class People:
    """The importer of one file of users. They are found again by e-mail, or by name where the file has none."""

    def __init__(self, file: File, directory: Directory) -> None:
        self._sources = {path: fill(source) for path, source in file.sources().items()}
        self._directory = directory

    def pretended(self, added: Wanted, id: int) -> Pretended:
        """A person is named by name or e-mail."""
        names = (added.values["name"], added.values.get("email"), added.row.key)
        return Pretended("user", id, tuple(dict.fromkeys(str(name) for name in names if name)))

    async def plan(self, connection: AsyncConnection, access: Access, rows: Sequence[Wanted]) -> Plan:
        """Which people are new, changed, unchanged, wrong."""
        plan = Plan()
        there = await self._there(connection)
        for each in rows:
            row, values = each.row, each.values
            if not access.admin:
                plan.refused.append((row, Invalid.one("", "forbidden", "only admins may create users")))
                continue
            before = there.get(fold(str(values.get("email") or values["name"])))
            if before is None:
                plan.added.append(Wanted(row, values))
            else:
                wanted = {name: value for name, value in values.items() if name != "role"}  # admins give roles
                plan.note(row, cast(int, before["id"]), before, wanted)
        return plan

    def values(self, row: Row) -> Values:
        """The row's fields, checked."""
        values: Values = {}
        errors: list[FieldError] = []
        for name, text_of in self._sources.items():
            text = text_of(row.cells)
            try:
                values[name] = self._value(name, text)
            except Invalid as error:
                errors += error.errors
        if not values.get("name") and not errors:
            errors.append(FieldError("name", "required"))
        if errors:
            raise Invalid(errors)
        return values

    def _value(self, name: str, text: str) -> object:
        if name == "department":
            return tuple(filter(None, (clean_line(part, name) for part in text.split(BETWEEN))))
        if name == "email":
            return check_email(text, name) if text else None
        if name == "role":
            return self._directory.roles.find(text, name) if text else None
        return clean_line(text, name, limit={"language": 8, "time_zone": 64}.get(name, 255))

    async def _there(self, connection: AsyncConnection) -> dict[str, Values]:
        """Everybody by folded e-mail and name, with the fields a row can set."""
        paths = await _paths(connection)
        found: dict[str, Values] = {}
        for row in await connection.execute(select(users).where(users.c.type == "person").order_by(users.c.id.desc())):
            person: Values = {name: getattr(row, name) for name in ("id", "name", "email", "language", "time_zone")}
            person["department"] = () if row.department_id is None else paths[row.department_id]
            found[fold(row.name)] = person
            if row.email:
                found[fold(row.email)] = person
        return found

    async def write(self, work: Work, plan: Plan, card: EntryId) -> None:  # noqa: ARG002 (people have no entries)
        """Makes and changes users, with the departments they need."""
        known = {path: id for id, path in (await _paths(work.connection)).items()}
        for added in plan.added:
            await self._add(work, known, added.values)
        await begin_reading(work.connection)
        for alteration in plan.changed:
            await self._change(work, known, UserId(alteration.id), alteration.values)

    async def _add(self, work: Work, known: dict[tuple[str, ...], int], values: Values) -> None:
        row = await self._columns(work, known, values) | {"type": "person", "created_at": work.at}
        user = (await work.connection.execute(insert(users).values(row).returning(users.c.id))).scalar_one()
        if values.get("role"):
            role = {"user_id": user, "role_id": values["role"]}
            await work.connection.execute(insert(user_roles).values(role))
        await tell_directory(work, UserId(user))

    async def _change(self, work: Work, known: dict[tuple[str, ...], int], user: UserId, values: Values) -> None:
        row = await self._columns(work, known, values)
        await work.connection.execute(update(users).where(users.c.id == user).values(row))
        if "department_id" in row:  # their records belong to the department they are in
            await move_records(work, user, DepartmentId(cast(int, row["department_id"])))
            tell_holders(work, [user])
        await tell_directory(work, user)

    async def _columns(self, work: Work, known: dict[tuple[str, ...], int], values: Values) -> Values:
        row = {name: value for name, value in values.items() if name not in {"department", "role"}}
        row = {name: value for name, value in row.items() if value or name == "email"}
        if path := cast("tuple[str, ...]", values.get("department", ())):
            row["department_id"] = await _department(work, known, path)
        return row


async def _paths(connection: AsyncConnection) -> dict[int, tuple[str, ...]]:
    """Every department with the names from the top of the tree down to it."""
    rows = {row.id: row for row in await connection.execute(select(departments))}

    def path(id: int) -> tuple[str, ...]:
        row = rows[id]
        return (*(path(row.parent_id) if row.parent_id is not None else ()), row.name)

    return {id: path(id) for id in rows}


async def _department(work: Work, known: dict[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """The department at a path, made with those above it where they are missing."""
    if path not in known:
        parent = await _department(work, known, path[:-1]) if len(path) > 1 else None
        known[path] = await add_department(work, path[-1], parent)
    return known[path]
