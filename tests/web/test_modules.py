"""The page's modules and texts, as far as they can be checked without a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import missing

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
LANGUAGES = ("en", "es")
PLURALS = {"en": {"one", "other"}, "es": {"one", "many", "other"}}

Message = str | dict[str, str]

# Reads module sources from its arguments; a source that is no module ends it with the place of the error.
PARSE = """
const fs = require("fs"), vm = require("vm");
for (const path of process.argv.slice(1)) new vm.SourceTextModule(fs.readFileSync(path, "utf-8"), { identifier: path });
"""

CALL = re.compile(r'\bt(?:Nodes)?\("([^"]+)"')
LITERAL = re.compile(r'"([a-z_]+(?:\.[a-z_0-9]+)+)"')
TEMPLATE = re.compile(r"`([\w.]*\$\{[^`]*)`")
SLOT = re.compile(r"\{(\w+)\}")


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("node") or missing("there is no Node: the page's own tests need it (version 20 or newer)")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)


@cache
def texts(language: str) -> dict[str, Message]:
    parts = [json.loads(path.read_text("utf-8")) for path in sorted((WEB / "locales").glob(f"{language}*.json"))]
    found: dict[str, Message] = {}
    for part in parts:
        assert not found.keys() & part.keys(), "a key stands in one file"
        found |= part
    return found


@cache
def sources() -> str:
    pages = [path for path in WEB.rglob("*") if path.suffix in {".js", ".html"}]
    return "\n".join(path.read_text("utf-8") for path in sorted(pages))


def forms(message: Message) -> dict[str, str]:
    return {"other": message} if isinstance(message, str) else message


def is_used(key: str, literals: set[str], patterns: list[re.Pattern[str]]) -> bool:
    """By its name, by a name that is put together, or as a variant of a key that is used (`….you`, `…_hint`)."""
    if key in literals or any(pattern.fullmatch(key) for pattern in patterns):
        return True
    base = next((key.removesuffix(end) for end in (".you", "_hint", ".short") if key.endswith(end)), None)
    return base is not None and is_used(base, literals, patterns)


def test_the_page_s_own_tests_pass() -> None:
    found = sorted(map(str, HERE.glob("*.test.mjs")))

    done = node("--test", *found)

    assert found
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_can_be_read() -> None:
    modules = sorted(map(str, (WEB / "js").rglob("*.js")))

    done = node("--no-warnings", "--experimental-vm-modules", "-e", PARSE, *modules)

    assert modules
    assert done.returncode == 0, done.stderr


def test_every_import_leads_to_a_module() -> None:
    imports = re.compile(r'(?:from |^import |\bimport\()"(\.[^"]+)"', re.MULTILINE)
    lost = [
        f"{path.name}: {target}"
        for path in (WEB / "js").rglob("*.js")
        for target in imports.findall(path.read_text("utf-8"))
        if not (path.parent / target).is_file()
    ]

    assert lost == []


def test_both_languages_have_the_same_texts() -> None:
    assert texts("en").keys() == texts("es").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_is_there(language: str) -> None:
    asked = set(CALL.findall(sources())) | set(re.findall(r'data-text="([^"]+)"', sources()))

    assert asked - texts(language).keys() == set()


def test_no_text_is_unused() -> None:
    literals = set(LITERAL.findall(sources())) | set(CALL.findall(sources()))
    templates = {re.sub(r"\$\{[^`]*\}", "\0", template) for template in TEMPLATE.findall(sources())}
    patterns = [
        re.compile(re.escape(template).replace("\0", r"[\w.-]+").replace(r"\x00", r"[\w.-]+"))
        for template in templates
        if re.match(r"\w+\.|\w+_", template)
    ]

    assert [key for key in texts("en") if not is_used(key, literals, patterns)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_a_form_for_every_number(language: str) -> None:
    lacking = {
        key: PLURALS[language] - message.keys()
        for key, message in texts(language).items()
        if isinstance(message, dict) and not message.keys() >= PLURALS[language]
    }

    assert lacking == {}


def test_a_text_has_the_same_slots_in_both_languages() -> None:
    def slots(message: Message) -> set[str]:
        return {slot for form in forms(message).values() for slot in SLOT.findall(form)}

    different = {key for key in texts("en") if slots(texts("en")[key]) != slots(texts("es")[key])}

    assert different == set()
