"""The page's files, as browsers get them: minified and compressed once, under an address that changes with the content.

Sources are served as they are written, module by module; nothing is built. Comments and white space go when a file is
first asked for. `/assets/<version>/…` never changes, so browsers keep it; a page names the version and all modules that
it needs at once, so that they load side by side. While the files change (development), so does the version.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import rcssmin
import rjsmin
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
FOREVER = "public, max-age=31536000, immutable"
LOOK_EVERY = 1.0  # s
ASK = "no-cache"  # kept, but asked for every time, and answered with 304 when unchanged

_IMPORT = re.compile(r'^import\s(?:[^"\';]*?\sfrom\s)?["\'](\.{1,2}/[^"\']+)["\']', re.MULTILINE)
_STYLE = re.compile(r'@import "([^"]+)"(?: layer\((\w+)\))?;')
_DESCENDANT = re.compile(r"(?<=[\w)\]&]) +(?=:(?:is|not|where|has)\()")  # nested, cssmin reads it as `name :value`
_LINK = re.compile(r'(href|src)="/((?:css|js)/[^"]+)"')


Shower: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class File:
    """One file, ready to be sent."""

    type: str
    body: bytes
    zipped: bytes
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> File:
        """Compresses and tags a body; the tag is its content's."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(TYPES[Path(name).suffix], body, gzip.compress(body, 9, mtime=0), tag)


class Pages:
    """The files under one folder. `page` names the file that every unknown path shows, which does its own routing."""

    def __init__(self, folder: Path, *, page: str = "index.html", others: Iterable[str] = ("login.html",)) -> None:
        self._folder = folder
        self._page = page
        self._others = tuple(others)
        self._stamp: object = None
        self._looked = float("-inf")
        self._version = ""
        self._files: dict[str, File] = {}
        for path in self._paths():  # at the start, because minifying takes longer than an event loop should wait
            self._read(path.relative_to(folder).as_posix())

    def routes(self) -> list[BaseRoute]:
        """Versioned assets, other files at the top, and the pages."""
        others = [Route(f"/{Path(name).stem}", self._shower(name)) for name in self._others]
        return [
            Route("/assets/{version}/{path:path}", self.asset),
            Route("/locales/{path:path}", self.file),
            Route("/{path}.svg", self.file),
            *others,
            Route("/{path:path}", self._shower(self._page)),
        ]

    async def asset(self, request: Request) -> Response:
        """A file of a version. One of another version is what a page of before asks for: it gets today's, unkept."""
        current = request.path_params["version"] == self.version()
        return _send(request, self._read(request.path_params["path"]), FOREVER if current else ASK)

    async def file(self, request: Request) -> Response:
        """A file at an address of its own."""
        return _send(request, self._read(request.url.path.lstrip("/")), ASK)

    def _shower(self, name: str) -> Shower:
        async def show(request: Request) -> Response:
            return _send(request, self._read(name), ASK)

        return show

    def version(self) -> str:
        """What changes when any file changes; looked at once a second at most."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            paths = self._paths()
            stamp = [(path, path.stat().st_mtime_ns) for path in paths]
            if stamp != self._stamp:
                contents = hashlib.sha256()
                for path in paths:
                    contents.update(path.read_bytes())
                self._stamp, self._version, self._files = stamp, contents.hexdigest()[:12], {}
            self._looked = time.monotonic()
        return self._version

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.rglob("*") if path.suffix in TYPES)

    def _read(self, name: str) -> File:
        version = self.version()
        if name not in self._files:
            path = (self._folder / name).resolve()
            if path.suffix not in TYPES or not path.is_relative_to(self._folder.resolve()) or not path.is_file():
                raise HTTPException(404)
            self._files[name] = File.of(name, self._prepared(path, version).encode())
        return self._files[name]

    def _prepared(self, path: Path, version: str) -> str:
        text = path.read_text(encoding="utf-8")
        match path.suffix:
            case ".js":
                return str(rjsmin.jsmin(text))
            case ".css":
                return str(rcssmin.cssmin(_DESCENDANT.sub(" *", self._inlined(path, text))))
            case ".html":
                return self._linked(text, version)
            case _:
                return text

    def _inlined(self, path: Path, text: str) -> str:
        """A style sheet with those it imports in their places: one file travels better than twenty."""

        def sheet(found: re.Match[str]) -> str:
            imported = path.parent / found[1]
            inner = self._inlined(imported, imported.read_text(encoding="utf-8"))
            return f"@layer {found[2]} {{\n{inner}\n}}" if found[2] else inner

        return _STYLE.sub(sheet, text)

    def _linked(self, text: str, version: str) -> str:
        """A page that names its assets by version, and the modules it will need."""
        entry = [
            name for _, name in _LINK.findall(text) if name.endswith(".js") and f'type="module" src="/{name}"' in text
        ]
        modules = sorted(self._imported(entry) - set(entry))
        preloads = "".join(f'  <link rel="modulepreload" href="/{name}">\n' for name in modules)
        text = text.replace("</head>", f"{preloads}</head>")
        return _LINK.sub(rf'\1="/assets/{version}/\2"', text)

    def _imported(self, names: Iterable[str]) -> set[str]:
        """The modules that some modules import, and those that these import."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            source = (self._folder / name).read_text(encoding="utf-8")
            for target in _IMPORT.findall(source):
                path = ((self._folder / name).parent / target).resolve()
                waiting.append(quote(path.relative_to(self._folder.resolve()).as_posix()))
        return found


def _send(request: Request, file: File, cache: str) -> Response:
    headers = {"cache-control": cache, "etag": file.tag, "vary": "accept-encoding"}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.zipped, headers={**headers, "content-encoding": "gzip"}, media_type=file.type)
    return Response(file.body, headers=headers, media_type=file.type)
