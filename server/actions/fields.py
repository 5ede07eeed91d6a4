"""A record's fields from outside: one check per type of field, every wrong one named at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, cast

from server.domain.records import Field, FieldType, fields_of
from server.domain.text import check_email, clean_line, clean_text
from server.domain.words import JsonObject, Kind
from server.errors import FieldError, Invalid

Check: TypeAlias = Callable[[Field, object], object]

ID_MAX = 2**63 - 1
MONEY_MAX = Decimal(10) ** 13  # fits 64 bits as hundredths, with room for sums
POINTS_MAX = 20  # phones, e-mails or addresses of one record
ROWS_MAX = 200  # product rows of one deal or quote
RESERVED = "record"  # an object with this key is a record in all JSON, and is masked like one


def parse_fields(kind: Kind, raw: Mapping[str, object]) -> dict[str, object]:
    """The fields that `raw` sets, checked by shape; whether ids exist is the verb's part. Raises Invalid."""
    known = fields_of(kind)
    values: dict[str, object] = {}
    errors: list[FieldError] = []
    for name, value in raw.items():
        field = known.get(name)
        if field is None:
            errors.append(FieldError(name, "unknown", f"a {kind} has no such field"))
            continue
        try:
            values[name] = CHECKS[field.type](field, value)
        except Invalid as error:
            errors.extend(error.errors)
    if errors:
        raise Invalid(errors)
    return values


def _wrong(field: Field, expected: str) -> Invalid:
    return Invalid.one(field.name, "type", f"{expected} is expected")


def _line(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(field, "text")
    cleaned = clean_line(value, field.name)
    if field.required and not cleaned:
        raise Invalid.one(field.name, "required")
    return cleaned


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(field, "text")
    return clean_text(value, field.name)


def _flag(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, "true or false")
    return value


def _whole(limit: int) -> Check:
    def check(field: Field, value: object) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
            raise _wrong(field, f"a whole number from 0 to {limit}")
        return value

    return check


def _money(field: Field, value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or abs(amount) >= MONEY_MAX or amount != round(amount, 2):
        raise _wrong(field, 'an amount with two decimals, such as "186400.00",')
    return amount


def _currency(field: Field, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 3 or not (value.isascii() and value.isupper()):
        raise _wrong(field, "a currency code of ISO 4217")
    return value


def _date(field: Field, value: object) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(cast(str, value)).isoformat()
    except (TypeError, ValueError):
        raise _wrong(field, "a date, YYYY-MM-DD,") from None


def _choice(field: Field, value: object) -> str:
    if value not in field.choices:
        raise Invalid.one(field.name, "choice", f"one of {', '.join(field.choices)}", choices=field.choices)
    return value


def _id(field: Field, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= ID_MAX:
        raise _wrong(field, "an id")
    return value


def _ids(field: Field, value: object) -> list[int]:
    if not isinstance(value, list) or any(item is None for item in value):
        raise _wrong(field, "a list of ids")
    return list(dict.fromkeys(cast(int, _id(field, item)) for item in value))


def _source(field: Field, value: object) -> str | None:
    return None if value is None else _line(field, value)


def _objects(field: Field, value: object, limit: int, allowed: set[str]) -> list[dict[str, object]]:
    if not isinstance(value, list) or len(value) > limit:
        raise _wrong(field, f"a list of at most {limit}")
    for item in value:
        if not isinstance(item, dict) or not item.keys() <= allowed:
            raise _wrong(field, f"a list of objects with {', '.join(sorted(allowed))}")
    return cast("list[dict[str, object]]", value)


def _points(field: Field, value: object) -> list[JsonObject]:
    points: list[JsonObject] = []
    for item in _objects(field, value, POINTS_MAX, {"label", "value"}):
        text = _line(field, item.get("value"))
        if field.name == "emails":
            text = check_email(text, field.name)
        if text:
            points.append({"label": _part(field, item, "label", 32) or "work", "value": text})
    return points


def _addresses(field: Field, value: object) -> list[JsonObject]:
    parts = ("label", "street", "city", "region", "postal_code", "country")
    limits = {"label": 32, "postal_code": 32, "country": 64}
    return [
        {part: _part(field, item, part, limits.get(part, 255)) for part in parts}
        for item in _objects(field, value, POINTS_MAX, set(parts))
    ]


def _part(field: Field, item: Mapping[str, object], name: str, limit: int) -> str:
    """One text of an object in a list; none is an empty one."""
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(field, f"a text as {name}")
    return clean_line(value, field.name, limit=limit)


def _products(field: Field, value: object) -> list[JsonObject]:
    amounts = {"quantity": "1", "price": "0", "discount": "0", "tax": "0"}
    rows: list[JsonObject] = []
    for item in _objects(field, value, ROWS_MAX, {"product", "name", *amounts}):
        row: JsonObject = {name: _money(field, item.get(name) or default) for name, default in amounts.items()}
        row |= {"product_id": _id(field, item.get("product")), "name": _line(field, item.get("name"))}
        rows.append(row)
    return rows


def _custom(field: Field, value: object) -> JsonObject:
    if not isinstance(value, dict) or len(value) > 100:
        raise _wrong(field, "an object")
    if RESERVED in value:
        raise Invalid.one(field.name, "reserved", f"a custom field cannot be called {RESERVED}", name=RESERVED)
    for item in value.values():
        if not isinstance(item, str | int | float | bool | None):
            raise _wrong(field, "an object of plain values")
    return {clean_line(name, field.name): _custom_value(field, item) for name, item in value.items()}


def _custom_value(field: Field, value: object) -> object:
    return clean_text(value, field.name) if isinstance(value, str) else value


CHECKS: Mapping[FieldType, Check] = {
    FieldType.LINE: _line,
    FieldType.TEXT: _text,
    FieldType.FLAG: _flag,
    FieldType.NUMBER: _whole(2**31 - 1),
    FieldType.PERCENT: _whole(100),
    FieldType.MONEY: _money,
    FieldType.CURRENCY: _currency,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.USER: _id,
    FieldType.SOURCE: _source,
    FieldType.STAGE: _id,
    FieldType.PIPELINE: _id,
    FieldType.POINTS: _points,
    FieldType.ADDRESSES: _addresses,
    FieldType.PRODUCTS: _products,
    FieldType.LINK: _id,
    FieldType.LINKS: _ids,
    FieldType.CUSTOM: _custom,
}
