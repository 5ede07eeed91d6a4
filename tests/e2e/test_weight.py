"""The page's weight: what a phone on a bad line has to load before it shows the stream; the rest follows when it stands."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenScreen

# What is asked for once the first entries stand in the page keeps nobody waiting; the page marks that moment.
LOADED = """(ending) => {
    const [{ startTime: shown }] = performance.getEntriesByName("entries");
    return performance.getEntriesByType("resource")
        .filter(({ name, startTime }) => startTime <= shown && new URL(name).pathname.endsWith(ending))
        .map(({ encodedBodySize }) => encodedBodySize);
}"""


@pytest.mark.parametrize(("ending", "limit"), [(".js", 40_000), (".css", 16_000)])
async def test_the_page_stays_within_its_budget(screens: OpenScreen, ending: str, limit: int) -> None:
    ana = await screens("Ana")
    await ana.post("Something to show", await ana.make_deal("A deal on the first page"))

    await ana.go("/stream")

    sizes: list[int] = await ana.page.evaluate(LOADED, ending)
    assert sizes
    assert sum(sizes) <= limit, f"{len(sizes)} files"
