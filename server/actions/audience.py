"""The audience preview (PRODUCT §6): who would have a draft in Mine, who could not see it, who gets mail outside."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.posts import Message, address
from server.domain.access import Access, Action
from server.domain.entries import TYPES, EntryFacts, Part, audience, principals
from server.domain.text import parse_mentions
from server.domain.words import JsonObject, RecordId, UserId
from server.store.access import load_accesses
from server.store.facts import followers_of
from server.store.shapes import Names
from server.store.work import Work, now


async def preview(connection: AsyncConnection, access: Access, message: Message) -> JsonObject:
    """Who would see a message if it were published now. Writes nothing. Raises what publishing would raise.

    `people` are the colleagues in whose Mine it would be, the author left out. `cannot` names those addressed or
    mentioned who may not read a record it is about; only mentioned ones do not see the message at all.
    """
    addressed = await address(Work(connection, access, now), message)
    mentioned = parse_mentions(message.text).users
    parts = {(access.user, Part.AUTHOR)}
    parts |= {(user, Part.ADDRESSED) for user in addressed.people}
    parts |= {(user, Part.MENTIONED) for user in mentioned}
    facts = EntryFacts(TYPES["message"], frozenset(parts), addressed.attached)
    following = await followers_of(connection, addressed.attached)
    users = audience(facts, (follow for of in following.values() for follow in of)) - {access.user}
    accesses = await load_accesses(connection, users)
    allowed = principals(facts)
    seeing = [user for user, other in accesses.items() if not other.held().isdisjoint(allowed)]
    locked = _locked(accesses, facts, {*addressed.people, *mentioned} - {access.user})
    names = Names()
    names.need("user", *seeing, *(user for user, _ in locked))
    names.need("record", *(record for _, record in locked))
    await names.load(connection)
    return {
        "people": names.people(seeing),
        "count": len(seeing),
        "external": addressed.external,
        "cannot": [
            {**(names.person(user) or {}), "about": names.ref(record), "sees": user in seeing}
            for user, record in locked
        ],
    }


def _locked(accesses: dict[UserId, Access], facts: EntryFacts, among: set[UserId]) -> list[tuple[UserId, RecordId]]:
    """Who of some people may not read which record; the first such record of each."""
    found: list[tuple[UserId, RecordId]] = []
    for user in sorted(among & accesses.keys()):
        closed = [record for record, of in facts.records.items() if not accesses[user].may(Action.READ, of)]
        if closed:
            found.append((user, closed[0]))
    return found
