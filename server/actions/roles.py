"""Roles: what they grant per kind of record and action (PRODUCT §2). Who has one holds other rights at once."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import delete, insert, select, update

from server.actions.arguments import Id
from server.actions.rights import tell_holders
from server.actions.verbs import DONE, Noun, Outcome, verb
from server.domain.access import Action, Level
from server.domain.text import clean_line
from server.domain.words import Kind, UserId
from server.errors import FieldError, Invalid, NotFound
from server.store.roles import LEVELS
from server.store.schema import role_grants, roles, user_roles
from server.store.users import check_admin
from server.store.work import Work

Grants = Mapping[tuple[Kind, Action], Level]


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    """A role to make. `grants`: `{"deal": {"read": "all", "update": "own"}}`; what is left out is `none`."""

    name: str
    grants: dict[str, object] = {}


class RoleEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What to change. Kinds and actions that `grants` leaves out stay as they are."""

    role: Id
    name: str | UnsetType = UNSET
    grants: dict[str, object] | UnsetType = UNSET


class RoleRemoval(msgspec.Struct, forbid_unknown_fields=True):
    """A role to remove; who has it gets the role `instead`."""

    role: Id
    instead: Id | None = None


@verb("role.add", NewRole)
async def add(work: Work, new: NewRole) -> Outcome:
    """Makes a role that nobody has yet."""
    check_admin(work.access)
    name, grants = await _checked(work, new.name, new.grants, None)
    role = (await work.connection.execute(insert(roles).values(name=name).returning(roles.c.id))).scalar_one()
    await _grant(work, role, grants)
    return Outcome(Noun.ROLE, role)


@verb("role.change", RoleEdit)
async def change(work: Work, wanted: RoleEdit) -> Outcome:
    """Renames a role, or changes what it grants, for all who have it."""
    check_admin(work.access)
    await _lock(work, wanted.role)
    name = None if wanted.name is UNSET else wanted.name
    given = {} if wanted.grants is UNSET else wanted.grants
    renamed, grants = await _checked(work, name, given, wanted.role)
    if renamed is not None:
        await work.connection.execute(update(roles).where(roles.c.id == wanted.role).values(name=renamed))
    if await _grant(work, wanted.role, grants):
        tell_holders(work, await _holders(work, wanted.role))
    return Outcome(Noun.ROLE, wanted.role)


@verb("role.remove", RoleRemoval)
async def remove(work: Work, wanted: RoleRemoval) -> Outcome:
    """Removes a role. Raises Invalid when somebody has it and nothing stands in its place."""
    check_admin(work.access)
    await _lock(work, wanted.role)
    holders = await _holders(work, wanted.role)
    if holders:
        await _replace(work, wanted, holders)
        tell_holders(work, holders)
    await work.connection.execute(delete(roles).where(roles.c.id == wanted.role))
    return DONE


async def _replace(work: Work, wanted: RoleRemoval, holders: list[UserId]) -> None:
    if wanted.instead is None:
        message = "people have this role: name the one they get instead"
        raise Invalid.one("instead", "required", message, users=len(holders))
    known = select(roles.c.id).where(roles.c.id == wanted.instead, roles.c.id != wanted.role)
    if (await work.connection.execute(known.with_for_update(read=True))).first() is None:
        raise Invalid.one("instead", "not_found", "there is no such role", role=wanted.instead)
    lacking = set(holders) - set(await _holders(work, wanted.instead))
    if lacking:
        rows = [{"user_id": user, "role_id": wanted.instead} for user in sorted(lacking)]
        await work.connection.execute(insert(user_roles), rows)


async def _lock(work: Work, role: int) -> None:
    """The role as of now; nobody is given it before the commit. Raises NotFound."""
    found = await work.connection.execute(select(roles.c.id).where(roles.c.id == role).with_for_update())
    if found.first() is None:
        raise NotFound(f"there is no role {role}", role=role)


async def _holders(work: Work, role: int) -> list[UserId]:
    found = await work.connection.execute(select(user_roles.c.user_id).where(user_roles.c.role_id == role))
    return [UserId(user) for user in found.scalars()]


async def _grant(work: Work, role: int, grants: Grants) -> bool:
    """Sets some levels of a role; whether that changes anything."""
    found = await work.connection.execute(select(role_grants).where(role_grants.c.role_id == role))
    before = {(Kind(row.kind), Action(row.action)): Level(row.level) for row in found}
    after = {**before, **grants}
    kept = {pair: level for pair, level in after.items() if level > Level.NONE}
    if kept == {pair: level for pair, level in before.items() if level > Level.NONE}:
        return False
    await work.connection.execute(delete(role_grants).where(role_grants.c.role_id == role))
    rows = [{"role_id": role, "kind": str(k), "action": str(a), "level": int(level)} for (k, a), level in kept.items()]
    if rows:
        await work.connection.execute(insert(role_grants), rows)
    return True


async def _checked(
    work: Work, name: str | None, given: Mapping[str, object], role: int | None
) -> tuple[str | None, Grants]:
    """Name and grants as they will be kept. Raises Invalid naming all that is wrong."""
    errors: list[FieldError] = []
    try:
        name = None if name is None else await _name(work, name, role)
    except Invalid as error:
        errors += error.errors
    grants = _grants(given, errors)
    if errors:
        raise Invalid(errors)
    return name, grants


async def _name(work: Work, value: str, role: int | None) -> str:
    name = clean_line(value, "name")
    if not name:
        raise Invalid.one("name", "required")
    other = (await work.connection.execute(select(roles.c.id).where(roles.c.name == name))).scalar_one_or_none()
    if other not in {None, role}:
        raise Invalid.one("name", "taken", "another role has this name")
    return name


def _grants(given: Mapping[str, object], errors: list[FieldError]) -> Grants:
    grants: dict[tuple[Kind, Action], Level] = {}
    for kind, levels in given.items():
        field = f"grants.{kind}"
        if kind not in set(Kind):
            errors.append(FieldError(field, "unknown", "there is no such kind of record"))
        elif not isinstance(levels, Mapping):
            errors.append(FieldError(field, "type", "an object of actions and levels is expected"))
        else:
            for action, level in levels.items():
                if action not in set(Action):
                    errors.append(FieldError(f"{field}.{action}", "unknown", "there is no such action"))
                elif not isinstance(level, str) or level not in LEVELS:
                    errors.append(FieldError(f"{field}.{action}", "choice", f"one of {', '.join(LEVELS)}"))
                else:
                    grants[Kind(kind), Action(action)] = LEVELS[level]
    return grants
