"""Entity tags (RFC 9110 §8.8): who has a thing already is not sent it again, and who changes it may say what they saw.

A tag is a version and a digest. The digest tells whether anything that this reader is shown has changed, the version
whether anybody edited it: a comment made meanwhile is no reason to refuse an edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import cast

import msgspec
from starlette.responses import Response

from server.api.http import Call
from server.domain.words import JsonObject
from server.errors import Conflict, PreconditionFailed

_TAG = re.compile(r'(?:W/)?"(([0-9]{1,9})-[0-9a-f]{24})"')  # a proxy that compresses an answer weakens its tag


def tagged(call: Call, content: JsonObject) -> Response:
    """JSON of something with a `version`, with its tag; 304 for who names that tag in `If-None-Match`."""
    body = msgspec.json.encode(content)
    tag = f"{cast(int, content['version'])}-{blake2b(body, digest_size=12).hexdigest()}"
    headers = {"cache-control": "no-store", "etag": f'"{tag}"'}
    known = {found.group(1) for found in _TAG.finditer(call.request.headers.get("if-none-match", ""))}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@contextmanager
def seen(call: Call) -> Iterator[JsonObject]:
    """The argument `version` of a write that says `If-Match`; no argument when it says none, or `*`.

    Raises PreconditionFailed when somebody changed the thing since, or for a tag that none of ours ever was.
    """
    given = call.request.headers.get("if-match", "*").strip()
    if given == "*":
        yield {}
        return
    found = _TAG.fullmatch(given)
    if found is None:
        raise PreconditionFailed("no such version was ever given out")
    try:
        yield {"version": int(found.group(2))}
    except Conflict as error:
        if "version" not in error.params:
            raise
        raise PreconditionFailed(error.message, **error.params) from None
