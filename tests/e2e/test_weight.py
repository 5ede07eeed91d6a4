"""The page's weight: what a phone on a bad line has to load before it shows anything."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.parametrize(("pattern", "limit"), [("*.js", 40_000), ("*.css", 16_000)])
def test_the_page_stays_within_its_budget(pattern: str, limit: int) -> None:
    files = sorted(WEB.rglob(pattern))

    weight = len(gzip.compress(b"".join(file.read_bytes() for file in files)))

    assert weight <= limit
