"""Errors as data: a class, a stable code, its fields. The sentence a person reads is made at the edge.

`status` is the HTTP status the edge answers with; a WebSocket reply carries the same code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

Params = Mapping[str, object]


class CaudalError(Exception):
    """The root of every error that Caudal answers with on purpose."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str = "", **params: object) -> None:
        super().__init__(message or self.code)
        self.message = message or self.code
        self.params: Params = params


class NotSignedIn(CaudalError):
    """No login, an expired one, or a revoked token."""

    code, status = "not_signed_in", 401


class WrongCredentials(CaudalError):
    """E-mail and password do not belong together; never says which of the two is wrong."""

    code, status = "wrong_credentials", 401


class ForeignOrigin(CaudalError):
    """A write by cookie, or a WebSocket, that another site's page asked for."""

    code, status = "foreign_origin", 403


class Forbidden(CaudalError):
    """The user may read it, but not do this to it. `params` name the action and the record."""

    code, status = "forbidden", 403


class NotFound(CaudalError):
    """It does not exist, or the user may not read it: both answer alike."""

    code, status = "not_found", 404


class Conflict(CaudalError):
    """Somebody else changed it first; `params["version"]` is the version as of now."""

    code, status = "conflict", 409


class PreconditionFailed(CaudalError):
    """The write said `If-Match`, and somebody changed it since; `params["version"]` is the version as of now."""

    code, status = "precondition_failed", 412


class TooLarge(CaudalError):
    """The body is larger than the limit in `params["limit"]` (bytes)."""

    code, status = "too_large", 413


class UnsupportedMedia(CaudalError):
    """A body that is not JSON."""

    code, status = "unsupported_media", 415


class TooMany(CaudalError):
    """A rate was exceeded; `params["retry_after"]` in seconds."""

    code, status = "too_many", 429


class Unavailable(CaudalError):
    """The service cannot do this now: it starts, stops, or lost its database."""

    code, status = "unavailable", 503


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: `code` is stable (`required`, `too_long`, `unknown`, `type` …)."""

    field: str
    code: str
    message: str = ""
    params: Params = dataclasses.field(default_factory=dict)


class Invalid(CaudalError):
    """The input breaks a rule. Names every wrong field at once."""

    code, status = "invalid", 422

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.message or e.code}" for e in errors))
        self.errors = tuple(errors)

    @classmethod
    def one(cls, field: str, code: str, message: str = "", **params: object) -> Invalid:
        """The common case of a single wrong field."""
        return cls([FieldError(field, code, message, params)])
