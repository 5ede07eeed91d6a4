"""A message written on one screen is live on every other that may show it, and on none that may not."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.async_api import expect

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import USERS


async def test_a_message_is_in_the_addressees_mine_without_a_reload(
    screens: OpenScreen, record_property: Callable[[str, object], None]
) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("120 laptops")
    await ana.go("/stream")
    await luis.go("/stream")
    await luis.mark()

    await ana.choose("To", "Lui", "Luis")
    await ana.choose("About", "120 lap", "120 laptops")
    begin = time.perf_counter()
    await ana.write("The price holds until Friday.")
    await luis.sees("The price holds until Friday.")

    record_property("seconds from the click to the other screen", time.perf_counter() - begin)
    for screen in (ana, luis):
        card = screen.entry("The price holds until Friday.")
        await expect(card.locator(".chip[data-tone=user]")).to_have_text("User: Luis")
        await expect(card.locator(f"a.chip[href='/records/{deal}']")).to_have_text("Deal: 120 laptops")
    await expect(ana.entry("The price holds until Friday.")).to_have_count(1)
    assert await luis.is_marked()


async def test_a_message_is_nowhere_for_someone_without_rights(screens: OpenScreen) -> None:
    ana, eva = await screens("Ana"), await screens("Eva")
    eva.forgive(r"status of 404")
    secret, own = await ana.make_deal("A secret deal"), await eva.make_deal("Eva's deal")
    await eva.go("/stream?scope=all")

    entry = await ana.post("Nobody outside Sales should read this.", secret, to=USERS["Luis"])
    await ana.post("This one is for Eva.", own)
    await eva.sees("This one is for Eva.")

    await eva.sees("Nobody outside Sales", times=0)
    await eva.go("/stream?scope=all")
    await eva.sees("This one is for Eva.")
    await eva.sees("Nobody outside Sales", times=0)
    listed = await eva.context.request.get(f"{eva.url}/api/v1/stream?scope=all")
    assert "Nobody outside Sales" not in await listed.text()
    hidden, missing = [await eva.context.request.get(f"{eva.url}/api/v1/entries/{id}") for id in (entry, 10**9)]
    assert (hidden.status, missing.status) == (404, 404)
    assert (await hidden.text()).replace(str(entry), "N") == (await missing.text()).replace(str(10**9), "N")
    await eva.go(f"/records/{secret}")
    await expect(eva.page.get_by_role("heading", name="Not found")).to_be_visible()
    await expect(eva.page.get_by_text("A secret deal")).to_have_count(0)


async def test_someone_addressed_without_rights_sees_a_lock_and_never_the_title(screens: OpenScreen) -> None:
    ana, eva = await screens("Ana"), await screens("Eva")
    deal = await ana.make_deal("Confidential merger")
    await eva.go("/stream")

    await ana.post("Please call the client back.", deal, to=USERS["Eva"])
    await eva.sees("Please call the client back.")

    await expect(eva.entry("Please call the client back.").locator(".chip--locked")).to_have_text("Deal · no access")
    assert "Confidential merger" not in await eva.page.content()


async def test_what_is_missing_is_said_before_anything_is_sent(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    await ana.go("/stream")

    await ana.write("A message about nothing")

    await expect(ana.page.get_by_role("alert").filter(has_text="Add at least one record")).to_be_visible()
    await expect(ana.page.get_by_role("textbox", name="New message")).to_have_value("A message about nothing")


async def test_markup_and_script_in_any_text_are_shown_as_text(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    deal = await ana.make_deal(f"Deal {evil}")
    await luis.go("/stream?scope=all")

    entry = await ana.post(f"Text {evil} [link](javascript:window.hit=1)", deal, to=USERS["Luis"])
    await ana.send("POST", f"/entries/{entry}/comments", {"text": f"Comment {evil}"})

    await expect(luis.entry(f"Text {evil}").locator(".comment__text")).to_have_text(f"Comment {evil}")
    await expect(luis.entry(f"Text {evil}").locator("a[href^='javascript']")).to_have_count(0)
    await luis.go(f"/records/{deal}")
    await expect(luis.page.get_by_role("heading", level=1)).to_have_text(f"Deal {evil}")
    assert await luis.page.evaluate("window.hit") is None
