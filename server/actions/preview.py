"""Who would see a message, before it is published (PRODUCT §6). It writes nothing, and refuses what publishing refuses.

The rules are those of publishing itself, asked on a connection that only reads; a test publishes what was previewed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.posts import Message, address, mentioned_people
from server.domain import attention
from server.domain.access import Access, Owned, readers
from server.domain.attention import Reader
from server.domain.entries import TYPES, EntryFacts, Part, audience, principals
from server.domain.text import clean_text
from server.domain.words import JsonObject, RecordId, UserId
from server.store.facts import followers_of
from server.store.notifications import load_readers
from server.store.schema import users
from server.store.shapes import Names
from server.store.work import Work, now

NAMED = 20  # people who are told by name; of more there is the number


class DraftMessage(Message, kw_only=True, forbid_unknown_fields=True):
    """A message as it is being written: the text may still be empty."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """All who might see it, the author aside."""

    people: Mapping[UserId, Reader]

    def persons(self, of: Iterable[UserId]) -> list[UserId]:
        """Those of some users who are persons: bots and walls are nobody's audience."""
        return [user for user in of if user in self.people and self.people[user].type == "person"]


async def preview(connection: AsyncConnection, access: Access, draft: DraftMessage) -> JsonObject:
    """`mine`: in whose Mine it comes · `notified` · `readers`: who may read it at all, each `{"count", "people"}` ·
    `cannot_read`: who is named in it, but may not read all of what it is about, with `sees` (the message at least) and
    the records · `external`: the addresses that get a mail. Raises what publishing raises, but for an empty text.
    """
    work = Work(connection, access, now)
    addressed = await address(work, draft)
    mentioned = await mentioned_people(work, clean_text(draft.text, "text"))
    parts = _parts(access.user, addressed.people, mentioned)
    about = addressed.attached
    entry = EntryFacts(TYPES["message"], frozenset((user, part) for user in parts for part in parts[user]), about)
    company = await _company(connection, access.user)
    following = await followers_of(connection, about)
    allowed = principals(entry)
    legible = [user for user, reader in company.people.items() if not reader.access.held().isdisjoint(allowed)]
    reached = audience(entry, (follow for record in about for follow in following.get(record, ())))
    told = attention.due(attention.of_message(parts), access.user, company.people, allowed)
    blind = _blind(company, parts, about, legible)
    names = Names()
    names.need("user", *company.people)
    names.need("record", *about)
    await names.load(connection)

    def group(of: Sequence[UserId]) -> JsonObject:
        found = company.persons(of)
        return {"count": len(found), "people": names.people(found[:NAMED])}

    return {
        "mine": group([user for user in legible if user in reached]),
        "notified": group(sorted(told)),
        "readers": group(legible),
        "cannot_read": [
            {"user": names.person(user), "sees": user in legible, "records": names.refs(records)}
            for user, records in blind.items()
        ],
        "external": addressed.external,
    }


def _parts(author: UserId, people: Sequence[UserId], mentioned: Sequence[UserId]) -> dict[UserId, set[Part]]:
    parts: defaultdict[UserId, set[Part]] = defaultdict(set)
    parts[author].add(Part.AUTHOR)
    for user in people:
        parts[user].add(Part.ADDRESSED)
    for user in mentioned:
        parts[user].add(Part.MENTIONED)
    return parts


async def _company(connection: AsyncConnection, author: UserId) -> Company:
    others = select(users.c.id).where(users.c.active, users.c.id != author).order_by(users.c.name, users.c.id)
    ids = [UserId(user) for user in (await connection.execute(others)).scalars()]
    found = await load_readers(connection, ids)
    return Company({user: found[user] for user in ids if user in found})


def _blind(
    company: Company,
    parts: Mapping[UserId, set[Part]],
    about: Mapping[RecordId, Owned],
    legible: Sequence[UserId],
) -> dict[UserId, list[RecordId]]:
    """Who is named and cannot read all records, with those they cannot. Their names the author knows, and the records."""
    blind: dict[UserId, list[RecordId]] = {}
    for user in company.persons(parts):
        held = company.people[user].access.held()
        hidden = [record for record, owned in about.items() if readers(owned).isdisjoint(held)]
        if hidden or user not in legible:
            blind[user] = hidden
    return blind
