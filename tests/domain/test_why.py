"""Why an entry is in somebody's Mine: a reason for every rule, and none where it is not."""

from __future__ import annotations

from hypothesis import given, strategies as st

from server.domain.access import Owned
from server.domain.entries import TYPES, EntryFacts, Follower, Part, audience
from server.domain.why import Because, Rule, why
from server.domain.words import FollowLevel, Kind, RecordId, UserId

ANA, LUIS = UserId(1), UserId(2)
DEAL, LEAD = RecordId(10), RecordId(11)

PEOPLE = st.frozensets(st.tuples(st.sampled_from([ANA, LUIS]), st.sampled_from(Part)), max_size=4)
OWNED = st.builds(Owned, st.sampled_from(Kind), st.sampled_from([None, ANA, LUIS]), st.none(), st.booleans())
ENTRIES = st.builds(
    EntryFacts,
    type=st.sampled_from(list(TYPES.values())),
    people=PEOPLE,
    records=st.dictionaries(st.sampled_from([DEAL, LEAD]), OWNED),
)
FOLLOWS = st.dictionaries(st.sampled_from([DEAL, LEAD]), st.sampled_from(FollowLevel))


@given(entry=ENTRIES, follows=FOLLOWS)
def test_there_is_a_reason_exactly_where_the_entry_is_in_mine(
    entry: EntryFacts, follows: dict[RecordId, FollowLevel]
) -> None:
    followers = [Follower(ANA, level) for record, level in follows.items() if record in entry.records]

    assert bool(list(why(ANA, entry, follows))) == (ANA in audience(entry, followers))


def test_the_strongest_reason_comes_first() -> None:
    people = frozenset({(ANA, Part.MENTIONED), (ANA, Part.ADDRESSED), (LUIS, Part.AUTHOR)})
    records = {DEAL: Owned(Kind.DEAL, ANA, None, opened=False)}
    entry = EntryFacts(TYPES["message"], people, records)

    found = list(why(ANA, entry, {DEAL: FollowLevel.IMPORTANT}))

    assert found == [
        Because(Rule.ADDRESSED),
        Because(Rule.MENTIONED),
        Because(Rule.RESPONSIBLE, DEAL),
        Because(Rule.FOLLOWING, DEAL, FollowLevel.IMPORTANT),
    ]
