"""Messages: publishing, editing and deleting what people write in the stream (PRODUCT §6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Row, insert, select, update

from server.actions import notices
from server.actions.arguments import Id
from server.actions.checks import TARGETS_MAX, check_departments, check_people, check_records, touch
from server.actions.entries import NewEntry, add_entry, add_people, find_entry, remove_entry
from server.actions.verbs import DONE, Noun, Outcome, verb
from server.domain.access import Action, Owned
from server.domain.entries import Part
from server.domain.events import Name
from server.domain.filters import searchable
from server.domain.text import check_email, clean_text, parse_mentions
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, RecordId, UserId
from server.errors import Forbidden, Invalid
from server.store.drafts import Draft
from server.store.schema import contact_points, entries, recipients
from server.store.work import Work


class Recipient(msgspec.Struct, forbid_unknown_fields=True):
    """One chip of To: exactly one of user, department, record (a contact or lead) or email.

    A record is attached to the post and gets the mail; each half can be switched off.
    """

    user: Id | None = None
    department: Id | None = None
    record: Id | None = None
    email: str | None = None
    attach: bool = True
    mail: bool = True


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """A message to publish. `ref` is the client's own reference, handed back with the event."""

    text: str
    to: list[Recipient] = msgspec.field(default_factory=list)
    about: list[Id] = msgspec.field(default_factory=list)
    ref: str | None = None


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    """A new text for a message of one's own."""

    entry: Id
    text: str


class Removal(msgspec.Struct, forbid_unknown_fields=True):
    """An entry to delete."""

    entry: Id


@dataclass(frozen=True, slots=True)
class Addressed:
    """What the chips of a message come to: rows of `recipients`, people, records, addresses outside."""

    rows: list[JsonObject] = field(default_factory=list)
    people: list[UserId] = field(default_factory=list)
    attached: dict[RecordId, Owned] = field(default_factory=dict)
    external: list[str] = field(default_factory=list)


@verb("message.publish", Message)
async def publish(work: Work, message: Message) -> Outcome:
    """Writes a message to people and about records."""
    text = message_text(message.text)
    addressed = await address(work, message)
    if not addressed.attached:
        raise Invalid.one("about", "required", "a message is about at least one record")
    mentioned = await mentioned_people(work, text)
    parts: defaultdict[UserId, set[Part]] = defaultdict(set)
    for user in addressed.people:
        parts[user].add(Part.ADDRESSED)
    for user in mentioned:
        parts[user].add(Part.MENTIONED)
    records = list(addressed.attached)
    new = NewEntry("message", records, parts, text=text, search=searchable(text))
    entry = await add_entry(work, new, checked_ref(message.ref))
    if addressed.rows:
        rows = [row | {"entry_id": entry, "sort": sort} for sort, row in enumerate(addressed.rows)]
        await work.connection.execute(insert(recipients), rows)
    await touch(work, records)
    await notices.of_post(work, entry, parts)
    return Outcome(Noun.ENTRY, entry)


def message_text(text: str) -> str:
    """The text of a message, cleaned. Raises Invalid when nothing is left."""
    cleaned = clean_text(text, "text")
    if not cleaned:
        raise Invalid.one("text", "required", "a message needs a text")
    return cleaned


REF_MAX = 64  # characters of a client reference


def checked_ref(ref: str | None) -> str | None:
    """A client reference that the log can keep. Raises Invalid."""
    if ref is not None and (len(ref) > REF_MAX or not ref.isprintable()):
        raise Invalid.one("ref", "too_long", f"at most {REF_MAX} printable characters", limit=REF_MAX)
    return ref


