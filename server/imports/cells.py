"""One row's cells as the raw fields of what it makes: templates filled, numbers and dates read, names looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeAlias

from server.domain.records import Field, FieldType
from server.domain.text import fold
from server.errors import Invalid
from server.imports.mapping import Format, Source

Cells: TypeAlias = Mapping[str, str]

YES = frozenset({"1", "yes", "y", "true", "si", "s", "x", "verdadero"})
NO = frozenset({"0", "no", "n", "false", "falso"})
_CENT = Decimal("0.01")
_SYMBOLS = re.compile(r"[\s$€£¥]|USD|EUR")


def fill(source: Source) -> Callable[[Cells], str]:
    """How to read a source from a row's cells; the empty text when there is nothing."""
    if source.value is not None:
        constant = source.value
        return lambda _: constant
    if source.column is not None:
        column = source.column
        return lambda cells: _slug(cells[column]) if source.slug else cells[column]
    parts = [(text, sorted(Source(template=(text,)).columns())) for text in source.template]

    def filled(cells: Cells) -> str:
        for text, columns in parts:
            if all(cells[column] for column in columns):
                named = {column: _slug(cells[column]) if source.slug else cells[column] for column in columns}
                return text.format_map(named)
        return ""

    return filled


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9@]+", ".", fold(text)).strip(".")


def read_number(text: str, field: str, format: Format) -> Decimal:
    """A number as the file writes it, without its currency sign. Raises Invalid."""
    plain = _SYMBOLS.sub("", text)
    if format.thousands:
        plain = plain.replace(format.thousands, "")
    plain = plain.replace(format.decimal, ".") if format.decimal != "." else plain
    try:
        number = Decimal(plain) if re.fullmatch(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", plain, re.ASCII) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise Invalid.one(field, "number", f"{text!r} is not a number")
    return number


def read_money(text: str, field: str, source: Source, format: Format) -> str:
    """An amount with two decimals."""
    return str((read_number(text, field, format) * source.multiply).quantize(_CENT, ROUND_HALF_UP))


def read_whole(text: str, field: str, source: Source, format: Format) -> int:
    """A whole number."""
    number = read_number(text, field, format) * source.multiply
    if number != int(number):
        raise Invalid.one(field, "number", f"{text!r} is not a whole number")
    return int(number)


@lru_cache(maxsize=20_000)
def _date(text: str, formats: tuple[str, ...]) -> str | None:
    for form in formats:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            continue
    return None


def read_date(text: str, field: str, format: Format) -> str:
    """`YYYY-MM-DD` of a date in one of the file's forms. Raises Invalid."""
    found = _date(text, format.dates)
    if found is None:
        raise Invalid.one(field, "date", f"{text!r} is not a date like {' or '.join(format.dates)}")
    return found


def read_flag(text: str, field: str) -> bool:
    """Yes or no, in the words people use. Raises Invalid."""
    word = fold(text)
    if word in YES | NO:
        return word in YES
    raise Invalid.one(field, "flag", f"{text!r} is neither yes nor no")


def read_choice(text: str, choices: tuple[str, ...]) -> str:
    """The choice that a text means; an unknown text stays, so that the field's own check refuses it."""
    return next((choice for choice in choices if fold(choice) == fold(text)), text)


def read_plain(text: str, field: Field, source: Source, format: Format) -> object:
    """A field that refers to nothing, from a cell that is not empty. Raises Invalid."""
    match field.type:
        case FieldType.MONEY:
            return read_money(text, field.name, source, format)
        case FieldType.NUMBER | FieldType.PERCENT:
            return read_whole(text, field.name, source, format)
        case FieldType.DATE:
            return read_date(text, field.name, format)
        case FieldType.FLAG:
            return read_flag(text, field.name)
        case FieldType.CHOICE:
            return read_choice(text, field.choices)
        case FieldType.CURRENCY:
            return text.upper()
        case _:
            return text
