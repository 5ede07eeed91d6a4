"""Users, passwords and tokens, as the shell reads and writes them: without a login, by the verbs of the portal itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions import users as users_verbs
from server.actions.credentials import NewToken, TokenChoice, add_token, revoke_token, set_password
from server.actions.users import NewUser, Type, UserEdit
from server.domain.access import Access
from server.domain.words import JsonObject, UserId
from server.errors import NotFound
from server.store import Store
from server.store.defaults import ADMINISTRATOR, add_defaults
from server.store.logins import hash_secret, new_token
from server.store.schema import departments, roles, user_roles, users
from server.store.tokens import read_tokens
from server.store.work import PORTAL


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
        self._works = store.works
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

    async def find(self, who: str) -> UserId:
        """The user with this e-mail address or number. Raises NotFound."""
        number = who.isascii() and who.isdecimal() and len(who) < 19
        chosen = select(users.c.id).where(users.c.id == int(who) if number else users.c.email == who.lower())
        async with self._database.reading() as connection:
            user = (await connection.execute(chosen)).scalar_one_or_none()
        if user is None:
            raise NotFound(f"there is no user {who}" if number else f"there is nobody with the e-mail address {who}")
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

        Raises NotFound for an unknown role or department, Invalid for a known e-mail address.
        """
        async with self._works.open_unattended() as work:
            await add_defaults(work.connection)
            names = (*person.roles, ADMINISTRATOR) if person.admin else person.roles
            new = NewUser(
                name=person.name,
                email=person.email,
                department=await _department(work.connection, person.department) if person.department else None,
                roles=[await _role(work.connection, name) for name in names],
                admin=person.admin,
                language=person.language,
            )
            user = UserId((await users_verbs.add(work, new)).id)
            await set_password(work, user, person.password_hash)
        return user

    async def add_bot(self, name: str, roles: Sequence[str], department: str | None) -> UserId:
        """Adds a bot. Raises NotFound for an unknown role or department."""
        async with self._works.open_unattended() as work:
            team = await _department(work.connection, department) if department else None
            granted = [await _role(work.connection, role) for role in roles]
            new = NewUser(name=name, type=Type.BOT, department=team, roles=granted)
            return UserId((await users_verbs.add(work, new)).id)

    async def set_active(self, user: UserId, *, active: bool) -> None:
        """Disables a user, whose screens close, or lets them in again. Raises Invalid for the last admin."""
        async with self._works.open_unattended() as work:
            await users_verbs.change(work, UserEdit(user=user, active=active))

    async def change_password(self, user: UserId, password_hash: str) -> None:
        """Sets another password and ends the user's logins."""
        async with self._works.open_unattended() as work:
            await set_password(work, user, password_hash)

    async def create_token(self, user: UserId, name: str) -> str:
        """Makes a token and returns it; it is stored nowhere."""
        token = new_token()
        async with self._works.open_unattended() as work:
            await add_token(work, NewToken(user=user, name=name, hash=hash_secret(token, self._pepper)))
        return token

    async def tokens(self) -> Sequence[JsonObject]:
        """All tokens, as `server.store.tokens` shows them."""
        async with self._database.reading() as connection:
            return (await read_tokens(connection, Access(PORTAL, admin=True))).items

    async def revoke_token(self, token: int) -> None:
        """Ends a token and what it opened. Raises NotFound."""
        async with self._works.open_unattended() as work:
            await revoke_token(work, TokenChoice(token=token))


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
