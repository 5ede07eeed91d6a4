"""The tree of departments. Who reads by department holds other rights when it changes, and is told at once."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, delete, exists, insert, select, update

from server.actions.arguments import Id
from server.actions.rights import tell_holders
from server.actions.verbs import DONE, Noun, Outcome, verb
from server.domain.events import Name, Reach
from server.domain.text import clean_line
from server.domain.words import DepartmentId, JsonObject, UserId
from server.errors import Conflict, FieldError, Invalid, NotFound
from server.store.access import department_trees
from server.store.drafts import Draft, Image
from server.store.schema import departments, recipients, records, users
from server.store.users import check_admin
from server.store.work import Work


class NewDepartment(msgspec.Struct, forbid_unknown_fields=True):
    """A department to make, under `parent` or at the top."""

    name: str
    parent: Id | None = None


class DepartmentEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What to change. It moves with all departments under it."""

    department: Id
    name: str | UnsetType = UNSET
    parent: Id | UnsetType | None = UNSET


class DepartmentRemoval(msgspec.Struct, forbid_unknown_fields=True):
    """A department to remove."""

    department: Id


@verb("department.add", NewDepartment)
async def add(work: Work, new: NewDepartment) -> Outcome:
    """Makes a department."""
    check_admin(work.access)
    parents = await _lock(work)
    _check(parents, new.name, new.parent, None)
    return Outcome(Noun.DEPARTMENT, await add_department(work, new.name, new.parent))


async def add_department(work: Work, name: str, parent: int | None) -> DepartmentId:
    """Makes a department; who reads what is below its parent holds it too from then on."""
    trees = await department_trees(work.connection)
    row = insert(departments).values(name=clean_line(name, "name"), parent_id=parent).returning(departments.c.id)
    department = DepartmentId((await work.connection.execute(row)).scalar_one())
    await _tell_above(work, trees)
    await _tell(work, department)
    return department


@verb("department.change", DepartmentEdit)
async def change(work: Work, wanted: DepartmentEdit) -> Outcome:
    """Renames a department, or moves it in the tree."""
    check_admin(work.access)
    parents = await _lock(work)
    department = DepartmentId(wanted.department)
    if department not in parents:
        raise NotFound(f"there is no department {department}", department=department)
    parent = parents[department] if wanted.parent is UNSET else wanted.parent
    _check(parents, None if wanted.name is UNSET else wanted.name, parent, department)
    trees = await department_trees(work.connection)
    values: JsonObject = {"parent_id": parent}
    if wanted.name is not UNSET:
        values["name"] = clean_line(wanted.name, "name")
    await work.connection.execute(update(departments).where(departments.c.id == department).values(values))
    await _tell_above(work, trees)
    await _tell(work, department)
    return Outcome(Noun.DEPARTMENT, department)


@verb("department.remove", DepartmentRemoval)
async def remove(work: Work, wanted: DepartmentRemoval) -> Outcome:
    """Removes a department in which nothing is. Raises Conflict, saying what still is."""
    check_admin(work.access)
    department = DepartmentId(wanted.department)
    if department not in await _lock(work):
        raise NotFound(f"there is no department {department}", department=department)
    inside: Mapping[str, ColumnElement[bool]] = {
        "departments": departments.c.parent_id == department,
        "users": users.c.department_id == department,
        "records": records.c.department_id == department,
        "messages": recipients.c.department_id == department,
    }
    for what, condition in inside.items():
        if (await work.connection.execute(select(exists().where(condition)))).scalar_one():
            raise Conflict(f"this department still has {what}", department=department, has=what)
    await work.connection.execute(delete(departments).where(departments.c.id == department))
    gone = Image(data={"removed": department})
    work.record(Draft(Name.DEPARTMENT_CHANGED, reach=Reach.PORTAL, frozen=gone))
    return DONE


async def _lock(work: Work) -> dict[int, int | None]:
    """The tree as of now: each department with the one above. Nobody else changes it before the commit."""
    chosen = select(departments.c.id, departments.c.parent_id).order_by(departments.c.id).with_for_update()
    return {row.id: row.parent_id for row in await work.connection.execute(chosen)}


def _check(parents: Mapping[int, int | None], name: str | None, parent: int | None, moved: int | None) -> None:
    errors: list[FieldError] = []
    try:
        if name is not None and not clean_line(name, "name"):
            errors.append(FieldError("name", "required"))
    except Invalid as error:
        errors += error.errors
    if parent is not None and parent not in parents:
        errors.append(FieldError("parent", "not_found", "there is no such department", {"department": parent}))
    elif moved is not None and _is_under(parents, parent, moved):
        errors.append(FieldError("parent", "cycle", "a department cannot be under itself"))
    if errors:
        raise Invalid(errors)


def _is_under(parents: Mapping[int, int | None], department: int | None, top: int) -> bool:
    """Whether a department is `top`, or somewhere under it."""
    while department is not None and department != top:
        department = parents[department]
    return department == top


async def _tell_above(work: Work, before: Mapping[int, frozenset[DepartmentId]]) -> None:
    """To the people of those departments that have others under them than before."""
    after = await department_trees(work.connection)
    changed = [department for department, below in before.items() if after.get(department) != below]
    found = await work.connection.execute(select(users.c.id).where(users.c.department_id.in_(changed)))
    tell_holders(work, [UserId(user) for user in found.scalars()])


async def _tell(work: Work, department: DepartmentId) -> None:
    row = (await work.connection.execute(select(departments).where(departments.c.id == department))).one()
    data: JsonObject = {"department": {"department": row.id, "name": row.name, "parent": row.parent_id}}
    work.record(Draft(Name.DEPARTMENT_CHANGED, reach=Reach.PORTAL, frozen=Image(data=data)))
