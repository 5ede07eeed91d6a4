"""People and their passwords and tokens, as the shell reads and writes them: without a login, so below all rights."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import UserId
from server.errors import Conflict, NotFound
from server.store import Store
from server.store.defaults import ADMINISTRATOR, add_defaults
from server.store.logins import add_token
from server.store.schema import departments, logins, roles, user_roles, users
from server.store.work import now


@dataclass(frozen=True, slots=True)
class Person:
    """A person as listed; what is missing is an empty text."""

    user: UserId
    name: str
    email: str
    department: str
    admin: bool
    active: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be; `department` and `roles` are names of existing ones."""

    name: str
    email: str
    password_hash: str
    language: str
    admin: bool
    department: str | None
    roles: tuple[str, ...]


class Accounts:
    """The accounts of one portal. `pepper` is the portal's secret."""

    def __init__(self, store: Store, pepper: str) -> None:
        self._database = store.database
        self._pepper = pepper

    async def everybody(self) -> list[Person]:
        """All people, bots and walls, in the order in which they were made."""
        async with self._database.reading() as connection:
            held = await _roles_by_user(connection)
            columns = (users.c.id, users.c.name, users.c.email, users.c.admin, users.c.active)
            chosen = select(*columns, departments.c.name.label("department")).join(departments, isouter=True)
            return [
                Person(
                    user=UserId(row.id),
                    name=row.name,
                    email=row.email or "",
                    department=row.department or "",
                    admin=bool(row.admin),
                    active=bool(row.active),
                    roles=tuple(held.get(row.id, ())),
                )
                for row in await connection.execute(chosen.order_by(users.c.id))
            ]

    async def find(self, email: str) -> UserId:
        """The user with this e-mail address. Raises NotFound."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(users.c.id).where(users.c.email == email))
        user = found.scalar_one_or_none()
        if user is None:
            raise NotFound(f"there is nobody with the e-mail address {email}")
        return UserId(user)

    async def first_admin(self) -> UserId:
        """The oldest active admin. Raises NotFound."""
        admins = select(users.c.id).where(users.c.admin, users.c.active).order_by(users.c.id).limit(1)
        async with self._database.reading() as connection:
            user = (await connection.execute(admins)).scalar_one_or_none()
        if user is None:
            raise NotFound("there is no admin yet: make one with `caudal user add EMAIL NAME --admin`")
        return UserId(user)

    async def add(self, person: NewPerson) -> UserId:
        """Adds a person; a portal that has nothing yet gets its stages and roles first.

        Raises NotFound for an unknown role or department, Conflict for a known e-mail address.
        """
        async with self._database.writing() as connection:
            await add_defaults(connection)
            names = (*person.roles, ADMINISTRATOR) if person.admin else person.roles
            granted = [await _role(connection, name) for name in names]
            row = {
                "type": "person",
                "name": person.name,
                "email": person.email,
                "password_hash": person.password_hash,
                "language": person.language,
                "admin": person.admin,
                "department_id": await _department(connection, person.department) if person.department else None,
                "created_at": now(),
            }
            try:
                user = (await connection.execute(insert(users).values(row).returning(users.c.id))).scalar_one()
            except IntegrityError:
                raise Conflict(f"somebody has the e-mail address {person.email} already") from None
            for role in dict.fromkeys(granted):
                await connection.execute(insert(user_roles).values(user_id=user, role_id=role))
        return UserId(user)

    async def change_password(self, user: UserId, password_hash: str) -> None:
        """Sets another password and ends the user's logins."""
        async with self._database.writing() as connection:
            await connection.execute(update(users).where(users.c.id == user).values(password_hash=password_hash))
            await connection.execute(delete(logins).where(logins.c.user_id == user))

    async def create_token(self, user: UserId, name: str) -> str:
        """Makes a token and returns it; it is stored nowhere."""
        async with self._database.writing() as connection:
            return await add_token(connection, user, name, self._pepper, now())


async def _roles_by_user(connection: AsyncConnection) -> dict[int, list[str]]:
    named = select(user_roles.c.user_id, roles.c.name).join(roles, roles.c.id == user_roles.c.role_id)
    held: dict[int, list[str]] = {}
    for row in await connection.execute(named.order_by(roles.c.name)):
        held.setdefault(row.user_id, []).append(row.name)
    return held


async def _role(connection: AsyncConnection, name: str) -> int:
    role: int | None = (await connection.execute(select(roles.c.id).where(roles.c.name == name))).scalar_one_or_none()
    if role is None:
        names = (await connection.execute(select(roles.c.name).order_by(roles.c.name))).scalars()
        raise NotFound(f"there is no role {name}; there are: {', '.join(names) or 'none'}")
    return role


async def _department(connection: AsyncConnection, name: str) -> int:
    found = (await connection.execute(select(departments.c.id).where(departments.c.name == name))).scalars().all()
    if len(found) != 1:
        raise NotFound(f"there is no department {name}" if not found else f"several departments are called {name}")
    return int(found[0])
