"""The year: records added, moved through their stages, handed over; messages, comments, reactions; who follows what."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from server.demo.stream import EMOJI, Stream, Told
from server.demo.world import DAY, HOUR, MINUTE, Made, Person, World
from server.domain.access import Action, Owned, readers
from server.domain.entries import Part
from server.domain.words import FollowLevel, JsonObject, Kind, Meaning, Millis
from server.store.schema import follows

MESSAGES = 320


def tell_year(world: World, stream: Stream) -> None:
    """Everything but the activities."""
    for record in world.records:
        _added(stream, record)
    for record in world.of(Kind.LEAD, Kind.DEAL, Kind.QUOTE):
        _stages(world, stream, record)
    _changes(world, stream)
    for _ in range(MESSAGES):
        _message(world, stream)
    _follows(world)


def _client(record: Made) -> list[Made]:
    return [record] if record.company is None else [record, record.company]


def _owner(world: World, record: Made) -> Person:
    return next(person for person in world.people if person.id == record.owned.responsible)


def _added(stream: Stream, record: Made) -> None:
    stream.tell("added", _owner(stream.world, record), record.created, _client(record), subject=record)


def _change(world: World, stream: Stream, record: Made, at: Millis, *, type: str, sides: Sequence[object]) -> Told:
    author = world.writer(record)
    record.change(at, author.id)
    told = stream.tell(
        type, author, at, _client(record), subject=record, change=dict(zip(("old", "new"), sides, strict=True))
    )
    if world.rng.random() < 0.25:
        discuss(world, stream, told, record)
    return told


def _stages(world: World, stream: Stream, record: Made) -> None:
    """Moves a record on: the older it is, the further, and the old ones are won or lost."""
    stages = world.stages[record.kind]
    open_ = [stage for stage in stages if stage[1] == Meaning.PROGRESS]
    final = [stage for stage in stages if stage[1] != Meaning.PROGRESS]
    age = (world.now - record.created) / DAY
    path = open_[1 : 1 + min(len(open_) - 1, int(age / 18) + world.rng.randint(0, 1))]
    if age > 45 and world.rng.random() < 0.7:
        path.append(final[0] if world.rng.random() < 0.6 else final[1])
    at = record.created
    for number, stage in path:
        at = world.moment(at + HOUR, min(at + 24 * DAY, world.now), "Europe/Madrid")
        old = record.row["stage_id"]
        if old != number:
            won = {Meaning.WON: "accepted", Meaning.LOST: "declined"} if record.kind == Kind.QUOTE else {}
            type = won.get(Meaning(stage), "stage")
            _change(world, stream, record, at, type=type, sides=[{"stage": old}, {"stage": number}])
            record.row["stage_id"] = number


def _changes(world: World, stream: Stream) -> None:
    """Amounts that were corrected, records that were handed over, names that were put right."""
    for record in world.rng.sample(world.of(Kind.DEAL), 26):
        amount = Decimal(str(record.row["amount"]))
        before = (amount * Decimal(world.rng.choice(("0.9", "1.08", "0.75", "1.2")))).quantize(Decimal("0.01"))
        sides = [{"amount": f"{value:.2f}", "currency": "EUR"} for value in (before, amount)]
        _change(world, stream, record, world.moment(record.created, world.now), type="amount", sides=sides)
    for record in world.rng.sample(world.of(Kind.DEAL, Kind.COMPANY, Kind.LEAD), 24):
        sellers = [p for p in world.able(Action.UPDATE, record) if p.who.sells and p.id != record.owned.responsible]
        if sellers:
            giver = world.rng.choice(sellers)
            handed: list[object] = [{"user": int(giver.id)}, {"user": record.owned.responsible}]
            at = world.moment(record.created, world.now)
            _change(world, stream, record, at, type="responsible", sides=handed)
    for record in world.rng.sample(world.of(Kind.COMPANY, Kind.DEAL), 10):
        short = record.title.split(" · ")[0].split(" ")[0]
        _change(
            world, stream, record, world.moment(record.created, world.now), type="renamed", sides=[short, record.title]
        )


def _message(world: World, stream: Stream) -> None:
    """A message about one or two records, to colleagues, a department, or the client."""
    record = world.rng.choice(
        world.of(
            *world.rng.choices(
                [(Kind.DEAL,), (Kind.LEAD,), (Kind.COMPANY,), (Kind.CONTACT,), (Kind.QUOTE,)], [10, 3, 4, 2, 3]
            )[0]
        )
    )
    author = world.writer(record)
    about = [record]
    if record.company and author in world.able(Action.UPDATE, record.company) and world.rng.random() < 0.5:
        about.append(record.company)
    text = world.text(author.language, "MESSAGES", record, author)
    if world.rng.random() < 0.4:
        text += ("\n\n" if "\n" in text else " ") + world.text(author.language, "MORE", record, author)
    at = world.moment(record.created, world.now, author.who.time_zone)
    chips, people = _recipients(world, author, record, about)
    told = stream.tell("message", author, at, about, people=[(p, Part.ADDRESSED) for p in people], text=text)
    stream.address(told, chips)
    for each in about:
        each.touch(at, author.id)
    discuss(world, stream, told, record)


def _recipients(world: World, author: Person, record: Made, about: list[Made]) -> tuple[list[JsonObject], list[Person]]:
    """Chips of To with the people they address; a client who gets the mail is what the message is about, too."""
    chips: list[JsonObject] = []
    people: list[Person] = []
    if world.rng.random() < 0.6:
        colleagues = [person for person in world.people if person is not author]
        people = world.rng.sample(colleagues, world.rng.choice((1, 1, 2, 3)))
        chips = [{"user_id": person.id} for person in people]
    if world.rng.random() < 0.15:
        department = world.rng.choice(world.people).access.department
        members = [person for person in world.people if person.access.department == department]
        people += [person for person in members if person not in people]
        chips.append({"department_id": department})
    contact = record.contact
    if contact and contact not in about and world.rng.random() < 0.2 and author in world.able(Action.UPDATE, contact):
        chips.append({"record_id": contact.id, "email": contact.email})
        about.append(contact)
    return chips, people


def discuss(world: World, stream: Stream, told: Told, record: Made) -> None:
    """Comments and reactions of people who see an entry, in the days after it."""
    seen = [person for person in told.readers if person.id != told.author.id]
    at = told.at
    number = world.rng.choices((0, 1, 2, 3, 4, 6), (38, 28, 16, 10, 6, 2))[0] if seen else 0
    last = told.author
    for _ in range(number):
        at += int(world.rng.expovariate(1 / (3 * HOUR))) + world.rng.randint(1, 20) * MINUTE
        if at > world.now:
            break
        author = world.other(told.readers, last) or told.author
        text = world.text(author.language, "COMMENTS", record, author)
        if world.rng.random() < 0.4:
            text += " " + world.text(author.language, "MORE", record, author)
        stream.comment(told, author, at, text)
        last = author
    for person in world.rng.sample(seen, min(len(seen), world.rng.choice((0, 0, 0, 1, 1, 2, 3)))):
        later = min(world.now, told.at + int(world.rng.expovariate(1 / (5 * HOUR))))
        stream.react(told, person, later, world.rng.choice(EMOJI[: world.rng.choice((2, 4, 8))]))


def _follows(world: World) -> None:
    """Everybody follows some of what they may read and are not responsible for."""
    levels = (FollowLevel.EVERYTHING,) * 6 + (FollowLevel.IMPORTANT,) * 3 + (FollowLevel.MUTED,)
    for person in world.people:
        may = partial(_may_follow, person)
        readable: Sequence[Made] = [record for record in world.records if may(record.owned)]
        for record in world.rng.sample(readable, min(len(readable), world.rng.randint(8, 26))):
            at = world.moment(record.created, world.now)
            level = str(world.rng.choice(levels))
            world.rows.add(follows, user_id=person.id, record_id=record.id, level=level, at=at)


def _may_follow(person: Person, owned: Owned) -> bool:
    return owned.responsible != person.id and not person.access.held().isdisjoint(readers(owned))
