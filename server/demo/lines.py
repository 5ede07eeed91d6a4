"""Lists of texts, written as one would write them on paper."""

from __future__ import annotations


def lines(text: str) -> tuple[str, ...]:
    """One item a line; `¶` is a line end within an item, `-` alone an item without text."""
    return tuple("" if line == "-" else line.replace("¶", "\n") for line in text.strip().splitlines())


def split(text: str) -> tuple[str, ...]:
    """Items between bars."""
    return tuple(" ".join(item.split()) for item in text.split("|"))


def words(text: str) -> tuple[str, ...]:
    """Items of one word each."""
    return tuple(text.split())
