"""The page's weight: what a phone on a bad line has to load before the stream is there and live."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenScreen

LOADED = """(ending) => performance.getEntriesByType("resource")
    .filter(({ name }) => new URL(name).pathname.endsWith(ending)).map(({ encodedBodySize }) => encodedBodySize)"""


@pytest.mark.parametrize(("ending", "limit"), [(".js", 40_000), (".css", 16_000)])
async def test_the_page_stays_within_its_budget(screens: OpenScreen, ending: str, limit: int) -> None:
    ana = await screens("Ana")

    await ana.go("/stream")

    sizes: list[int] = await ana.page.evaluate(LOADED, ending)
    assert sizes
    assert 0 < sum(sizes) <= limit, f"{len(sizes)} files"
