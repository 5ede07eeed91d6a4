"""Reading lists over HTTP, with the standard library alone: what a bot needs at its start and after a `Reset`."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, Request, build_opener

from caudal.address import Address, Value
from caudal.connection import AGAIN, Lost, seconds_of
from caudal.errors import Refused, SignedOut, refused_by
from caudal.frames import Data

PATIENCE = 10.0  # s without a byte


class Lists:
    """The lists of one portal, as one user reads them."""

    def __init__(self, address: Address, token: str, context: ssl.SSLContext | None) -> None:
        self._address = address
        self._token = token
        self._opener = build_opener(*([HTTPSHandler(context=context)] if context else []))

    async def get(self, path: str, query: Mapping[str, Value]) -> Data:
        """One answer. Raises SignedOut; Refused; Lost when trying again may help; ValueError for an odd path."""
        request = Request(self._address.list(path, query), headers={"Accept": "application/json"})  # noqa: S310 (http or https)
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")  # for this host alone
        return await asyncio.to_thread(self._get, request)

    def _get(self, request: Request) -> Data:
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                body = response.read()
        except HTTPError as error:
            with error:
                raise _refusal(error.code, error.headers.get("Retry-After"), error.read()) from None
        except OSError as error:
            raise Lost(f"no answer: {error}") from None
        return _object(body)


def _refusal(status: int, retry_after: str | None, body: bytes) -> Exception:
    if status in AGAIN or status in {
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }:
        return Lost(f"refused: {status}", seconds_of(retry_after))
    if status == HTTPStatus.UNAUTHORIZED:
        return SignedOut(status, "the token is unknown or has expired")
    try:
        return refused_by(_object(body))
    except Refused:
        return Refused("internal", f"the service answered {status}")


def _object(body: bytes) -> Data:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Refused("internal", "the service did not answer with a JSON object")
    return cast(Data, answer)
