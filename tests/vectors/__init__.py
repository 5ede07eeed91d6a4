"""Frames as both sides must read and write them: the value, its JSON text, its MessagePack bytes in hexadecimal.

`ops.json` holds what clients send, `frames.json` what the service sends. They are data, not made anew by any test: the
service, the Python client and the page's JavaScript are held to the same bytes. A new op or frame gets a line by hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Vector:
    """One frame. `value` is what it says, in plain Python."""

    name: str
    value: dict[str, Any]
    json: str
    msgpack: bytes


def read(name: str) -> list[Vector]:
    """The vectors of `ops` or `frames`."""
    rows = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return [Vector(row["name"], row["value"], row["json"], bytes.fromhex(row["msgpack"])) for row in rows]


OPS = read("ops")
FRAMES = read("frames")
