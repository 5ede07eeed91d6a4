"""The address of a portal: from "https://crm.example.com" to its socket and its HTTP API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

SECURE = {"http": False, "ws": False, "https": True, "wss": True}
API = "/api/v1"

Value: TypeAlias = str | int | Sequence[str | int]
"""One value of a query, or several: `scope="mine"`, `kind=["task", "call"]`."""


@dataclass(frozen=True, slots=True)
class Address:
    """`place` is host, port and path, without a slash at the end."""

    place: str
    secure: bool

    @property
    def live(self) -> str:
        """The socket."""
        return f"{'wss' if self.secure else 'ws'}://{self.place}/live"

    def list(self, path: str, query: Mapping[str, Value]) -> str:
        """A path of the HTTP API, like `/stream`, with its query. Raises ValueError for a path without its slash."""
        if not path.startswith("/") or "?" in path or "#" in path:
            raise ValueError(f"a path of the API starts with a slash and has no query: {path!r}")
        text = urlencode(query, doseq=True)
        return f"{'https' if self.secure else 'http'}://{self.place}{API}{path}{'?' + text if text else ''}"


def parse_address(url: str) -> Address:
    """Reads `https://host[:port][/path]` (or http, wss, ws). Raises ValueError for anything else."""
    parts = urlsplit(url.strip())
    if parts.scheme not in SECURE or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"the address of a portal looks like https://crm.example.com, not {url!r}")
    return Address(parts.netloc + parts.path.rstrip("/"), SECURE[parts.scheme])
