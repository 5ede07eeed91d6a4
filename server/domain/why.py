"""Why somebody sees an entry (PRODUCT §5.2): the rules of `entries.audience` one by one, the strongest first.

The same facts decide, so that there is a reason exactly where the entry is in Mine; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.entries import EntryFacts, Part, brings
from server.domain.words import FollowLevel, RecordId, UserId


class Rule(StrEnum):
    """What brings an entry into somebody's Mine. The strongest comes first."""

    AUTHOR = "author"
    ASSIGNED = "assigned"
    """Its activity is mine to do."""
    ADDRESSED = "addressed"
    PARTICIPANT = "participant"
    MENTIONED = "mentioned"
    RESPONSIBLE = "responsible"
    """A record it is about is mine."""
    FOLLOWING = "following"


@dataclass(frozen=True, slots=True)
class Because:
    """One rule that applies; with the record it applies by, and how that one is followed."""

    rule: Rule
    record: RecordId | None = None
    level: FollowLevel | None = None


_BY_PART: Mapping[Part, Rule] = {
    Part.AUTHOR: Rule.AUTHOR,
    Part.RESPONSIBLE: Rule.ASSIGNED,
    Part.ADDRESSED: Rule.ADDRESSED,
    Part.PARTICIPANT: Rule.PARTICIPANT,
    Part.MENTIONED: Rule.MENTIONED,
}


def why(user: UserId, entry: EntryFacts, follows: Mapping[RecordId, FollowLevel]) -> Iterator[Because]:
    """All rules by which an entry belongs to somebody's Mine; none: it does not. `follows` are the user's own."""
    for part, rule in _BY_PART.items():
        if (user, part) in entry.people:
            yield Because(rule)
    for record, owned in entry.records.items():
        if owned.responsible == user:
            yield Because(Rule.RESPONSIBLE, record)
    for record in entry.records:
        level = follows.get(record)
        if level is not None and brings(level, entry):
            yield Because(Rule.FOLLOWING, record, level)
