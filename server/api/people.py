"""Users, departments and roles over HTTP: administration, for admins alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from server.api.http import Call, Router, answer, done, listed, made
from server.domain.access import Access
from server.domain.words import DepartmentId, JsonObject, UserId
from server.store.departments import read_departments, show_department
from server.store.roles import read_roles, show_role
from server.store.stream import Page
from server.store.users import read_users, show_user

Read: TypeAlias = Callable[[AsyncConnection, Access], Awaitable[Page]]
Show: TypeAlias = Callable[[AsyncConnection, Access, int], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True)
class _Noun:
    """What is administered in the same way: listed, shown, added, changed, and perhaps removed."""

    name: str
    path: str
    read: Read
    show: Show

    async def list(self, call: Call) -> Response:
        """All of them."""
        call.parameters()
        async with call.reading() as (connection, access):
            return listed(self.path, await self.read(connection, access))

    async def one(self, call: Call) -> Response:
        """One of them."""
        call.parameters()
        async with call.reading() as (connection, access):
            return answer(await self.show(connection, access, call.path_id()))

    async def add(self, call: Call) -> Response:
        """A new one."""
        return made(await call.perform(f"{self.name}.add", await call.body()))

    async def change(self, call: Call) -> Response:
        """Some fields of one."""
        return answer(await call.perform(f"{self.name}.change", await call.body() | {self.name: call.path_id()}))

    async def remove(self, call: Call) -> Response:
        """One of them, for good."""
        call.parameters()
        await call.perform(f"{self.name}.remove", {self.name: call.path_id()})
        return done()


USER = _Noun(
    "user", "users", read_users, lambda connection, access, number: show_user(connection, access, UserId(number))
)
DEPARTMENT = _Noun(
    "department",
    "departments",
    read_departments,
    lambda connection, access, number: show_department(connection, access, DepartmentId(number)),
)
ROLE = _Noun("role", "roles", read_roles, show_role)


def add_routes(router: Router) -> None:
    """The same routes for each noun; users are disabled, not removed."""
    for noun in (USER, DEPARTMENT, ROLE):
        router.add("GET", f"/{noun.path}", noun.list)
        router.add("POST", f"/{noun.path}", noun.add)
        router.add("GET", f"/{noun.path}/{{id:id}}", noun.one)
        router.add("PATCH", f"/{noun.path}/{{id:id}}", noun.change)
    router.add("DELETE", "/departments/{id:id}", DEPARTMENT.remove)
    router.add("DELETE", "/roles/{id:id}", remove_role)


async def remove_role(call: Call) -> Response:
    """A role; with `instead`, who has it gets that one."""
    call.parameters("instead")
    await call.perform("role.remove", {"role": call.path_id(), "instead": call.number("instead")})
    return done()
