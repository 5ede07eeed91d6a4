"""Creating, changing, completing, reopening and deleting activities (PRODUCT §4).

Rights follow the records: whoever may update all that an activity is bound to may change it and give it to anyone. An
activity that is bound to none belongs to its author and its responsible person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import insert, select, update

from server.actions import notices
from server.actions.activity_entries import (
    add_entry_of,
    entry_of,
    remove_activity,
    rewrite_entry,
    seen,
    tell_the_excluded,
)
from server.actions.activity_fields import ActivityFields, blank, read_fields
from server.actions.activity_rows import AnyRow, columns, find_activity, write_links
from server.actions.arguments import Id
from server.actions.checks import check_people, check_records, touch
from server.actions.entries import remove_entry
from server.actions.needs import refresh
from server.actions.verbs import DONE, Noun, Outcome, verb
from server.domain.access import Action
from server.domain.activities import (
    OPEN,
    TYPES,
    Direction,
    Plan,
    Status,
    Type,
    about,
    check_plan,
    check_status,
    deadline_of,
    first_status,
    people,
    remind_at,
    waits,
)
from server.domain.deadlines import default_deadline, time_zone
from server.domain.events import Name
from server.domain.text import clean_text
from server.domain.words import ActivityId, Kind, RecordId, UserId
from server.errors import Conflict, Forbidden, Invalid
from server.store.access import owned
from server.store.drafts import Draft
from server.store.schema import activities, users
from server.store.settings import setting
from server.store.work import Work


class NewActivity(ActivityFields, kw_only=True, forbid_unknown_fields=True):
    """An activity to make: planned, or one that was done (`completed`) or missed already."""

    type: Type
    status: Status | UnsetType = UNSET


class ActivityEdit(ActivityFields, kw_only=True, forbid_unknown_fields=True):
    """Fields to change. With `version`, only if nobody changed the activity since."""

    activity: Id
    version: int | None = None


class Completion(msgspec.Struct, forbid_unknown_fields=True):
    """An activity that is done; `result` stays as it is when nothing is said."""

    activity: Id
    result: str = ""


class ActivityChoice(msgspec.Struct, forbid_unknown_fields=True):
    """One activity."""

    activity: Id


@verb("activity.create", NewActivity)
async def create(work: Work, new: NewActivity) -> Outcome:
    """Makes an activity, and its entry when it is bound to a record."""
    plan, said = read_fields(new, blank(new.type, work.user))
    plan = await _with_defaults(work, plan, said)
    status = first_status(plan) if new.status is UNSET else new.status
    if new.unprocessed is UNSET:
        plan = replace(plan, unprocessed=waits(plan, status))
    elif status == Status.COMPLETED:
        plan = replace(plan, unprocessed=False)
    check_plan(plan)
    check_status(plan, status)
    await _check_targets(work, plan, None)
    row = columns(plan) | {
        "status": str(status),
        "author_id": work.user,
        "created_at": work.at,
        "completed_at": work.at if status == Status.COMPLETED else None,
        "remind_at": remind_at(plan, work.at) if status in OPEN else None,
    }
    made = await work.connection.execute(insert(activities).values(row).returning(activities.c.id))
    activity = ActivityId(made.scalar_one())
    await write_links(work, activity, plan)
    await touch(work, about(plan))
    if about(plan):
        await add_entry_of(work, activity, plan, work.user)
    work.record(Draft(Name.ACTIVITY_ADDED, activity=activity))
    await refresh(work, about(plan), [plan.responsible])
    return Outcome(Noun.ACTIVITY, activity)


async def _with_defaults(work: Work, plan: Plan, said: Iterable[str]) -> Plan:
    """The deadline of a quick activity, the length of a meeting, and one's own address to write from."""
    spec = TYPES[plan.type]
    if spec.deadline is not None and spec.deadline not in said:
        name = (await work.connection.execute(select(users.c.time_zone).where(users.c.id == plan.responsible))).scalar()
        days = int(await setting(work.connection, "deadline.days"))
        due = default_deadline(work.at, time_zone(name or "UTC"), days)
        plan = replace(plan, end=due) if spec.deadline == "end" else replace(plan, start=due)
    if spec.lasts is not None and plan.start is not None and "end" not in said:
        plan = replace(plan, end=plan.start + spec.lasts)
    if plan.type == Type.EMAIL and plan.direction == Direction.OUT and not plan.email.sender:
        own = (await work.connection.execute(select(users.c.email).where(users.c.id == work.user))).scalar()
        plan = replace(plan, email=replace(plan.email, sender=own or ""))
    return plan


@verb("activity.update", ActivityEdit)
async def change(work: Work, wanted: ActivityEdit) -> Outcome:
    """Changes fields of an activity; its entry follows, comes or goes."""
    activity = ActivityId(wanted.activity)
    row, before = await _changeable(work, activity, wanted.version)
    after, _ = read_fields(wanted, before)
    if after == before:
        return Outcome(Noun.ACTIVITY, activity)
    check_plan(after)
    await _check_targets(work, after, before)
    entry = await entry_of(work, activity)
    await touch(work, {*about(before), *about(after)})
    narrows = bool(set(about(before)) - set(about(after)) or people(before) - people(after))
    if narrows:
        await work.lock()
    saw = await seen(work, activity, entry) if narrows else None
    changed = update(activities).where(activities.c.id == activity)
    values = columns(after) | {"version": activities.c.version + 1}
    if deadline_of(after) != deadline_of(before) or after.reminder != before.reminder:
        values |= {"overdue": False, "remind_at": remind_at(after, work.at) if Status(row.status) in OPEN else None}
    await work.connection.execute(changed.values(values))
    await write_links(work, activity, after)
    author = UserId(row.author_id)
    if entry is not None and about(after):
        await rewrite_entry(work, entry, after, author)
        if _notices_of(after) != _notices_of(before):
            await notices.of_rewriting(work, entry)
        await notices.of_handover(work, entry, before.responsible, after.responsible)
    elif entry is not None:
        await remove_entry(work, entry)
        entry = None
    elif about(after):
        await add_entry_of(work, activity, after, author)
    if saw is not None:
        await tell_the_excluded(work, activity, entry, saw, await seen(work, activity, entry))
    if entry is not None:
        work.record(Draft(Name.ENTRY_CHANGED, entry=entry))
    work.record(Draft(Name.ACTIVITY_CHANGED, activity=activity))
    await refresh(work, {*about(before), *about(after)}, [before.responsible, after.responsible])
    return Outcome(Noun.ACTIVITY, activity)


