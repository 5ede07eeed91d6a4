"""An activity's fields from outside: one cleaner per field, every wrong one named at once. The rules of the types are
in `domain.activities`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, TypeAlias, cast

import msgspec
from msgspec import UNSET, UnsetType

from server.actions.arguments import Id
from server.domain.activities import (
    PARTIES_MAX,
    TYPES,
    Direction,
    Email,
    Party,
    Plan,
    Priority,
    Step,
    Type,
)
from server.domain.text import check_email, clean_line, clean_text
from server.domain.words import Millis, RecordId, UserId
from server.errors import FieldError, Invalid

Moment: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]  # ms; the end of the year 9999
Minutes: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=527_040)]  # a leap year

MINUTE: Millis = 60_000
STEPS_MAX = 100  # lines of one checklist
ADDRESSES_MAX = 100  # of each of to, cc and bcc
PHONE_MAX = 64  # characters; the longest number has 15 digits, the rest is how people write it
RULE = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*")


class PartyField(msgspec.Struct, forbid_unknown_fields=True):
    """One of "with": exactly one of a colleague and a record."""

    user: Id | None = None
    record: Id | None = None


class StepField(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a checklist."""

    text: str
    done: bool = False


class EmailFields(msgspec.Struct, forbid_unknown_fields=True):
    """An e-mail's addresses and body; what is left out stays as it is."""

    sender: str | UnsetType = msgspec.field(default=UNSET, name="from")
    to: list[str] | UnsetType = UNSET
    cc: list[str] | UnsetType = UNSET
    bcc: list[str] | UnsetType = UNSET
    body: str | UnsetType = UNSET


