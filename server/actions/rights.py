"""What open screens are told when rights change (PRODUCT §2): who gained or lost a record, and whose rights are others.

Two kinds of change: the readers of a record (its responsible person, their department, the opened flag), and what
somebody holds (roles, department, admin, active). Whoever makes one calls this in the same unit of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from server.domain.access import NOBODY, Owned, Principals, all_principal, readers, team_principal
from server.domain.events import Name, Reach
from server.domain.words import DepartmentId, Kind, RecordId, UserId
from server.store.drafts import Draft, Image
from server.store.schema import records
from server.store.work import Work

FEW = 20  # records of one person that are told of one by one; more are told of as a whole


def tell_holders(work: Work, users: Iterable[UserId]) -> None:
    """What these users hold has changed: their sessions read their rights again. For nobody, nothing is told."""
    concerned = frozenset(users)
    if concerned:
        work.record(Draft(Name.ACCESS_CHANGED, reach=Reach.PORTAL, frozen=Image(audience=concerned)))


def tell_readers(work: Work, record: RecordId, before: Owned, after: Owned) -> None:
    """A record is another's, or was opened or closed: it leaves the screens of some, and comes to others."""
    lost, gained = readers(before), readers(after)
    if lost - gained:
        data = {"locked": record, "kind": str(before.kind)}
        gone = Image((record,), lost, data=data, barred=gained)
        work.record(Draft(Name.RECORD_LOCKED, reach=Reach.HOLDERS, frozen=gone))
    if gained - lost:
        work.record(Draft(Name.RECORD_UNLOCKED, reach=Reach.HOLDERS, record=record, barred=lost))


async def move_records(work: Work, user: UserId, department: DepartmentId | None) -> None:
    """All records of somebody who moves belong to the new department from here on."""
    before = await _records_of(work, user)
    moved = {record: facts for record, facts in before.items() if facts.department != department}
    if not moved:
        return
    changed = update(records).where(records.c.responsible_id == user)
    await work.connection.execute(changed.values(department_id=department))
    if len(moved) > FEW:
        _tell_of_many(work, list(moved.values()), department)
        return
    for record, facts in moved.items():
        tell_readers(work, record, facts, Owned(facts.kind, facts.responsible, department, facts.opened))


async def _records_of(work: Work, user: UserId) -> dict[RecordId, Owned]:
    """What somebody is responsible for, locked until the commit."""
    columns = (records.c.id, records.c.kind, records.c.department_id, records.c.opened)
    chosen = select(*columns).where(records.c.responsible_id == user).order_by(records.c.id)
    found = await work.connection.execute(chosen.with_for_update(key_share=True))
    return {RecordId(row.id): Owned(Kind(row.kind), user, row.department_id, bool(row.opened)) for row in found}


def _tell_of_many(work: Work, moved: Sequence[Owned], department: DepartmentId | None) -> None:
    """Once per kind and direction, to those who read by department: they may lose or gain any of these records."""
    for kind in sorted({facts.kind for facts in moved}):
        left = {facts.department for facts in moved if facts.kind == kind}
        before, after = _teams(kind, left), _teams(kind, {department})
        had_all = before if len(left) == 1 else NOBODY
        for concerned, spared in ((before - after, after), (after - before, had_all)):
            if concerned:
                whom = Image(principals=concerned, barred=spared | {all_principal(kind)})
                work.record(Draft(Name.ACCESS_CHANGED, reach=Reach.HOLDERS, frozen=whom))


def _teams(kind: Kind, departments: Iterable[DepartmentId | None]) -> Principals:
    return frozenset(team_principal(kind, department) for department in departments if department is not None)
