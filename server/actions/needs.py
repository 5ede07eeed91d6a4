"""Keeping the rows of `needs` right (PRODUCT §8): one for each user and record that needs them."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.words import RecordId
from server.store.work import Work


async def refresh(work: Work, of: Iterable[RecordId]) -> None:
    """Works out anew whom some records need, and tells the users for whom that changed. A few statements, however many."""
