"""Users as admins make and change them: people, bots and walls. What one changes about oneself is in `people`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TypeAlias, cast
from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import delete, insert, select, update

from server.actions.arguments import Id
from server.actions.credentials import end_logins
from server.actions.people import LANGUAGES
from server.actions.reading import begin_reading
from server.actions.rights import move_records, tell_holders
from server.actions.verbs import Noun, Outcome, verb
from server.domain.events import Name, Reach
from server.domain.text import check_email, clean_line
from server.domain.words import DepartmentId, JsonObject, UserId
from server.errors import FieldError, Invalid, NotFound
from server.store.drafts import Draft, Image
from server.store.schema import departments, logins, roles, user_roles, users
from server.store.users import check_admin, list_people
from server.store.work import Work


class Type(StrEnum):
    """What a user is."""

    PERSON = "person"
    BOT = "bot"
    WALL = "wall"


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """A user to make. People need an e-mail address; `department` and `roles` are ids."""

    name: str
    type: Type = Type.PERSON
    email: str | None = None
    department: Id | None = None
    roles: list[Id] = []
    admin: bool = False
    language: str = LANGUAGES[0]
    time_zone: str = "UTC"


class UserEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; the rest stays. `roles` are all that the user has from then on."""

    user: Id
    name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    department: Id | UnsetType | None = UNSET
    roles: list[Id] | UnsetType = UNSET
    admin: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET


@verb("user.add", NewUser)
async def add(work: Work, new: NewUser) -> Outcome:
    """Makes a user, who can sign in as soon as there is a password or a token."""
    check_admin(work.access)
    given = msgspec.structs.asdict(new)
    if new.type == Type.PERSON and not new.email:
        raise Invalid.one("email", "required", "a person signs in with it")
    values = await _checked(work, given, None)
    row = columns(values) | {"type": str(new.type), "created_at": work.at}
    user = UserId((await work.connection.execute(insert(users).values(row).returning(users.c.id))).scalar_one())
    await begin_reading(work.connection)
    await _give(work, user, new.roles)
    await tell_directory(work, user)
    return Outcome(Noun.USER, user)


@verb("user.change", UserEdit)
async def change(work: Work, wanted: UserEdit) -> Outcome:
    """Changes a user, on all screens at once; disabling closes theirs."""
    check_admin(work.access)
    user = UserId(wanted.user)
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    admins = await _lock_admins(work) if given.get("admin") is False or given.get("active") is False else frozenset()
    row = (await work.connection.execute(select(users).where(users.c.id == user).with_for_update())).one_or_none()
    if row is None:
        raise NotFound(f"there is no user {user}", user=user)
    if row.type == Type.PERSON and given.get("email", row.email) is None and row.email is not None:
        raise Invalid.one("email", "required", "a person signs in with it")
    values = await _checked(work, given, user)
    if admins == {user}:
        raise Invalid.one("admin" if "admin" in given else "active", "last_admin", "somebody has to manage the portal")
    changed = {name: value for name, value in columns(values).items() if value != getattr(row, name)}
    if changed:
        await work.connection.execute(update(users).where(users.c.id == user).values(changed))
    regranted = wanted.roles is not UNSET and await _give(work, user, wanted.roles)
    await _tell(work, user, changed, regranted=regranted)
    return Outcome(Noun.USER, user)


async def _tell(work: Work, user: UserId, changed: JsonObject, *, regranted: bool) -> None:
    if "department_id" in changed:
        await move_records(work, user, cast("DepartmentId | None", changed["department_id"]))
    if regranted or changed.keys() & {"department_id", "admin", "active"}:
        tell_holders(work, [user])
    if changed.get("active") is False:
        await end_logins(work, logins.c.user_id == user, "revoked")
    if changed.keys() & {"name", "email", "department_id", "active"}:
        await tell_directory(work, user)


async def tell_directory(work: Work, user: UserId) -> None:
    """How everybody sees a user, on every screen."""
    (person,) = await list_people(work.connection, [user])
    work.record(Draft(Name.USER_CHANGED, reach=Reach.PORTAL, frozen=Image(data={"user": person})))


async def _lock_admins(work: Work) -> frozenset[UserId]:
    """The people who manage the portal as of now; nobody else changes that before the commit."""
    managing = (users.c.admin, users.c.active, users.c.type == str(Type.PERSON))
    found = await work.connection.execute(select(users.c.id).where(*managing).order_by(users.c.id).with_for_update())
    return frozenset(UserId(user) for user in found.scalars())


async def _give(work: Work, user: UserId, wanted: list[int]) -> bool:
    """Gives a user exactly these roles; whether that changes anything."""
    own = user_roles.c.user_id == user
    before = set((await work.connection.execute(select(user_roles.c.role_id).where(own))).scalars())
    if before == set(wanted):
        return False
    await work.connection.execute(delete(user_roles).where(own))
    if wanted:
        rows = [{"user_id": user, "role_id": role} for role in dict.fromkeys(wanted)]
        await work.connection.execute(insert(user_roles), rows)
    return True


def columns(values: JsonObject) -> JsonObject:
    """Checked fields as columns of `users`."""
    row = {name: value for name, value in values.items() if name not in {"user", "roles", "type", "department"}}
    return row | ({"department_id": values["department"]} if "department" in values else {})


async def _checked(work: Work, given: JsonObject, user: UserId | None) -> JsonObject:
    """Every field as it will be kept. Raises Invalid naming all wrong ones."""
    values = dict(given)
    errors: list[FieldError] = []
    for name, check in CHECKS.items():
        if given.get(name) is not None:
            try:
                values[name] = await check(work, given[name], user)
            except Invalid as error:
                errors.extend(error.errors)
    if errors:
        raise Invalid(errors)
    return values


Check: TypeAlias = Callable[[Work, object, "UserId | None"], Awaitable[object]]


async def _name(_: Work, value: object, __: UserId | None) -> str:
    if cleaned := clean_line(cast(str, value), "name"):
        return cleaned
    raise Invalid.one("name", "required")


async def _email(work: Work, value: object, user: UserId | None) -> str:
    address = check_email(cast(str, value), "email").lower()
    owner = (await work.connection.execute(select(users.c.id).where(users.c.email == address))).scalar_one_or_none()
    if owner not in {None, user}:
        raise Invalid.one("email", "taken", f"somebody has the e-mail address {address} already")
    return address


async def _department(work: Work, value: object, _: UserId | None) -> object:
    found = await work.connection.execute(select(departments.c.id).where(departments.c.id == value))
    if found.first() is None:
        raise Invalid.one("department", "not_found", "there is no such department", department=value)
    return value


async def _roles(work: Work, value: object, _: UserId | None) -> object:
    wanted = set(cast("list[int]", value))
    found = await work.connection.execute(select(roles.c.id).where(roles.c.id.in_(wanted)))
    if lacking := sorted(wanted - set(found.scalars())):
        raise Invalid.one("roles", "not_found", "there is no such role", role=lacking[0])
    return value


async def _language(_: Work, value: object, __: UserId | None) -> object:
    if value not in LANGUAGES:
        raise Invalid.one("language", "choice", f"one of {', '.join(LANGUAGES)}")
    return value


async def _time_zone(_: Work, value: object, __: UserId | None) -> object:
    if value not in available_timezones():
        raise Invalid.one("time_zone", "choice", "a name of the IANA time zone database")
    return value


CHECKS: Mapping[str, Check] = {
    "name": _name,
    "email": _email,
    "department": _department,
    "roles": _roles,
    "language": _language,
    "time_zone": _time_zone,
}
