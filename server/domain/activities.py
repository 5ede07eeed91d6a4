"""The four types of activity (PRODUCT §4): what each takes, what it needs, and what its deadline is.

Adding a type is one row in `TYPES`, one in `domain.entries.TYPES`, its texts in `web/locales/`, its test data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from server.domain.words import Millis, RecordId, UserId
from server.errors import FieldError, Invalid

MINUTE: Millis = 60_000
HOUR: Millis = 3_600_000


class Type(StrEnum):
    """What kind of thing is to be done."""

    TASK = "task"
    MEETING = "meeting"
    CALL = "call"
    EMAIL = "email"


class Status(StrEnum):
    """Where an activity stands. MISSED is an incoming call that nobody took: still open, until somebody handles it."""

    PLANNED = "planned"
    COMPLETED = "completed"
    MISSED = "missed"


OPEN = frozenset({Status.PLANNED, Status.MISSED})


class Priority(StrEnum):
    """How pressing a task is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Direction(StrEnum):
    """Who called or wrote: they (IN) or we (OUT)."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class ActivityType:
    """One type. Field names are those of `Plan`.

    `takes` fields beside COMMON · `required` may not be blank · `deadline` the field that is its deadline ·
    `needs` one of these at least · `parties` how many may stand in "with" · `lasts` the length when none is said.
    """

    name: Type
    takes: frozenset[str]
    required: tuple[str, ...] = ("subject",)
    deadline: str | None = None
    needs: tuple[str, ...] = ()
    parties: int = 0
    lasts: Millis | None = None


COMMON = frozenset({"type", "subject", "description", "responsible", "records", "result"})

PARTIES_MAX = 100  # of one meeting, and participants of one task: more is a mailing list

TYPES: Mapping[Type, ActivityType] = {
    row.name: row
    for row in (
        ActivityType(
            Type.TASK,
            takes=frozenset({"participants", "end", "priority", "checklist", "reminder", "important"}),
            deadline="end",
        ),
        ActivityType(
            Type.MEETING,
            takes=frozenset({"start", "end", "place", "parties", "reminder", "repeat", "important"}),
            required=("subject", "start", "end"),
            deadline="start",
            needs=("parties", "records"),
            parties=PARTIES_MAX,
            lasts=HOUR,
        ),
        ActivityType(
            Type.CALL,
            takes=frozenset({"direction", "start", "parties", "phone", "reminder", "important", "unprocessed"}),
            required=("subject", "start", "direction"),
            deadline="start",
            needs=("parties", "records"),
            parties=1,
        ),
        ActivityType(
            Type.EMAIL,
            takes=frozenset({"direction", "email", "unprocessed"}),
            required=("direction", "sender"),
            needs=("to", "records"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Party:
    """With whom: exactly one of a colleague and a record (a contact, lead or company)."""

    user: UserId | None = None
    record: RecordId | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a checklist."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Email:
    """What an e-mail activity holds beside its subject: addresses as typed, and the body."""

    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All of an activity that people set. `end` is a task's deadline; `reminder` in minutes before the deadline."""

    type: Type
    responsible: UserId
    subject: str = ""
    description: str = ""
    records: tuple[RecordId, ...] = ()
    participants: tuple[UserId, ...] = ()
    parties: tuple[Party, ...] = ()
    start: Millis | None = None
    end: Millis | None = None
    priority: Priority = Priority.NORMAL
    important: bool = False
    place: str = ""
    direction: Direction | None = None
    phone: str = ""
    result: str = ""
    unprocessed: bool = False
    reminder: int | None = None
    repeat: str | None = None
    checklist: tuple[Step, ...] = ()
    email: Email = field(default_factory=Email)


def about(plan: Plan) -> tuple[RecordId, ...]:
    """The records an activity is bound to, each once: those said, and the parties that are records."""
    parties = (party.record for party in plan.parties if party.record is not None)
    return tuple(dict.fromkeys([*plan.records, *parties]))


def remind_at(plan: Plan, now: Millis) -> Millis | None:
    """When to remind of an open activity; None: never, or it is too late for that."""
    deadline = deadline_of(plan)
    if deadline is None or plan.reminder is None:
        return None
    moment = deadline - plan.reminder * MINUTE
    return moment if moment > now else None


def people(plan: Plan) -> frozenset[UserId]:
    """The responsible person and the participants."""
    return frozenset({plan.responsible, *plan.participants})


def deadline_of(plan: Plan) -> Millis | None:
    """When it is due; None for what is never due."""
    name = TYPES[plan.type].deadline
    return None if name is None else _moment(plan, name)


def _moment(plan: Plan, name: str) -> Millis | None:
    return plan.start if name == "start" else plan.end


def check_plan(plan: Plan) -> None:
    """Whether an activity keeps the rules of its type. Raises Invalid naming every wrong field, as the API calls it."""
    errors = [*_foreign(plan), *_blank(plan), *_disagreeing(plan)]
    if errors:
        raise Invalid(errors)


NAMES: Mapping[str, str] = {"parties": "with", "sender": "email.from", "to": "email.to"}
"""What the API calls a field, where `Plan` calls it otherwise."""


def _foreign(plan: Plan) -> Iterator[FieldError]:
    """Fields of another type are refused, unless they say nothing: a form may send all that it has."""
    silent = Plan(plan.type, plan.responsible)
    for name in (each.name for each in fields(Plan)):
        if name not in COMMON | TYPES[plan.type].takes and getattr(plan, name) != getattr(silent, name):
            yield FieldError(NAMES.get(name, name), "unknown", f"an activity of type {plan.type} has no such field")


def _blank(plan: Plan) -> Iterator[FieldError]:
    spec = TYPES[plan.type]
    for name in spec.required:
        if _said(plan, name) in {None, ""}:
            yield FieldError(NAMES.get(name, name), "required")
    if spec.needs and not any(_said(plan, name) for name in spec.needs):
        wanted = [NAMES.get(name, name) for name in spec.needs]
        yield FieldError(wanted[0], "required", f"one of {', '.join(wanted)} is needed")


def _said(plan: Plan, name: str) -> object:
    return getattr(plan.email if name in {"sender", "to"} else plan, name)


def _disagreeing(plan: Plan) -> Iterator[FieldError]:
    if plan.start is not None and plan.end is not None and plan.end < plan.start:
        yield FieldError("end", "before_start", "it cannot end before it starts")
    limit = TYPES[plan.type].parties
    if len(plan.parties) > limit > 0:
        yield FieldError("with", "too_many", f"at most {limit}", {"limit": limit})
    if plan.unprocessed and plan.direction == Direction.OUT:
        yield FieldError("unprocessed", "direction", "only what came in can wait to be handled")


def check_status(plan: Plan, status: Status) -> None:
    """Whether an activity may be made in a status. Raises Invalid on `status`."""
    if status == Status.MISSED and (plan.type, plan.direction) != (Type.CALL, Direction.IN):
        raise Invalid.one("status", "direction", "only an incoming call can be missed")


def first_status(plan: Plan) -> Status:
    """The status of a new activity when none is said: a sent e-mail needs nothing more, everything else is open."""
    return Status.COMPLETED if (plan.type, plan.direction) == (Type.EMAIL, Direction.OUT) else Status.PLANNED


def waits(plan: Plan, status: Status) -> bool:
    """Whether a new activity waits to be handled when nothing is said: a missed call, an e-mail that came in."""
    mail = (plan.type, plan.direction, status) == (Type.EMAIL, Direction.IN, Status.PLANNED)
    return status == Status.MISSED or mail
