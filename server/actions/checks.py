"""What a verb may refuse by: rights on records, people who exist, texts that are texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from server.domain.access import Action, Owned
from server.domain.words import DepartmentId, JsonObject, RecordId, UserId
from server.errors import Forbidden, Invalid, NotFound
from server.store.access import owned
from server.store.schema import departments, records, users
from server.store.shapes import Names
from server.store.work import Work

TARGETS_MAX = 100  # records or recipients of one entry; a longer list is an import, not a message


async def check_records(work: Work, ids: Sequence[RecordId], action: Action, field: str) -> dict[RecordId, Owned]:
    """The facts of records on which the user may do `action`.

    Raises NotFound for one that does not exist or may not be read, and Forbidden, naming the record, for one that may
    be read but not this.
    """
    if len(ids) > TARGETS_MAX:
        raise Invalid.one(field, "too_many", f"at most {TARGETS_MAX}", limit=TARGETS_MAX)
    found = await owned(work.connection, ids)
    for record in ids:
        if record not in found or not work.access.may(Action.READ, found[record]):
            raise NotFound(f"there is no record {record}", field=field, record=record)
    for record in ids:
        if not work.access.may(action, found[record]):
            raise Forbidden(
                f"you may not {action} this record", action=str(action), field=field, **await _named(work, record)
            )
    return {record: found[record] for record in ids}


async def _named(work: Work, record: RecordId) -> JsonObject:
    names = Names()
    names.need("record", record)
    return (await names.load(work.connection)).ref(record) or {}


async def check_people(work: Work, ids: Iterable[UserId], field: str) -> list[UserId]:
    """The ids of active users, in order, each once. Raises Invalid for an unknown or disabled one."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    found = await work.connection.execute(select(users.c.id).where(users.c.id.in_(wanted), users.c.active))
    known = set(found.scalars())
    for user in wanted:
        if user not in known:
            raise Invalid.one(field, "not_found", "there is no such user", user=user)
    return wanted


async def check_departments(work: Work, ids: Iterable[DepartmentId], field: str) -> dict[DepartmentId, list[UserId]]:
    """The active members of departments, sub-departments not included. Raises Invalid for an unknown one."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    known = set((await work.connection.execute(select(departments.c.id).where(departments.c.id.in_(wanted)))).scalars())
    for department in wanted:
        if department not in known:
            raise Invalid.one(field, "not_found", "there is no such department", department=department)
    members: dict[DepartmentId, list[UserId]] = {department: [] for department in wanted}
    chosen = select(users.c.id, users.c.department_id).where(users.c.department_id.in_(wanted), users.c.active)
    for row in await work.connection.execute(chosen):
        members[DepartmentId(row.department_id)].append(UserId(row.id))
    return members


async def touch(work: Work, ids: Iterable[RecordId]) -> None:
    """Moves the last activity of records: every post, comment, mail, call and task does (PRODUCT §3)."""
    wanted = sorted(set(ids))
    if wanted:
        moved = update(records).where(records.c.id.in_(wanted))
        await work.connection.execute(moved.values(last_activity_at=work.at, last_activity_by=work.user))
