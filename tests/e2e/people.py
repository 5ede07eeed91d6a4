"""The people of the end-to-end tests: a small company on disk, and a browser screen for each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from argon2 import PasswordHasher
from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from server.domain.access import Action, Level
from server.domain.words import JsonObject, Kind
from tests.world import open_world

PASSWORD = "correct horse"
OWN = {(kind, action): Level.OWN for kind in Kind for action in (Action.READ, Action.CREATE, Action.UPDATE)}
NAMES = ("Ana", "Luis", "Eva")  # users 1, 2 and 3
USERS: Mapping[str, int] = {name: number for number, name in enumerate(NAMES, 1)}


async def found_company(database: Path) -> None:
    """Ana and Luis of Sales may do everything, and Ana manages the portal; Eva of Support only what is her own."""
    hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)  # signing in is not under test
    async with open_world(f"sqlite+aiosqlite:///{database}") as world:
        sales, support = await world.department("Sales"), await world.department("Support")
        for name in NAMES[:2]:
            await world.user(name, department=sales, password_hash=hash, admin=name == "Ana")
        await world.user(NAMES[2], department=support, grants=OWN, password_hash=hash)


@dataclass
class Screen:
    """One person's browser window. `problems` are errors of the console and requests to other hosts."""

    name: str
    url: str
    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Notes what no page should do."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.name}: {error}"))
        self.page.on("request", self._request)

    def forgive(self, pattern: str) -> None:
        """The test causes problems of this kind on purpose."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        """The problems that the test did not cause on purpose."""
        return [one for one in self.problems if not any(re.search(pattern, one) for pattern in self.forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{self.name}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.problems.append(f"{self.name}: asked for {request.url}")

    # What people do

    async def sign_in(self) -> None:
        """Signs in without the page."""
        await self.send("POST", "/session", {"email": f"{self.name.lower()}@example.com", "password": PASSWORD})

    async def go(self, path: str) -> None:
        """Opens a page of the portal and waits until it is live."""
        await self.page.goto(self.url + path)
        await self.live()

    async def live(self) -> None:
        """Waits until what happens arrives by itself."""
        await expect(self.page.locator("c-live-state")).to_contain_text("Live", timeout=30_000)
        await expect(self.page.locator("[aria-busy=true]")).to_have_count(0)

    async def send(self, method: str, path: str, body: JsonObject | None = None) -> JsonObject:
        """A call of the API as this person."""
        address = f"{self.url}/api/v1{path}"
        answer = await self.context.request.fetch(address, method=method, data=body, headers={"Origin": self.url})
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return cast(JsonObject, await answer.json()) if answer.status != 204 else {}

    async def make_deal(self, title: str) -> int:
        """A deal of this person's."""
        return cast(int, (await self.send("POST", "/deals", {"title": title}))["record"])

    async def post(self, text: str, deal: int, *, to: int | None = None) -> int:
        """Posts a message without the page; returns the entry."""
        recipients = [] if to is None else [{"user": to}]
        return cast(int, (await self.send("POST", "/entries", {"text": text, "to": recipients, "about": [deal]}))["id"])

    async def choose(self, field: str, text: str, option: str) -> None:
        """Types into a field of chips and chooses what it suggests."""
        await self.page.get_by_role("combobox", name=field, exact=True).first.fill(text)
        await self.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()

    async def write(self, text: str) -> None:
        """Writes a message into the composer and posts it."""
        await self.page.get_by_role("textbox", name="New message").fill(text)
        await self.page.get_by_role("button", name="Post", exact=True).click()

    def entry(self, text: str) -> Locator:
        """The entries that hold a text: one, if all is well."""
        return self.page.locator("article.entry").filter(has_text=text)

    async def sees(self, text: str, times: int = 1) -> None:
        """Waits until an entry is there, exactly so often."""
        await expect(self.entry(text)).to_have_count(times)

    async def mark(self) -> None:
        """Leaves a mark that a reload would wipe out."""
        await self.page.evaluate("window.unloaded = false")

    async def is_marked(self) -> bool:
        """Whether the page was never loaded anew since `mark`."""
        return bool(await self.page.evaluate("window.unloaded === false"))
