"""A record's page: its own stream, following, its activities."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.conftest import OpenScreen


async def test_following_a_record_brings_it_into_mine_and_unfollowing_takes_it_out(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A followed deal")
    await ana.post("Before anybody followed", deal)
    await luis.go(f"/records/{deal}")

    async with luis.page.expect_response("**/follow"):
        await luis.page.locator("c-record-head").get_by_role("button", name="Follow").click()
    await expect(luis.page.locator("c-record-head summary", has_text="Following")).to_be_visible()
    await luis.go("/stream")
    await luis.sees("Before anybody followed")
    await ana.post("For all who follow", deal)
    await luis.sees("For all who follow")
    await luis.go(f"/records/{deal}")
    await luis.page.locator("c-record-head summary", has_text="Following").click()
    async with luis.page.expect_response("**/follow"):
        await luis.page.get_by_role("button", name="Unfollow", exact=True).click()
    await expect(luis.page.locator("c-record-head").get_by_role("button", name="Follow")).to_be_visible()

    await luis.go("/stream")
    await luis.sees("For all who follow", times=0)


async def test_following_on_another_screen_changes_an_open_mine_without_a_reload(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A deal followed elsewhere")
    await ana.post("Written before the follow", deal)
    await luis.go("/stream")
    await luis.mark()
    await luis.sees("Written before the follow", times=0)

    await luis.send("PUT", f"/records/{deal}/follow", {"level": "everything"})
    await luis.sees("Written before the follow")
    await luis.send("DELETE", f"/records/{deal}/follow")
    await luis.sees("Written before the follow", times=0)

    assert await luis.is_marked()


async def test_who_is_responsible_cannot_unfollow(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    deal = await ana.make_deal("A deal of one's own")
    await ana.go(f"/records/{deal}")

    await ana.page.locator("c-record-head summary", has_text="Following").click()

    await expect(ana.page.get_by_text("You are responsible").first).to_be_visible()
    await expect(ana.page.get_by_role("button", name="Unfollow", exact=True)).to_have_count(0)


async def test_a_task_made_in_its_window_appears_for_others_and_completing_it_works_in_place(
    screens: OpenScreen,
) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("A deal with a task")
    await ana.go(f"/records/{deal}")
    await luis.go(f"/records/{deal}")

    await ana.page.get_by_role("button", name="Task", exact=True).click()
    window = ana.page.get_by_role("dialog")
    await window.get_by_role("textbox", name="Subject").fill("Send the agreement")
    await window.get_by_role("button", name="Create task").click()
    await expect(window).to_have_count(0)
    await luis.sees("Send the agreement")
    beside = luis.page.locator("c-current-activities").get_by_text("Send the agreement")
    await expect(beside).to_be_visible()
    await ana.page.locator("c-current-activities").get_by_role("checkbox", name="Complete: Send the agreement").click()

    await expect(beside).to_have_count(0)
    await expect(ana.page.locator("c-current-activities").get_by_text("Send the agreement")).to_have_count(0)
    await expect(luis.entry("Send the agreement")).to_contain_text("Completed")
    await luis.sees("Send the agreement")


async def test_a_changed_stage_and_a_new_name_show_on_the_other_screen(screens: OpenScreen) -> None:
    ana, luis = await screens("Ana"), await screens("Luis")
    deal = await ana.make_deal("An old name")
    await luis.go(f"/records/{deal}")

    await ana.send("PATCH", f"/records/{deal}", {"title": "A new name"})

    await expect(luis.page.get_by_role("heading", level=1)).to_have_text("A new name")
    await expect(luis.page.locator("article.entry").filter(has_text="renamed")).to_have_count(1)
