"""Departments, as everybody sees them in the directory and admins in their settings."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import DepartmentId, JsonObject
from server.errors import NotFound
from server.store.log import read_head
from server.store.schema import departments, users
from server.store.stream import Page
from server.store.users import check_admin


async def list_departments(connection: AsyncConnection) -> list[JsonObject]:
    """All by name, each with the one above it: `{"department", "name", "parent"}`."""
    return [
        {"department": row.id, "name": row.name, "parent": row.parent_id}
        for row in await connection.execute(select(departments).order_by(departments.c.name, departments.c.id))
    ]


async def read_departments(connection: AsyncConnection, access: Access) -> Page:
    """The same with how many users each has, sub-departments not included. Raises Forbidden."""
    check_admin(access)
    head = await read_head(connection)
    return Page(head, await _shape(connection), None)


async def show_department(connection: AsyncConnection, access: Access, department: DepartmentId) -> JsonObject:
    """One of them. Raises Forbidden, NotFound."""
    check_admin(access)
    for shown in await _shape(connection):
        if shown["department"] == department:
            return shown
    raise NotFound(f"there is no department {department}", department=department)


async def _shape(connection: AsyncConnection) -> list[JsonObject]:
    counted = select(users.c.department_id, func.count().label("users")).group_by(users.c.department_id)
    members = {row.department_id: row.users for row in await connection.execute(counted)}
    listed = await list_departments(connection)
    return [shape | {"users": members.get(shape["department"], 0)} for shape in listed]
