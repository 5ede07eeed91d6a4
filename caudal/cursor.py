"""Where a client stands in the log, and where that is kept over restarts."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from caudal.errors import CaudalError


class CursorUnreadable(CaudalError):
    """A kept cursor that cannot be read. Starting anew in silence would skip events, so somebody has to decide."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """All events up to `position` are known; positions of different epochs have nothing to do with each other."""

    epoch: str
    position: int

    @classmethod
    def of(cls, answer: Mapping[str, object]) -> Cursor:
        """The cursor of a list of the HTTP API, true at the moment of its rows. Raises CursorUnreadable without one."""
        epoch, position = answer.get("epoch"), answer.get("position")
        if not isinstance(epoch, str) or not isinstance(position, int) or isinstance(position, bool) or position < 0:
            raise CursorUnreadable(f"no cursor: epoch {epoch!r}, position {position!r}")
        return cls(epoch, position)


class CursorStore(Protocol):
    """A place for the cursor of one stream: a file, a row beside the bot's own data."""

    async def load(self) -> Cursor | None:
        """The cursor that was saved last; None before the first. Raises CursorUnreadable."""

    async def save(self, cursor: Cursor) -> None:
        """Keeps the cursor instead of the one before. Called for one cursor after the other."""


class CursorFile:
    """Keeps the cursor in a file of its own, as JSON, replaced as a whole: a reader sees the old one or the new one.

    A crash of the bot loses nothing. When the machine itself loses power, the file may be some seconds old, which
    repeats events, or on some file systems empty, which raises CursorUnreadable; `synced` waits for the disk each
    time, and rules that out for some milliseconds per event.
    """

    def __init__(self, path: str | os.PathLike[str], *, synced: bool = False) -> None:
        self._path = Path(path)
        self._synced = synced

    async def load(self) -> Cursor | None:
        """The cursor in the file; None when there is no file. Raises CursorUnreadable, or OSError."""
        return await asyncio.to_thread(self._load)

    async def save(self, cursor: Cursor) -> None:
        """Replaces the file. Raises OSError."""
        await asyncio.to_thread(self._save, cursor)

    def _load(self) -> Cursor | None:
        try:
            answer = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise CursorUnreadable(f"{self._path} holds no cursor") from None
        if not isinstance(answer, dict):
            raise CursorUnreadable(f"{self._path} holds no cursor")
        return Cursor.of(answer)

    def _save(self, cursor: Cursor) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"epoch": cursor.epoch, "position": cursor.position}, file)
            if self._synced:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(self._path)
        if self._synced:
            _sync_folder(self._path.parent)


def _sync_folder(folder: Path) -> None:
    """A new name is durable when its folder is; systems whose folders cannot be opened have no such call."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
