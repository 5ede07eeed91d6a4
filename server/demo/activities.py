"""Tasks, meetings, calls and e-mails: a year of completed ones, and open ones that are overdue, due today, or to come."""

from __future__ import annotations

from dataclasses import asdict

from server.actions.activity_rows import columns
from server.demo.plans import PLANS, plan_call
from server.demo.stream import Stream
from server.demo.world import DAY, HOUR, MINUTE, Made, Person, World
from server.demo.year import discuss
from server.domain.activities import (
    Direction,
    Email,
    Plan,
    Status,
    Type,
    about,
    check_plan,
    first_status,
)
from server.domain.entries import Part
from server.domain.filters import searchable
from server.domain.words import JsonObject, Kind, Millis, RecordId
from server.store.schema import activities, activity_parties, activity_people, activity_records

DONE, OPEN, UNBOUND = 300, 90, 16


def tell_activities(world: World, stream: Stream) -> None:
    """Makes them all."""
    for _ in range(DONE):
        _activity(world, stream, is_open=False)
    for _ in range(OPEN):
        _activity(world, stream, is_open=True)
    for _ in range(UNBOUND):
        _own_task(world)
    for person in world.people[:8]:
        _waiting(world, stream, person)


def _activity(world: World, stream: Stream, *, is_open: bool) -> None:
    record = world.rng.choice(world.of(Kind.DEAL, Kind.DEAL, Kind.LEAD, Kind.COMPANY, Kind.CONTACT, Kind.QUOTE))
    author = world.writer(record)
    type = world.rng.choices(list(Type), (5, 2, 4, 0 if is_open else 4))[0]
    since = max(record.created, world.now - 20 * DAY) if is_open else record.created
    at = world.moment(since, world.now, author.who.time_zone)
    due = _due(world) if is_open else _past(world, at, at + int(world.rng.expovariate(1 / (4 * DAY))) + HOUR)
    plan = PLANS[type](world, record, author, due)
    check_plan(plan)
    status = first_status(plan) if is_open else Status.COMPLETED
    finished = _past(world, at, due + world.rng.randint(0, 6) * HOUR) if status == Status.COMPLETED else None
    if type == Type.EMAIL:
        finished = at
    write(world, stream, plan, author, at, status=status, finished=finished, record=record)


def _past(world: World, at: Millis, wanted: Millis) -> Millis:
    """The wanted moment, or one between `at` and now where that is still to come."""
    return wanted if wanted < world.now else world.rng.randint(at, max(at, world.now - MINUTE))


def _due(world: World) -> Millis:
    """A third overdue, a third today or tomorrow, the rest later."""
    past, soon, later = -world.rng.randint(2, 9 * 24), world.rng.randint(1, 30), world.rng.randint(30, 20 * 24)
    hours = world.rng.choice((past, soon, later))
    return (world.now + hours * HOUR) // (30 * MINUTE) * (30 * MINUTE)


def write(
    world: World,
    stream: Stream | None,
    plan: Plan,
    author: Person,
    at: Millis,
    *,
    status: Status,
    finished: Millis | None = None,
    record: Made | None = None,
) -> None:
    """Writes an activity with its links, and its entry when it is bound."""
    done = status == Status.COMPLETED
    moved = done and finished is not None and finished > at
    row: JsonObject = columns(plan) | {"status": str(status), "author_id": author.id, "created_at": at}
    row |= {"completed_at": finished if done else None, "version": 2 if moved else 1}
    if done:
        row |= {
            "result": world.text(author.language, "RESULTS", record, author) if record else "",
            "unprocessed": False,
        }
    number = world.rows.add(activities, **row)
    bound = about(plan)
    for sort, record_id in enumerate(bound):
        world.rows.add(activity_records, activity_id=number, record_id=record_id, sort=sort)
    for sort, user in enumerate(plan.participants):
        world.rows.add(activity_people, activity_id=number, user_id=user, sort=sort)
    for sort, party in enumerate(plan.parties):
        world.rows.add(
            activity_parties, activity_id=number, sort=sort, **{f"{k}_id": v for k, v in asdict(party).items()}
        )
    if stream is None or not bound or record is None:
        return
    by_id = {person.id: person for person in world.people}
    people = [(by_id[plan.responsible], Part.RESPONSIBLE), *((by_id[u], Part.PARTICIPANT) for u in plan.participants)]
    records = [world.records[number - 1] for number in bound]
    search = searchable(plan.description, plan.subject)
    told = stream.tell(str(plan.type), author, at, records, people=people, activity=number, search=search)
    for each in records:
        each.touch(at, author.id)
    if moved and finished is not None:
        stream.live(told, finished)
        for each in records:
            each.touch(finished, plan.responsible)
    if world.rng.random() < 0.45:
        discuss(world, stream, told, record)


def _own_task(world: World) -> None:
    """A task bound to no record: it lives in the Tasks section alone."""
    author = world.rng.choice(world.people)
    record = world.rng.choice(world.records)
    at = world.moment(world.now - 30 * DAY, world.now, author.who.time_zone)
    subject = world.decks.draw(author.language, "TASKS", p=record.title.split(" · ")[0])
    plan = Plan(Type.TASK, author.id, subject=subject[:255], end=_due(world))
    status = world.rng.choice((Status.PLANNED, Status.PLANNED, Status.COMPLETED))
    write(world, None, plan, author, at, status=status, finished=_past(world, at, at + 2 * DAY))


def _waiting(world: World, stream: Stream, person: Person) -> None:
    """Something that came in for somebody and that nobody has handled: a missed call, an unanswered mail."""
    own = [
        r for r in world.of(Kind.CONTACT, Kind.LEAD) if r.owned.responsible == person.id and r.created < world.now - DAY
    ]
    if not own:
        return
    record = world.rng.choice(own)
    at = world.moment(max(record.created, world.now - 3 * DAY), world.now, person.who.time_zone)
    if world.rng.random() < 0.5:
        plan = plan_call(world, record, person, at)
        missed = Plan(
            Type.CALL,
            person.id,
            subject=plan.subject,
            records=plan.records,
            parties=plan.parties,
            start=at,
            direction=Direction.IN,
            phone=plan.phone,
            unprocessed=True,
        )
        write(world, stream, missed, person, at, status=Status.MISSED, record=record)
    else:
        body = world.text(record.language, "BODIES", record, person)
        mail = Plan(
            Type.EMAIL,
            person.id,
            subject=world.text(record.language, "MAILS", record, person),
            records=(RecordId(record.id),),
            direction=Direction.IN,
            unprocessed=True,
            email=Email(record.email or "", (person.who.email,), body=body),
        )
        write(world, stream, mail, person, at, status=Status.PLANNED, record=record)
