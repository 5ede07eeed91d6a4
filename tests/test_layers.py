"""Imports run one way (docs/architecture.md), names say what a module is, and files stay short enough to read."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[1] / "server"
LONGEST = 400  # lines; a longer file holds two thoughts
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "base", "common", "misc"}

# What each room may import beside itself. A module with a row of its own (`live.endpoint`) is judged by that row.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "domain": {"errors"},
    "store": {"domain", "errors"},
    "actions": {"store", "domain", "errors"},
    "live": {"domain", "errors", "live.redis_urls"},
    "live.endpoint": {"actions", "live", "domain", "errors"},
    "api": {"actions", "store", "domain", "errors"},
    "api.asyncapi": {"api", "live", "domain", "errors"},  # describes the live path
    "jobs": {"actions", "store", "domain", "errors"},
    "imports": {"actions", "store", "domain", "errors"},
    "demo": {"actions", "store", "domain", "errors"},
    "live.redis_urls": set(),
    "settings": {"errors", "live.redis_urls"},
}
ROOTS = {"app", "cli", "commands", "__main__", "__init__"}  # they put the rooms together
PURE = (
    *(
        "live.protocol",
        "live.messages",
        "live.requests",
        "live.session",
        "live.follower",
        "live.vitals",
        "live.hub",
        "live.sequencer",
    ),
    "live.presence",
)
IO = {"asyncio", "aiosqlite", "asyncpg", "redis", "socket", "sqlalchemy", "starlette", "uvicorn", "websockets"}
CLIENT_NEEDS = {"websockets", "msgpack"}  # a bot installs these and nothing of the service
IMPORTED_AS = {"argon2-cffi": "argon2", "python-dotenv": "dotenv"}
FILES = sorted(SERVER.rglob("*.py"))
CLIENT = sorted((SERVER.parent / "caudal").rglob("*.py"))


def name_of(file: Path) -> str:
    """`server/live/hub.py` → `live.hub`; a package is named like its folder."""
    parts = file.relative_to(SERVER).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def room_of(module: str) -> str:
    """The row of `MAY_IMPORT` that judges `module`: the longest that fits."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in MAY_IMPORT), parts[0])


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `file` imports, wherever in it: `server.live.hub`, `json`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}:{node.lineno}: a relative import"
            deeper = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name if exists(name) else node.module) for name in deeper)


def exists(module: str) -> bool:
    """Whether `server.live.hub` is a module of ours."""
    path = SERVER.parent.joinpath(*module.split("."))
    return module.startswith("server.") and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


def wrong_imports(module: str, imported: list[tuple[int, str]]) -> list[str]:
    """The imports of `module` that its room may not have."""
    room = room_of(module)
    if room in ROOTS:
        return []
    wrong = []
    for line, name in imported:
        top, _, inner = name.partition(".")
        if top == "server" and inner and room_of(inner) not in {room, *MAY_IMPORT[room]}:
            wrong.append(f"{module}:{line} imports {name}")
        if room in ("domain", "errors") and top != "server" and top not in sys.stdlib_module_names:
            wrong.append(f"{module}:{line} imports {name}, which is not in the standard library")
        if module in PURE and top in IO:
            wrong.append(f"{module}:{line} imports {name}, which does I/O")
    return wrong


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_module_imports_only_what_its_room_may(file: Path) -> None:
    assert wrong_imports(name_of(file), list(imports_of(file))) == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("store.log", "server.live.hub"),
        ("live.feed", "server.store"),
        ("live.hub", "server.live.endpoint"),
        ("live.endpoint", "server.store.log"),
        ("actions.posts", "server.api.entries"),
        ("domain.text", "server.store"),
        ("domain.text", "msgspec"),
        ("live.session", "asyncio"),
        ("errors", "server.domain"),
        ("api.entries", "server.live.hub"),
        ("settings", "server.store"),
    ],
)
def test_an_import_against_the_rule_is_found(module: str, imported: str) -> None:
    assert wrong_imports(module, [(1, imported)]) != []


def test_every_room_is_known_to_the_rule() -> None:
    rooms = {name_of(file).split(".")[0] for file in FILES}

    assert rooms <= MAY_IMPORT.keys() | ROOTS


@pytest.mark.parametrize("file", CLIENT, ids=lambda file: file.stem)
def test_the_client_needs_next_to_nothing(file: Path) -> None:
    imported = {name.split(".")[0] for _, name in imports_of(file)}

    assert imported - sys.stdlib_module_names - {"caudal"} <= CLIENT_NEEDS


def test_the_client_is_typed_for_those_who_use_it() -> None:
    assert (SERVER.parent / "caudal" / "py.typed").exists()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_module_is_named_for_what_it_holds(file: Path) -> None:
    assert VAGUE.isdisjoint(name_of(file).split("."))


@pytest.mark.parametrize("file", [file for file in FILES if "versions" not in file.parts], ids=name_of)
def test_a_module_can_be_read_in_one_go(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST


def test_everything_imported_is_declared_or_comes_with_python() -> None:
    project = tomllib.loads((SERVER.parent / "pyproject.toml").read_text())["project"]
    named = [re.split(r"[\[<>=; ]", line)[0] for line in project["dependencies"]]
    declared = {IMPORTED_AS.get(name, name).lower() for name in named}

    imported = {name.split(".")[0] for file in FILES for _, name in imports_of(file)}

    assert {name.lower() for name in imported} - sys.stdlib_module_names - {"server", "caudal"} <= declared
