"""What is to be done: one plan per type of activity, about one record, as somebody of Tecnovia would make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from server.demo.decks import TEXTS
from server.demo.world import MINUTE, Made, Person, World
from server.domain.access import Action
from server.domain.activities import Direction, Email, Party, Plan, Priority, Step, Type
from server.domain.words import Kind, Millis, RecordId, UserId


def plan_task(world: World, record: Made, author: Person, due: Millis) -> Plan:
    """A task, with steps and helpers."""
    steps = world.decks.some(TEXTS[author.language].STEPS, world.rng.choice((0, 0, 2, 3, 4)))
    helpers = [p for p in world.able(Action.READ, record) if p is not author]
    several = world.rng.sample(helpers, min(len(helpers), world.rng.choice((0, 0, 1, 2))))
    return Plan(
        Type.TASK,
        _responsible(world, record, author),
        subject=world.text(author.language, "TASKS", record, author),
        description=world.text(author.language, "DETAILS", record, author),
        records=(RecordId(record.id),),
        participants=tuple(person.id for person in several),
        end=due,
        priority=world.rng.choice((Priority.NORMAL, Priority.NORMAL, Priority.NORMAL, Priority.HIGH, Priority.LOW)),
        important=world.rng.random() < 0.1,
        reminder=world.rng.choice((None, None, 15, 60, 24 * 60)),
        checklist=tuple(Step(text, world.rng.random() < 0.5) for text in steps),
    )


def _responsible(world: World, record: Made, author: Person) -> UserId:
    colleague = world.other(world.able(Action.READ, record), author)
    return author.id if colleague is None or world.rng.random() < 0.65 else colleague.id


def _parties(world: World, record: Made, author: Person) -> tuple[Party, ...]:
    """The client's person, when the author may update them."""
    party = record if record.kind in {Kind.CONTACT, Kind.LEAD} else record.contact
    if party is None or author not in world.able(Action.UPDATE, party):
        return ()
    return (Party(record=RecordId(party.id)),)


def plan_meeting(world: World, record: Made, author: Person, due: Millis) -> Plan:
    """A meeting with the client, a colleague, or both."""
    colleague = world.other(world.able(Action.READ, record), author)
    with_whom = _parties(world, record, author)
    if colleague and world.rng.random() < 0.5:
        with_whom += (Party(user=colleague.id),)
    return Plan(
        Type.MEETING,
        _responsible(world, record, author),
        subject=world.text(author.language, "MEETINGS", record, author),
        description=world.text(author.language, "DETAILS", record, author),
        records=(RecordId(record.id),),
        parties=with_whom,
        start=due,
        end=due + world.rng.choice((30, 45, 60, 90)) * MINUTE,
        place=world.decks.pick(author.language, "PLACES"),
        reminder=world.rng.choice((None, 15, 30)),
        important=world.rng.random() < 0.15,
    )


def plan_call(world: World, record: Made, author: Person, due: Millis) -> Plan:
    """A call, in or out."""
    client = record if record.phone else record.contact
    return Plan(
        Type.CALL,
        _responsible(world, record, author),
        subject=world.text(author.language, "CALLS", record, author),
        description=world.text(author.language, "DETAILS", record, author),
        records=(RecordId(record.id),),
        parties=_parties(world, record, author)[:1],
        start=due,
        direction=world.rng.choice((Direction.OUT, Direction.OUT, Direction.IN)),
        phone=client.phone if client else "",
        reminder=world.rng.choice((None, 5, 15)),
    )


def plan_email(world: World, record: Made, author: Person, _: Millis) -> Plan:
    """A mail to the client, or from them."""
    texts, language = TEXTS[author.language], author.language
    client = record if record.email else record.contact
    name = record.spoken or record.firm
    body = "\n\n".join(
        (
            texts.GREETING.format(c=name),
            world.text(language, "BODIES", record, author),
            texts.FAREWELL.format(me=author.who.name),
        )
    )
    sent = world.rng.random() < 0.75
    address = client.email if client and client.email else "info@example.net"
    ours = author.who.email
    return Plan(
        Type.EMAIL,
        author.id,
        subject=world.text(language, "MAILS", record, author),
        records=(RecordId(record.id),),
        direction=Direction.OUT if sent else Direction.IN,
        email=Email(ours if sent else address, (address if sent else ours,), body=body),
    )


PLANS: Mapping[Type, Callable[[World, Made, Person, Millis], Plan]] = {
    Type.TASK: plan_task,
    Type.MEETING: plan_meeting,
    Type.CALL: plan_call,
    Type.EMAIL: plan_email,
}
