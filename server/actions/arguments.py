"""Arguments from outside, made into the struct a verb takes; every wrong field is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias, TypeVar, cast

import msgspec

from server.errors import FieldError, Invalid

T = TypeVar("T")

Id: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What the database can compare an id with. No id is 0: it is not found, like any other."""


def parse(struct: type[T], raw: object) -> T:
    """Reads plain data into `struct`. Raises Invalid with one error per missing, unknown or mistyped field."""
    if not isinstance(raw, Mapping):
        raise Invalid.one("", "type", "an object is expected")
    fields = msgspec.structs.fields(cast("type[msgspec.Struct]", struct))
    known = {field.encode_name for field in fields}
    errors = [FieldError(str(name), "unknown", "there is no such field") for name in raw if name not in known]
    values: dict[str, object] = {}
    for field in fields:
        if field.encode_name not in raw:
            if field.required:
                errors.append(FieldError(field.encode_name, "required"))
            continue
        try:
            values[field.name] = msgspec.convert(raw[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            errors.append(_field_error(field.encode_name, str(error)))
    if errors:
        raise Invalid(errors)
    return struct(**values)


_AT = re.compile(r" - at `\$(.*)`$")


def _field_error(field: str, message: str) -> FieldError:
    """`Expected `int`, got `str` - at `$[0].user`` becomes the error of `to[0].user`."""
    found = _AT.search(message)
    path = field + (found.group(1) if found else "")
    text = _AT.sub("", message)
    if text.startswith("Object contains unknown field"):
        return FieldError(path, "unknown", text)
    if text.startswith("Object missing required field"):
        return FieldError(path, "required", text)
    return FieldError(path, "type", text)
