"""What people write: cleaned, measured, folded, searched for mentions."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from server.domain.text import (
    LINE_MAX,
    TEXT_MAX,
    Mentions,
    check_email,
    check_emoji,
    clean_line,
    clean_text,
    fold,
    parse_mentions,
)
from server.errors import Invalid


@given(st.text())
def test_cleaned_text_is_clean_or_refused(text: str) -> None:
    try:
        cleaned = clean_text(text, "text")
    except Invalid:
        return

    assert clean_text(cleaned, "text") == cleaned
    assert "\r" not in cleaned
    assert "\x00" not in cleaned
    cleaned.encode()  # no lone surrogate


@given(st.text())
def test_a_cleaned_line_is_one_line_or_refused(text: str) -> None:
    try:
        cleaned = clean_line(text, "title")
    except Invalid:
        return

    assert cleaned == " ".join(cleaned.split())
    assert len(cleaned) <= LINE_MAX


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "\x1b[0m", "\x85", "\x7f"])
def test_controls_and_half_characters_are_no_text(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_text(text, "text")

    assert refused.value.errors[0].code == "control_character"


def test_the_longest_text_is_exactly_as_long_as_the_limit_says() -> None:
    assert len(clean_text("é" * TEXT_MAX, "text")) == TEXT_MAX
    for length in (TEXT_MAX + 1, 10 * TEXT_MAX):
        with pytest.raises(Invalid) as refused:
            clean_text("é" * length, "text")
        assert refused.value.errors[0].code == "too_long"


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Óptica", "optica"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("℡", "tel"), ("İ", "i"), ("ñandú", "nandu")],
)
def test_folding_takes_case_and_accents_away(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_mentions_are_read_once_each_in_order() -> None:
    text = "@{7} #{42} @{8} @{7} @{x} @{} #{-1} @7 #{9999999999999999999}"

    assert parse_mentions(text) == Mentions(users=(7, 8), records=(42,))  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["a@b.example", " ana.belmonte+crm@mail.example.com "])
def test_an_address_is_an_address(address: str) -> None:
    assert check_email(address, "to") == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "@b.example",
        "a@b..example",
        "a b@c.example",
        "<a@b.example>",
        "a@b.example,c@d.example",
        "a@b@c.d",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        check_email(address, "to")


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👨‍👩‍👧‍👦", "1️⃣", "🇪🇸", "👋🏽"])
def test_an_emoji_is_one_picture(emoji: str) -> None:
    assert check_emoji(emoji, "emoji") == emoji


@pytest.mark.parametrize("emoji", ["", "a", "1", " ", "👍\x00", "👍 ", "\ufffd", "<", "👍" * 17])
def test_what_is_no_picture_is_refused(emoji: str) -> None:
    with pytest.raises(Invalid):
        check_emoji(emoji, "emoji")