class ActivityFields(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All that can be said of an activity. `deadline` is another name for the `end` of a task, `duration` (minutes)
    another way to say the end of a meeting. `template` is known in order to be refused (PRODUCT §4).
    """

    subject: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    responsible: Id | UnsetType = UNSET
    participants: list[Id] | UnsetType = UNSET
    records: list[Id] | UnsetType = UNSET
    parties: list[PartyField] | UnsetType = msgspec.field(default=UNSET, name="with")
    start: Moment | UnsetType | None = UNSET
    end: Moment | UnsetType | None = UNSET
    duration: Minutes | UnsetType | None = UNSET
    deadline: Moment | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    important: bool | UnsetType = UNSET
    place: str | UnsetType = UNSET
    direction: Direction | UnsetType | None = UNSET
    phone: str | UnsetType = UNSET
    result: str | UnsetType = UNSET
    unprocessed: bool | UnsetType = UNSET
    reminder: Minutes | UnsetType | None = UNSET
    repeat: str | UnsetType | None = UNSET
    checklist: list[StepField] | UnsetType = UNSET
    email: EmailFields | UnsetType | None = UNSET
    template: object = None


def read_fields(given: ActivityFields, before: Plan) -> tuple[Plan, frozenset[str]]:
    """`before` with what is given, cleaned, in its place; and the names of what was given. Raises Invalid."""
    errors: list[FieldError] = []
    if given.template is not None:
        errors.append(
            FieldError("template", "template_not_allowed", "templates are for mails begun on a record's page")
        )
    values: dict[str, object] = {}
    for name, clean in CLEANERS.items():
        value = getattr(given, name)
        if value is UNSET:
            continue
        try:
            values[name] = clean(value, before)
        except Invalid as error:
            errors.extend(error.errors)
    if isinstance(parties := values.get("parties"), tuple) and "records" not in values:
        values["records"] = _without_left(before, parties)
    errors.extend(_times(given, before, values))
    if errors:
        raise Invalid(errors)
    plan = replace(before, **values)  # type: ignore[arg-type]  # each cleaner gives the type of its field
    return plan, frozenset(values)


def _without_left(before: Plan, parties: tuple[Party, ...]) -> tuple[RecordId, ...]:
    """A party that leaves "with" leaves the records, too, to which it had been added with it."""
    left = {party.record for party in before.parties} - {party.record for party in parties}
    return tuple(record for record in before.records if record not in left)


def _times(given: ActivityFields, before: Plan, values: dict[str, object]) -> Iterator[FieldError]:
    """Puts `deadline` and `duration` into `end`; a meeting that is moved keeps its length."""
    spec = TYPES[before.type]
    if given.deadline is not UNSET and spec.deadline == "end":
        if values.setdefault("end", given.deadline) != given.deadline:
            yield FieldError("end", "type", "it ends at its deadline")
    elif isinstance(given.deadline, int):
        yield FieldError("deadline", "unknown", f"the deadline of an activity of type {before.type} is not set")
    if isinstance(given.duration, int):
        yield from _length(given.duration, before, values)
    elif spec.lasts is not None and "end" not in values and None not in {before.start, before.end}:
        values["end"] = cast(int, values.get("start") or before.start) + cast(int, before.end) - cast(int, before.start)


def _length(minutes: int, before: Plan, values: dict[str, object]) -> Iterator[FieldError]:
    start = values.get("start", before.start)
    if TYPES[before.type].lasts is None:
        yield FieldError("duration", "unknown", f"an activity of type {before.type} has no such field")
    elif values.get("end") is not None:
        yield FieldError("duration", "type", "either an end or a duration")
    elif not isinstance(start, int):
        yield FieldError("start", "required", "a duration needs a start")
    else:
        values["end"] = start + minutes * MINUTE


def _items(name: str, values: Sequence[object], limit: int) -> None:
    if len(values) > limit:
        raise Invalid.one(name, "too_many", f"at most {limit}", limit=limit)


def _users(value: Sequence[int], _: Plan) -> tuple[UserId, ...]:
    _items("participants", value, PARTIES_MAX)
    return tuple(dict.fromkeys(UserId(user) for user in value))


def _records(value: Sequence[int], _: Plan) -> tuple[RecordId, ...]:
    _items("records", value, PARTIES_MAX)
    return tuple(dict.fromkeys(RecordId(record) for record in value))


def _parties(value: Sequence[PartyField], _: Plan) -> tuple[Party, ...]:
    _items("with", value, PARTIES_MAX)
    for index, party in enumerate(value):
        if (party.user is None) == (party.record is None):
            raise Invalid.one(f"with[{index}]", "type", "exactly one of user and record")
    return tuple(dict.fromkeys(Party(cast(UserId, party.user), cast(RecordId, party.record)) for party in value))


def _checklist(value: Sequence[StepField], _: Plan) -> tuple[Step, ...]:
    _items("checklist", value, STEPS_MAX)
    steps = [Step(clean_line(step.text, f"checklist[{at}].text"), step.done) for at, step in enumerate(value)]
    return tuple(step for step in steps if step.text)


def _email(value: EmailFields | None, before: Plan) -> Email:
    if value is None:
        return Email()
    email = before.email
    if value.sender is not UNSET:
        email = replace(email, sender=check_email(value.sender, "email.from") if value.sender.strip() else "")
    if value.body is not UNSET:
        email = replace(email, body=clean_text(value.body, "email.body"))
    to, cc, bcc = (
        kept if given is UNSET else _addresses(f"email.{name}", given)
        for name, given, kept in (("to", value.to, email.to), ("cc", value.cc, email.cc), ("bcc", value.bcc, email.bcc))
    )
    return replace(email, to=to, cc=cc, bcc=bcc)


def _addresses(name: str, values: Sequence[str]) -> tuple[str, ...]:
    _items(name, values, ADDRESSES_MAX)
    return tuple(dict.fromkeys(check_email(value, name) for value in values))


def _rule(value: str | None, _: Plan) -> str | None:
    """A recurrence rule (RFC 5545 §3.3.10). Its shape is looked at, no more: nothing computes with it yet."""
    rule = clean_line(value or "", "repeat").removeprefix("RRULE:")
    if rule and not RULE.fullmatch(rule):
        raise Invalid.one("repeat", "rule", "a recurrence rule is expected, as FREQ=WEEKLY;BYDAY=MO")
    return rule or None


def _as_is(value: object, _: Plan) -> object:
    return value


CLEANERS: Mapping[str, Callable[..., object]] = {
    "subject": lambda value, _: clean_line(value, "subject"),
    "description": lambda value, _: clean_text(value, "description"),
    "responsible": _as_is,
    "participants": _users,
    "records": _records,
    "parties": _parties,
    "start": _as_is,
    "end": _as_is,
    "priority": _as_is,
    "important": _as_is,
    "place": lambda value, _: clean_line(value, "place"),
    "direction": _as_is,
    "phone": lambda value, _: clean_line(value, "phone", limit=PHONE_MAX),
    "result": lambda value, _: clean_text(value, "result"),
    "unprocessed": _as_is,
    "reminder": _as_is,
    "repeat": _rule,
    "checklist": _checklist,
    "email": _email,
}


def blank(type: Type, responsible: UserId) -> Plan:
    """A new activity before anything is said of it."""
    direction = Direction.OUT if "direction" in TYPES[type].takes else None
    return Plan(type, responsible, direction=direction)
