"""The stream while people work in it together: nothing moves under a reader, and everything changes by itself."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import USERS

SCROLL = "new Promise((done) => { addEventListener('scrollend', done, { once: true }); scrollTo(0, 1200) })"


async def test_new_entries_wait_behind_a_pill_while_someone_reads_further_down(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A busy deal")
    for number in range(20):
        await ana.post(f"Message number {number}.", deal, to=USERS["Luis"])
    await luis.go("/stream")
    await luis.page.evaluate(SCROLL)
    read = luis.entry("Message number 9.")
    before = await read.bounding_box()

    await ana.post("Something new", deal, to=USERS["Luis"])
    await ana.post("And something else", deal, to=USERS["Luis"])
    pill = luis.page.get_by_role("button", name="2 new entries")
    await expect(pill).to_be_visible()

    assert await read.bounding_box() == before
    await luis.sees("Something new", times=0)
    await pill.click()
    await luis.sees("Something new")
    await expect(luis.page.locator("article.entry").first).to_contain_text("And something else")
    await expect(luis.page.locator("article.entry").first).to_be_in_viewport()
    await expect(pill).to_be_hidden()


async def test_comments_and_reactions_are_live(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A discussed deal")
    await ana.post("What do you think?", deal, to=USERS["Luis"])
    await ana.go(f"/records/{deal}")
    await luis.go(f"/records/{deal}")

    card = luis.entry("What do you think?")
    await card.get_by_role("button", name="Comment").click()
    await card.get_by_role("textbox", name="Write a comment").fill("I think well of it.")
    await luis.page.keyboard.press("Enter")
    seen = ana.entry("What do you think?")
    await expect(seen.locator(".comment__text")).to_have_text("I think well of it.")
    await card.locator("[data-act=react]").click()
    await card.get_by_role("button", name="Thumbs up").click()
    await expect(seen.get_by_role("button", name="Thumbs up: 1")).to_have_attribute("aria-pressed", "false")
    await expect(card.get_by_role("button", name="Thumbs up: 1")).to_have_attribute("aria-pressed", "true")
    await card.get_by_role("button", name="Thumbs up: 1").click()

    await expect(seen.get_by_role("button", name="Thumbs up: 1")).to_have_count(0)
    await expect(seen.locator(".comment")).to_have_count(1)


async def test_edits_and_deletions_are_live(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A corrected deal")
    entry = await ana.post("The meeting is on Monday.", deal, to=USERS["Luis"])
    await luis.send("POST", f"/entries/{entry}/comments", {"text": "See you then"})
    await ana.go("/stream")
    await luis.go("/stream")
    ana.page.on("dialog", lambda dialog: dialog.accept())

    own = ana.page.locator(f"#entry-{entry}")
    await own.get_by_label("More actions").click()
    await own.get_by_role("button", name="Edit", exact=True).click()
    await own.get_by_role("textbox", name="Text").fill("The meeting is on Tuesday.")
    await own.get_by_role("button", name="Save").click()
    seen = luis.page.locator(f"#entry-{entry}")
    await expect(seen.locator(".entry__text")).to_have_text("The meeting is on Tuesday.")
    await expect(seen).to_contain_text("edited")
    await own.get_by_label("More actions").click()
    await own.get_by_role("button", name="Delete", exact=True).click()

    await expect(seen).to_have_count(0)
    await expect(own).to_have_count(0)


async def test_a_filter_holds_for_what_arrives_too(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A filtered deal")
    await luis.go("/stream?scope=all&q=needle")

    await ana.post("Only hay in here", deal)
    await ana.post("A needle at last", deal)

    await luis.sees("A needle at last")
    await luis.sees("Only hay in here", times=0)
