"""Masking, and events as plain data."""

from __future__ import annotations

import msgspec
from hypothesis import given, strategies as st

from server.domain.events import mask, references
from server.domain.words import JsonObject, Kind, RecordId

KINDS = st.sampled_from([str(kind) for kind in Kind])
REFS = st.fixed_dictionaries({"record": st.integers(1, 4), "kind": KINDS, "title": st.just("SECRET")})
TREES = st.recursive(
    REFS | st.integers() | st.none() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "links"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(TREES, st.frozensets(st.integers(1, 4)))
def test_what_is_masked_refers_to_readable_records_only(tree: object, readable: frozenset[RecordId]) -> None:
    masked = mask(tree, readable)

    assert references(masked) == references(tree) & readable
    assert str(masked).count("SECRET") == str(mask(tree, references(tree))).count("SECRET") - hidden(tree, readable)


def hidden(tree: object, readable: frozenset[RecordId]) -> int:
    """How many references to unreadable records a tree holds."""
    if isinstance(tree, dict):
        if "record" in tree:
            return int(tree["record"] not in readable)
        return sum(hidden(item, readable) for item in tree.values())
    return sum(hidden(item, readable) for item in tree) if isinstance(tree, list) else 0


def test_all_that_stands_beside_a_masked_record_goes_with_it() -> None:
    chip: JsonObject = {"record": 9, "kind": "contact", "title": "Raúl", "responsible": 7, "email": "r@aurora.example"}

    assert mask({"recipients": [chip]}, frozenset()) == {"recipients": [{"kind": "contact", "locked": True}]}


def test_a_whole_record_is_masked_like_a_chip() -> None:
    record: JsonObject = {"record": 9, "kind": "deal", "amount": "5.00", "links": {"company": None}}

    assert mask({"record": record}, frozenset()) == {"record": {"kind": "deal", "locked": True}}


def test_masking_copies_and_changes_nothing() -> None:
    tree: JsonObject = {"records": [{"record": 1, "kind": "deal", "title": "x"}]}
    before = msgspec.json.encode(tree)

    mask(tree, frozenset())

    assert msgspec.json.encode(tree) == before
