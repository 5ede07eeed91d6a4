"""Signing in, and what happens to an open page when the login ends."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import PASSWORD


async def fill(page: Page, password: str) -> None:
    """The form of the login page."""
    await page.get_by_label("E-mail").fill("ana@example.com")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_wrong_password_is_said_and_the_right_one_leads_to_where_one_wanted_to_go(screens: OpenScreen) -> None:
    ana = await screens("Ana", stranger=True)
    ana.forgive(r"status of 401")
    await ana.page.goto(f"{ana.url}/stream?scope=all")
    await ana.page.wait_for_url("**/login?**")

    await fill(ana.page, "a wrong guess")
    await expect(ana.page.get_by_role("alert")).to_contain_text("The e-mail or the password is wrong.")
    await fill(ana.page, PASSWORD)

    await ana.page.wait_for_url("**/stream?scope=all")
    await ana.live()


async def test_an_expired_login_goes_to_the_login_page_and_back(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    ana.forgive(r"status of 401|WebSocket")
    await ana.go("/stream")

    await ana.context.clear_cookies()
    await ana.page.get_by_role("link", name="Deals").click()
    await ana.page.wait_for_url("**/login?**")
    await fill(ana.page, PASSWORD)

    await ana.page.wait_for_url("**/deals")
    await ana.live()


async def test_what_was_written_when_the_login_ended_is_still_there_afterwards(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    ana.forgive(r"status of 401|WebSocket")
    await ana.go("/stream")
    written = ana.page.get_by_role("textbox", name="New message")

    await written.fill("Half a thought")
    await ana.context.clear_cookies()
    await ana.page.get_by_role("link", name="Deals").click()
    await ana.page.wait_for_url("**/login?**")
    await fill(ana.page, PASSWORD)
    await ana.page.wait_for_url("**/deals")
    await ana.page.get_by_role("link", name="Stream").click()

    await expect(written).to_have_value("Half a thought")


async def test_signing_out_ends_at_the_login_page(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    ana.forgive(r"status of 401|WebSocket")
    await ana.go("/stream")

    await ana.page.get_by_label("Ana, menu").click()
    await ana.page.get_by_role("button", name="Sign out").click()

    await ana.page.wait_for_url("**/login**")
    assert (await ana.context.request.get(f"{ana.url}/api/v1/me")).status == 401
