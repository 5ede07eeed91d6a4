"""Reading a filter from outside (what it lets through is held to the SQL in `tests/store/test_rights.py`)."""

from __future__ import annotations

import pytest

from server.domain.entries import TYPES
from server.domain.filters import KIND_FILTERS, NO_FILTER, Filter, matches, parse_filter
from server.domain.words import Kind
from server.errors import Invalid


def test_every_type_of_entry_is_let_through_by_exactly_one_group() -> None:
    groups = [KIND_FILTERS[name] for name in ("message", "activity", "change")]

    assert sorted(type for group in groups for type in group) == sorted(TYPES)


def test_nothing_said_lets_everything_through() -> None:
    assert parse_filter({}) == NO_FILTER
    assert not NO_FILTER
    assert matches(NO_FILTER, {"type": "import", "at": 0, "author": None, "records": []})


def test_numbers_may_be_written_as_text() -> None:
    spoken: dict[str, list[object]] = {
        "author": ["7", 8],
        "from": ["10"],
        "record_kind": ["deal"],
        "kind": ["call", "message"],
        "q": [" a  b "],
    }

    assert parse_filter(spoken) == Filter(
        types=frozenset({"call", "message"}),
        authors=frozenset({7, 8}),  # type: ignore[arg-type]
        since=10,
        record_kinds=frozenset({Kind.DEAL}),
        text="a b",
    )


def test_every_wrong_field_is_named_at_once() -> None:
    spoken: dict[str, list[object]] = {
        "kind": ["car"], "author": [True], "from": ["-1"], "to": [1, 2], "record_kind": [3], "q": ["\x00"], "x": ["y"],
    }  # fmt: skip

    with pytest.raises(Invalid) as refused:
        parse_filter(spoken)

    assert {error.field for error in refused.value.errors} == set(spoken)


@pytest.mark.parametrize("number", ["", "1.0", "٣", "1e3", 1.0, None, 2**53, "9" * 17, []])
def test_what_is_no_number_is_refused(number: object) -> None:
    with pytest.raises(Invalid):
        parse_filter({"author": [number]})
