"""How the page looks and speaks: two languages, two appearances, a phone, and what axe has to say."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import USERS, Screen

BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
PHONE = {"width": 390, "height": 844}


async def furnish(screen: Screen) -> int:
    """Something of everything to look at; returns a deal."""
    deal = await screen.make_deal("A deal with a title that is rather long, as titles of deals tend to be")
    entry = await screen.post(
        "See **this** and https://example.com/a/very/long/address/that/does/not/end", deal, to=USERS["Luis"]
    )
    await screen.send("POST", f"/entries/{entry}/comments", {"text": "A comment"})
    await screen.send("PUT", f"/entries/{entry}/reactions/👍")
    await screen.send("POST", "/activities", {"type": "task", "subject": "Call them", "records": [deal]})
    await screen.send("PATCH", f"/records/{deal}", {"amount": "120000.00"})
    return deal


async def test_the_language_changes_at_a_click_and_stays(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    await ana.go("/stream")

    await ana.page.get_by_label("Ana, menu").click()
    await ana.page.get_by_text("Español", exact=True).click()
    await expect(ana.page.get_by_role("button", name="Publicar")).to_be_visible()
    await ana.page.reload()

    await expect(ana.page.locator("html")).to_have_attribute("lang", "es")
    await expect(ana.page.get_by_role("button", name="Publicar")).to_be_visible()
    await ana.send("PATCH", "/me", {"language": "en"})


async def test_the_appearance_changes_at_a_click_and_stays(screens: OpenScreen) -> None:
    luis = await screens("Luis", color_scheme="light")
    root = luis.page.locator("html")
    await luis.go("/stream")
    light = await luis.page.evaluate(BACKGROUND)

    await luis.page.get_by_label("Luis, menu").click()
    await luis.page.get_by_text("Dark", exact=True).click()
    await expect(root).to_have_attribute("data-theme", "dark")
    await luis.go("/stream")

    await expect(root).to_have_attribute("data-theme", "dark")
    assert await luis.page.evaluate(BACKGROUND) != light
    await luis.send("PATCH", "/me", {"theme": None})


@pytest.mark.parametrize("path", ["/stream?scope=all", "/records/{deal}", "/deals", "/activities", "/login"])
async def test_nothing_is_wider_than_a_phone(screens: OpenScreen, path: str) -> None:
    luis = await screens("Luis", viewport=PHONE, has_touch=True, is_mobile=True)
    deal = await furnish(luis)

    await luis.page.goto(luis.url + path.format(deal=deal))
    await luis.page.wait_for_load_state("networkidle")

    assert await luis.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(screens: OpenScreen, scheme: str) -> None:
    luis = await screens(
        "Luis", color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )  # axe brings a script along
    deal = await furnish(luis)
    found: dict[str, str] = {}

    for path in ("/stream?scope=all", f"/records/{deal}", "/deals", "/activities", "/login"):
        await luis.page.goto(luis.url + path)
        await luis.page.wait_for_load_state("networkidle")
        results = await Axe().run(luis.page)
        if results.violations_count:
            found[path] = results.generate_report()

    assert not found, "\n".join(f"{path}\n{report}" for path, report in found.items())


async def test_the_window_of_a_task_passes_axe_too(screens: OpenScreen) -> None:
    luis = await screens("Luis", reduced_motion="reduce", bypass_csp=True)
    await luis.go("/stream")

    await luis.page.get_by_role("button", name="Task", exact=True).click()
    await luis.page.get_by_role("dialog").wait_for()
    results = await Axe().run(luis.page)

    assert not results.violations_count, results.generate_report()


async def test_the_page_needs_no_exception_from_its_policy(screens: OpenScreen) -> None:
    luis = await screens("Luis")
    refused = "window.refused = []; addEventListener('securitypolicyviolation', (e) => window.refused.push(e.violatedDirective))"
    await luis.page.add_init_script(refused)
    deal = await furnish(luis)

    for path in ("/stream?scope=all", f"/records/{deal}", "/deals", "/activities"):
        answer = await luis.page.goto(luis.url + path)
        await luis.live()
        assert answer
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert await luis.page.evaluate("window.refused") == []