async def address(work: Work, message: Message) -> Addressed:
    """Checks To and About (the author needs update on every record that is attached) and resolves them."""
    for index, chip in enumerate(message.to):
        if sum(value is not None for value in (chip.user, chip.department, chip.record, chip.email)) != 1:
            raise Invalid.one(f"to[{index}]", "type", "exactly one of user, department, record, email")
    if len(message.to) > TARGETS_MAX:
        raise Invalid.one("to", "too_many", f"at most {TARGETS_MAX}", limit=TARGETS_MAX)
    chips = list({(chip.user, chip.department, chip.record, chip.email): chip for chip in message.to}.values())
    people = await check_people(work, [UserId(c.user) for c in chips if c.user is not None], "to")
    teams = await check_departments(work, [DepartmentId(c.department) for c in chips if c.department is not None], "to")
    to_attach = [RecordId(c.record) for c in chips if c.record is not None and c.attach]
    about = list(dict.fromkeys(RecordId(record) for record in message.about))
    attached = await check_records(work, about, Action.UPDATE, "about")
    attached |= await check_records(work, list(dict.fromkeys(to_attach)), Action.UPDATE, "to")
    mails = await _addresses(work, chips)
    rows = [_row(chip, mails) for chip in chips]
    everyone = dict.fromkeys([*people, *(user for members in teams.values() for user in members)])
    external = [str(row["email"]) for row in rows if row["email"] is not None]
    return Addressed(rows, list(everyone), attached, list(dict.fromkeys(external)))


async def _addresses(work: Work, chips: Sequence[Recipient]) -> dict[RecordId, str]:
    """The first address of every contact or lead that is to be mailed. Raises Invalid where there is none."""
    mailed = [RecordId(chip.record) for chip in chips if chip.record is not None]
    if not mailed:
        return {}
    facts = await check_records(work, list(dict.fromkeys(mailed)), Action.READ, "to")
    for record, owner in facts.items():
        if owner.kind not in {Kind.CONTACT, Kind.LEAD}:
            raise Invalid.one("to", "kind", "only contacts and leads can be addressed", record=record)
    chosen = select(contact_points).where(contact_points.c.record_id.in_(mailed), contact_points.c.type == "email")
    rows = await work.connection.execute(chosen.order_by(contact_points.c.sort.desc(), contact_points.c.id.desc()))
    return {RecordId(row.record_id): row.value for row in rows}


def _row(chip: Recipient, mails: dict[RecordId, str]) -> JsonObject:
    row: JsonObject = {"user_id": chip.user, "department_id": chip.department, "record_id": chip.record, "email": None}
    if chip.email is not None:
        row["email"] = check_email(chip.email, "to")
    elif chip.record is not None and chip.mail:
        row["email"] = mails.get(RecordId(chip.record))
    if chip.record is not None and not chip.attach and row["email"] is None:
        raise Invalid.one("to", "no_address", "neither attached nor mailed", record=chip.record)
    return row


async def mentioned_people(work: Work, text: str) -> list[UserId]:
    """The people a text mentions; mentioned records must be readable for the author. Raises Invalid, NotFound."""
    mentions = parse_mentions(text)
    await check_records(work, mentions.records, Action.READ, "text")
    return await check_people(work, mentions.users, "text")


@verb("message.edit", Edit)
async def edit(work: Work, wanted: Edit) -> Outcome:
    """Gives one's own message a new text."""
    row = await _own_message(work, EntryId(wanted.entry))
    text = message_text(wanted.text)
    mentioned = await mentioned_people(work, text)
    changed = update(entries).where(entries.c.id == row.id)
    await work.connection.execute(changed.values(text=text, search=searchable(text), edited_at=work.at))
    await add_people(work, EntryId(row.id), {user: {Part.MENTIONED} for user in mentioned})
    await work.forget(EntryId(row.id))
    work.record(Draft(Name.ENTRY_CHANGED, entry=EntryId(row.id)))
    await notices.of_edit(work, EntryId(row.id), row.text, text)
    return Outcome(Noun.ENTRY, row.id)


@verb("message.delete", Removal)
async def delete(work: Work, wanted: Removal) -> Outcome:
    """Deletes one's own message; an admin may delete any."""
    row = await _own_message(work, EntryId(wanted.entry), admin=True)
    await remove_entry(work, EntryId(row.id))
    return DONE


async def _own_message(work: Work, entry: EntryId, *, admin: bool = False) -> Row[tuple[object, ...]]:
    row = await find_entry(work, entry)
    if row.type != "message":
        raise Forbidden("only messages can be edited or deleted", action="edit", entry=entry)
    if row.author_id != work.user and not (admin and work.access.admin):
        raise Forbidden("this message is somebody else's", action="edit", entry=entry)
    return row
