"""What every route shares: one call with its user, its parameters and its body; JSON out; errors as problem details."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, cast

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.actions.perform import perform
from server.domain.access import Access
from server.domain.words import Millis, UserId
from server.errors import CaudalError, FieldError, Invalid, TooLarge, UnsupportedMedia
from server.store import Store
from server.store.access import load_access
from server.store.stream import Page

BODY_MAX = 1 << 20  # bytes; the longest text is 20,000 characters, the rest is chips
ID_MAX = 2**63 - 1

log = structlog.get_logger()


class _IdConvertor(Convertor[int]):
    """`{id:id}` in a path: digits alone. Too large a number exists nowhere, and a very long one is no path at all."""

    regex = "[0-9]{1,4000}"  # Python reads 4,300 digits at most

    def convert(self, value: str) -> int:
        return min(int(value), ID_MAX)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("id", _IdConvertor())


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, and by what: the stored hash of a login or token, and when it ends."""

    user: UserId
    credential: str = ""
    expires: Millis | None = None


class Gate(Protocol):
    """Tells who a request is from. Raises NotSignedIn, or ForeignOrigin for a write another site asked for."""

    async def who(self, request: Request) -> Who:
        """The signed-in user."""


class Call:
    """One HTTP call of a signed-in user."""

    def __init__(self, request: Request, store: Store, who: Who) -> None:
        self.request = request
        self.store = store
        self.who = who

    @property
    def user(self) -> UserId:
        """The signed-in user."""
        return self.who.user

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[AsyncConnection, Access]]:
        """One snapshot of the database, with the user's rights in it."""
        async with self.store.database.reading() as connection:
            yield connection, await load_access(connection, self.user)

    async def perform(self, action: str, args: Mapping[str, object]) -> object:
        """Runs an action once per `Idempotency-Key`."""
        return await perform(self.store, self.user, action, args, key=self.key)

    @property
    def key(self) -> str | None:
        """The `Idempotency-Key`, which makes repetitions of a write one write."""
        return self.request.headers.get("idempotency-key")

    async def body(self) -> dict[str, object]:
        """The JSON object that was sent; an empty body is an empty object. Raises UnsupportedMedia, TooLarge, Invalid."""
        raw = await _read_body(self.request)
        if not raw:
            return {}
        if self.request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise UnsupportedMedia("application/json is expected")
        try:
            decoded = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid.one("", "json", str(error)) from None
        if not isinstance(decoded, dict):
            raise Invalid.one("", "type", "an object is expected")
        return decoded

    def path_id(self, name: str = "id") -> int:
        """An id in the path."""
        return cast(int, self.request.path_params[name])

    def parameters(self, *known: str) -> Mapping[str, Sequence[str]]:
        """The query, each name with its values. Raises Invalid naming every unknown one."""
        query = self.request.query_params
        if unknown := sorted(set(query) - set(known)):
            raise Invalid([FieldError(name, "unknown", "there is no such parameter") for name in unknown])
        return {name: query.getlist(name) for name in query}

    def number(self, name: str, default: int | None = None, *, highest: int = ID_MAX) -> int | None:
        """A whole number from 1 to `highest` in the query."""
        text = self.request.query_params.get(name)
        if text is None or text == "":
            return default
        if not (text.isascii() and text.isdecimal() and len(text) <= 19 and 1 <= int(text) <= highest):
            raise Invalid.one(name, "type", f"a whole number from 1 to {highest} is expected")
        return int(text)


async def _read_body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            raise TooLarge(f"at most {BODY_MAX} bytes", limit=BODY_MAX)
        chunks.append(chunk)
    return b"".join(chunks)


Handler = Callable[[Call], Awaitable[Response]]


class Router:
    """Collects routes whose handlers take a `Call`. `store` and `gate` come from the composition root."""

    def __init__(self, store: Store, gate: Gate) -> None:
        self._store = store
        self._gate = gate
        self.routes: list[Route] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """One method of one path."""

        async def endpoint(request: Request) -> Response:
            return await handler(Call(request, self._store, await self._gate.who(request)))

        self.routes.append(Route(path, endpoint, methods=[method], name=f"{method} {path}"))


def answer(content: object, status: int = 200) -> Response:
    """JSON. Nothing of a portal is for a cache to keep."""
    body = msgspec.json.encode(content)
    return Response(body, status, {"cache-control": "no-store"}, media_type="application/json")


def made(content: object) -> Response:
    """JSON of something new."""
    return answer(content, HTTPStatus.CREATED)


def done() -> Response:
    """Nothing to say."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def listed(name: str, page: Page, **more: object) -> Response:
    """One page of a list, with the position at which it is true."""
    head = {"epoch": page.head.epoch, "position": page.head.position}
    return answer({**head, name: page.items, "next": page.next, **more})


async def problem(_: Request, error: Exception) -> Response:
    """An error as problem details (RFC 9457) with a stable `code`; of an unexpected one only that it happened."""
    headers: dict[str, str] = {"cache-control": "no-store"}
    if isinstance(error, HTTPException):
        status, body = error.status_code, dict[str, object](code=_code(error.status_code))
        headers |= dict(error.headers or {})
    elif isinstance(error, CaudalError):
        status, body = error.status, problem_of(error)
        if "retry_after" in error.params:
            headers["retry-after"] = str(error.params["retry_after"])
    else:
        status, body = 500, {"code": "internal"}
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **body}
    return Response(msgspec.json.encode(content), status, headers, media_type="application/problem+json")


def problem_of(error: CaudalError) -> dict[str, object]:
    """What an error says of itself: code, message, parameters, and every wrong field."""
    body: dict[str, object] = {"code": error.code, "detail": error.message, "params": dict(error.params)}
    if isinstance(error, Invalid):
        body["errors"] = [
            {"field": e.field, "code": e.code, "message": e.message, "params": dict(e.params)} for e in error.errors
        ]
    return body


def _code(status: int) -> str:
    return {404: "not_found", 405: "method_not_allowed"}.get(
        status, HTTPStatus(status).phrase.lower().replace(" ", "_")
    )
