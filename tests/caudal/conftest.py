"""Fixtures of the client's tests: a service that does as it is told, and the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from caudal import backoff
from tests.caudal.fake import Fake, serving
from tests.caudal.office import Office, found_office


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds where the client would wait for seconds."""
    monkeypatch.setattr(backoff, "FIRST", 0.01)
    monkeypatch.setattr(backoff, "LONGEST", 0.05)


@pytest.fixture
async def fake(no_wait: None) -> AsyncIterator[Fake]:
    """A scripted service, for a client that does not wait long."""
    async with serving() as fake:
        yield fake


@pytest.fixture(scope="session")
def office(sqlite_template: Path, short_folder: Path) -> Iterator[Office]:
    """The real service, running, for all tests that leave it alone; each looks only at what it made."""
    yield from _running(sqlite_template, short_folder)


@pytest.fixture
def own_office(sqlite_template: Path, short_folder: Path) -> Iterator[Office]:
    """The real service, running, for a test that stops and kills it."""
    yield from _running(sqlite_template, short_folder)


def _running(template: Path, folder: Path) -> Iterator[Office]:
    office = asyncio.run(found_office(template, folder))
    try:
        office.service.start()
        yield office
    finally:
        office.service.stop()
