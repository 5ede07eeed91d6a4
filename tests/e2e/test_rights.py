"""Rights that change under open screens: what may no longer be shown goes at once, and comes back by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playwright.async_api import expect
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.e2e.conftest import OpenScreen
from tests.e2e.people import USERS, Screen
from tests.servers.caudal import Caudal

AT_ONCE = 5.0  # s; a busy machine's patience. It takes some hundredths: the test report says how many
OWN = {"deal": {"read": "own"}}
ALL = {"deal": {"read": "all"}}

# Resolves with the moment (ms since 1970) from which on the page shows a text, or shows it no more.
WATCH = """([text, there]) => new Promise((done) => {
    const timer = setInterval(() => {
        if (document.body.innerText.includes(text) !== there) return;
        clearInterval(timer);
        done(Date.now());
    }, 5);
})"""


async def seconds_until(
    screen: Screen, text: str, *, there: bool, by: Screen, path: str, body: dict[str, object]
) -> float:
    """How long after `by` began to send a change the screen shows a text, or shows it no more."""
    watching = asyncio.create_task(screen.page.evaluate(WATCH, [text, there]))
    began = time.time()
    await by.send("PATCH", path, body)
    async with asyncio.timeout(AT_ONCE + 10):
        return float(await watching) / 1000 - began


async def role_of(ana: Screen, name: str) -> int:
    """The one role of somebody."""
    shown = await ana.send("GET", f"/users/{USERS[name]}")
    return int(shown["roles"][0]["role"])  # type: ignore[index]


async def test_a_role_change_takes_a_deal_off_an_open_browser_within_a_second_and_puts_it_back(
    screens: OpenScreen, own_office: Caudal, record_property: Callable[[str, object], None]
) -> None:
    ana, luis = await screens("Ana", own_office.url), await screens("Luis", own_office.url)
    deal = await ana.make_deal("The Zanzibar deal")
    await ana.post("About that deal", deal)
    role = await role_of(ana, "Luis")
    await luis.go("/stream?scope=all")
    await luis.sees("About that deal")
    await luis.mark()

    gone = await seconds_until(luis, "Zanzibar", there=False, by=ana, path=f"/roles/{role}", body={"grants": OWN})
    back = await seconds_until(luis, "Zanzibar", there=True, by=ana, path=f"/roles/{role}", body={"grants": ALL})

    record_property("ms until it was gone, and back", [round(gone * 1000), round(back * 1000)])
    assert gone < AT_ONCE
    assert back < AT_ONCE
    await luis.sees("About that deal")
    assert await luis.is_marked()


async def test_a_role_change_reaches_open_lists_and_record_pages_too(screens: OpenScreen, own_office: Caudal) -> None:
    ana, luis, eva = [await screens(name, own_office.url) for name in ("Ana", "Luis", "Luis")]
    deal = await ana.make_deal("The Pemba deal")
    role = await role_of(ana, "Luis")
    for screen in (luis, eva):
        screen.forgive(r"status of 404")
    await luis.go("/deals")
    await eva.go(f"/records/{deal}")
    await eva.page.get_by_role("textbox", name="New message").fill("Half a thought")
    row, heading = luis.page.get_by_text("The Pemba deal"), eva.page.get_by_role("heading", level=1)
    await expect(row).to_be_visible()

    await ana.send("PATCH", f"/roles/{role}", {"grants": OWN})
    await expect(row).to_have_count(0)
    await expect(heading).not_to_contain_text("Pemba")
    await ana.send("PATCH", f"/roles/{role}", {"grants": ALL})

    await expect(row).to_be_visible()
    await expect(heading).to_have_text("The Pemba deal")
    await expect(eva.page.get_by_role("textbox", name="New message")).to_have_value("Half a thought")


async def test_reassigning_a_deal_takes_it_off_the_screen_of_who_loses_it(screens: OpenScreen) -> None:
    ana, eva, page = await screens("Ana"), await screens("Eva"), await screens("Eva")
    deal = await ana.make_deal("The Mafia island deal")
    await ana.send("PATCH", f"/records/{deal}", {"responsible": USERS["Eva"]})
    await ana.post("Yours for now", deal)
    await ana.post("To you, about it", deal, to=USERS["Eva"])
    await eva.go("/stream")
    await page.go(f"/records/{deal}")
    await eva.sees("Yours for now")
    await eva.mark()
    page.forgive(r"status of 404")

    body: dict[str, object] = {"responsible": USERS["Ana"]}
    gone = await seconds_until(eva, "Mafia", there=False, by=ana, path=f"/records/{deal}", body=body)

    assert gone < AT_ONCE
    await eva.sees("Yours for now", times=0)
    await eva.sees("To you, about it")
    await expect(eva.entry("To you, about it").locator(".chip--locked")).to_be_visible()
    await expect(page.page.get_by_role("heading", level=1)).not_to_contain_text("Mafia")
    await ana.send("PATCH", f"/records/{deal}", {"responsible": USERS["Eva"]})
    await eva.sees("Yours for now")
    await expect(page.page.get_by_role("heading", level=1)).to_have_text("The Mafia island deal")
    assert await eva.is_marked()


async def test_a_deal_that_is_opened_comes_and_goes_when_it_is_closed(screens: OpenScreen, own_office: Caudal) -> None:
    ana, luis = await screens("Ana", own_office.url), await screens("Luis", own_office.url)
    await ana.send("PATCH", f"/roles/{await role_of(ana, 'Luis')}", {"grants": {"deal": {"read": "opened"}}})
    await ana.send("PATCH", f"/users/{USERS['Luis']}", {"department": None})
    deal = await ana.make_deal("The Latham deal")
    await ana.post("For all who may", deal)
    await luis.go("/stream?scope=all")
    await luis.sees("For all who may", times=0)
    await luis.mark()

    opened: dict[str, object] = {"opened": True}
    come = await seconds_until(luis, "Latham", there=True, by=ana, path=f"/records/{deal}", body=opened)
    await luis.sees("For all who may")
    gone = await seconds_until(luis, "Latham", there=False, by=ana, path=f"/records/{deal}", body={"opened": False})

    assert max(come, gone) < AT_ONCE
    await luis.sees("For all who may", times=0)
    assert await luis.is_marked()


async def test_disabling_a_user_closes_their_open_screen(screens: OpenScreen, own_office: Caudal) -> None:
    ana, luis = await screens("Ana", own_office.url), await screens("Luis", own_office.url)
    luis.forgive(r"status of 401|WebSocket")
    await luis.go("/stream")

    await ana.send("PATCH", f"/users/{USERS['Luis']}", {"active": False})

    await luis.page.wait_for_url("**/login?ended**")
    await expect(luis.page.get_by_text("You were signed out.")).to_be_visible()
    assert (await luis.context.request.get(f"{luis.url}/api/v1/me")).status == 401


async def test_signing_out_in_one_tab_closes_the_other(screens: OpenScreen) -> None:
    luis, elsewhere = await screens("Luis"), await screens("Luis")
    luis.forgive(r"status of 401|WebSocket")
    await luis.go("/stream")
    await elsewhere.go("/stream")
    tab = await luis.context.new_page()
    await tab.goto(f"{luis.url}/stream")
    await expect(tab.locator("c-live-state")).to_contain_text("Live")

    await luis.page.get_by_label("Luis, menu").click()
    await luis.page.get_by_role("button", name="Sign out").click()

    await tab.wait_for_url("**/login?ended**")
    await elsewhere.live()


async def test_a_revoked_token_closes_its_bot_and_no_other(screens: OpenScreen) -> None:
    ana = await screens("Ana")
    bot = (await ana.send("POST", "/users", {"name": "Echo", "type": "bot"}))["user"]
    made = [await ana.send("POST", "/tokens", {"user": bot, "name": name}) for name in ("one", "two")]
    address = ana.url.replace("http", "ws") + "/live"
    protocols = [Subprotocol("caudal.json")]

    async with (
        connect(address, subprotocols=protocols, additional_headers=bearer(made[0])) as one,
        connect(address, subprotocols=protocols, additional_headers=bearer(made[1])) as two,
    ):
        await one.recv(), await two.recv()
        await ana.send("DELETE", f"/tokens/{made[0]['token']}")

        async with asyncio.timeout(AT_ONCE):
            await one.wait_closed()
        assert one.close_code == 4503
        await two.send('{"id": 1, "op": "ping"}')
        assert '"reply"' in str(await two.recv())


def bearer(made: dict[str, object]) -> dict[str, str]:
    """How a bot says who it is."""
    return {"Authorization": f"Bearer {made['secret']}"}
