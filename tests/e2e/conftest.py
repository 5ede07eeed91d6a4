"""Fixtures of the end-to-end tests: the service with a small company, and screens of its people."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.async_api import Browser

from tests.conftest import DATABASE, MakeCaudal
from tests.e2e.people import Screen, found_company
from tests.servers.caudal import Caudal


@pytest.fixture(scope="session")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the people, which tests copy."""
    database = tmp_path_factory.mktemp("company") / DATABASE
    shutil.copy(sqlite_template, database)
    asyncio.run(found_company(database))
    return database


def _data(company: Path, short_folder: Path) -> Path:
    data = Path(tempfile.mkdtemp(dir=short_folder)) / "data"
    data.mkdir()
    shutil.copy(company, data / DATABASE)
    return data


@pytest.fixture(scope="session")
def office(company: Path, short_folder: Path) -> Iterator[Caudal]:
    """The service, running, shared by all tests that leave it alone; each makes records of its own."""
    node = Caudal(_data(company, short_folder))
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture
def own_office(company: Path, short_folder: Path, make_caudal: MakeCaudal) -> Caudal:
    """The service, running, for a test that stops and kills it."""
    node = make_caudal(_data(company, short_folder))
    node.start()
    return node


class OpenScreen(Protocol):
    """Opens a screen: of a person who is signed in, or of a `stranger`. `options` are those of a browser context."""

    async def __call__(
        self, name: str, url: str | None = None, *, stranger: bool = False, **options: object
    ) -> Screen: ...


@pytest.fixture
async def screens(chromium: Browser, office: Caudal) -> AsyncIterator[OpenScreen]:
    """See `OpenScreen`. Afterwards no screen may have shown a problem that its test did not cause on purpose."""
    opened: list[Screen] = []

    async def open_screen(name: str, url: str | None = None, *, stranger: bool = False, **options: object) -> Screen:
        settings = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}} | options
        context = await chromium.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        address = url or office.url
        screen = Screen(name, address, context, await context.new_page())
        screen.watch()
        opened.append(screen)
        if not stranger:
            await screen.sign_in()
        return screen

    yield open_screen
    problems = [problem for screen in opened for problem in screen.unforgiven()]
    for screen in opened:
        await screen.context.close()
    assert not problems, "\n".join(problems)