def _notices_of(plan: Plan) -> tuple[object, ...]:
    """What notifications of an activity show, and whose they are."""
    return plan.subject, about(plan), people(plan)


@verb("activity.complete", Completion)
async def complete(work: Work, wanted: Completion) -> Outcome:
    """Says that an activity is done, which moves its entry to the top; a second time changes nothing."""
    activity = ActivityId(wanted.activity)
    row, plan = await _completable(work, activity)
    if Status(row.status) in OPEN:
        result = clean_text(wanted.result, "result") or plan.result
        done = {"status": str(Status.COMPLETED), "completed_at": work.at, "unprocessed": False, "result": result}
        done |= {"overdue": False, "remind_at": None}
        await _move(work, activity, plan, done, bumps=True)
    return Outcome(Noun.ACTIVITY, activity)


@verb("activity.reopen", ActivityChoice)
async def reopen(work: Work, wanted: ActivityChoice) -> Outcome:
    """Takes a completion back; a second time changes nothing."""
    activity = ActivityId(wanted.activity)
    row, plan = await _completable(work, activity)
    if Status(row.status) not in OPEN:
        back: dict[str, object] = {
            "status": str(Status.PLANNED),
            "completed_at": None,
            "remind_at": remind_at(plan, work.at),
        }
        await _move(work, activity, plan, back, bumps=False)
    return Outcome(Noun.ACTIVITY, activity)


async def _move(work: Work, activity: ActivityId, plan: Plan, values: dict[str, object], *, bumps: bool) -> None:
    moved = update(activities).where(activities.c.id == activity)
    await work.connection.execute(moved.values(values | {"version": activities.c.version + 1}))
    entry = await entry_of(work, activity)
    await touch(work, about(plan))
    if entry is not None:
        work.record(Draft(Name.ENTRY_CHANGED, entry=entry, bumps=bumps))
    work.record(Draft(Name.ACTIVITY_CHANGED, activity=activity))
    await refresh(work, about(plan), [plan.responsible])


@verb("activity.delete", ActivityChoice)
async def delete(work: Work, wanted: ActivityChoice) -> Outcome:
    """Deletes an activity, and its entry with all that hangs from it."""
    activity = ActivityId(wanted.activity)
    _, plan = await _changeable(work, activity)
    entry = await entry_of(work, activity)
    await touch(work, about(plan))
    await remove_activity(work, activity, entry)
    await refresh(work, about(plan), [plan.responsible])
    return DONE


async def _changeable(work: Work, activity: ActivityId, version: int | None = None) -> tuple[AnyRow, Plan]:
    """The row and plan of an activity that the user may change. Raises NotFound, Forbidden, Conflict."""
    row, plan = await find_activity(work, activity)
    if bound := about(plan):
        await _check_bound(work, activity, bound)
    elif work.user not in {row.author_id, row.responsible_id}:
        raise Forbidden("this activity is somebody else's", action="update", activity=activity)
    if version is not None and version != row.version:
        raise Conflict("somebody changed this activity first", activity=activity, version=row.version)
    return row, plan


async def _completable(work: Work, activity: ActivityId) -> tuple[AnyRow, Plan]:
    """The same for saying that it is done: the responsible person may, without any right on its records."""
    row, plan = await find_activity(work, activity)
    return (row, plan) if row.responsible_id == work.user else await _changeable(work, activity)


async def _check_bound(work: Work, activity: ActivityId, bound: Iterable[RecordId]) -> None:
    """Update on each record. One that may not even be read is not named: the activity shows only a lock for it."""
    facts = await owned(work.connection, bound)
    legible = [record for record in bound if work.access.may(Action.READ, facts[record])]
    await check_records(work, legible, Action.UPDATE, "records")
    if len(legible) < len(facts):
        raise Forbidden("you may not update all records of this activity", action="update", activity=activity)


async def _check_targets(work: Work, plan: Plan, before: Plan | None) -> None:
    """Whom and what an activity is newly given: active people, records that the user may update, parties of the kinds
    that one can meet. Who was disabled since does not stand in the way of other changes."""
    known = people(before) if before else frozenset()
    parties = set(before.parties) if before else set()
    bound = set(about(before)) if before else set()
    added = [party for party in plan.parties if party not in parties]
    await check_people(work, [plan.responsible] if plan.responsible not in known else [], "responsible")
    await check_people(work, [user for user in plan.participants if user not in known], "participants")
    await check_people(work, [party.user for party in added if party.user is not None], "with")
    await check_records(work, [record for record in plan.records if record not in bound], Action.UPDATE, "records")
    with_whom = [party.record for party in added if party.record is not None]
    facts = await check_records(work, with_whom, Action.UPDATE, "with")
    for record, fact in facts.items():
        if fact.kind not in MET:
            raise Invalid.one("with", "kind", "one meets contacts, leads, companies and colleagues", record=record)


MET = frozenset({Kind.CONTACT, Kind.LEAD, Kind.COMPANY})
