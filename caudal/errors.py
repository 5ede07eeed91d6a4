"""What a client may raise. `Refused` is about one call; `Ended` means that coming back would not help."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

SIGNED_OUT = 4501  # close codes of docs/protocol.md
REVOKED = 4503
FINAL = range(4500, 5000)  # after these a client does not come back


class CaudalError(Exception):
    """The root of everything this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `code` is stable (`required`, `type`, `too_long` …)."""

    field: str
    code: str
    message: str = ""
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


class Refused(CaudalError):
    """The service did not do it. `code` is stable (docs/protocol.md); `message` is for developers.

    For `invalid`, `field` is the first wrong field and `errors` name all of them.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        field: str | None = None,
        errors: Sequence[FieldError] = (),
        params: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.field = field
        self.errors = tuple(errors)
        self.params = dict(params or {})


class Ended(CaudalError):
    """The service does not want this client any more. `code` is the close code, or the HTTP status of the refusal."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


class SignedOut(Ended):
    """The token is unknown, or has expired."""


class Revoked(Ended):
    """The token was revoked, the user disabled, or this user may not be here."""


class ProtocolRefused(Ended):
    """Client and service do not understand each other: a bug, another version, or an address that is no portal's."""


def ended_by(code: int, reason: str) -> Ended:
    """The error for a close code of `FINAL`."""
    kind = {SIGNED_OUT: SignedOut, REVOKED: Revoked}.get(code, ProtocolRefused)
    return kind(code, reason)


def refused_by(error: Mapping[str, object]) -> Refused:
    """The error that a reply, or a problem of the HTTP API, describes. What is missing in it stays empty."""
    listed = error.get("errors")
    errors = [_field_error(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    field, params = error.get("field"), error.get("params")
    if field is None and errors:
        field = errors[0].field
    return Refused(
        str(error.get("code") or "internal"),
        str(error.get("message") or error.get("detail") or ""),
        field=field if isinstance(field, str) else None,
        errors=errors,
        params=params if isinstance(params, dict) else None,
    )


def _field_error(error: Mapping[str, object]) -> FieldError:
    params = error.get("params")
    return FieldError(
        str(error.get("field") or ""),
        str(error.get("code") or ""),
        str(error.get("message") or ""),
        cast("Mapping[str, object]", params) if isinstance(params, dict) else {},
    )
