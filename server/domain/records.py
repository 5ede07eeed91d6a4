"""The kinds of record and their fields (PRODUCT §3). Adding a field is one row here, one column, its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from server.domain.words import Kind


class FieldType(StrEnum):
    """How a field is checked and shown."""

    LINE = "line"
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    CURRENCY = "currency"
    DATE = "date"
    CHOICE = "choice"
    USER = "user"
    SOURCE = "source"
    STAGE = "stage"
    PIPELINE = "pipeline"
    POINTS = "points"
    ADDRESSES = "addresses"
    PRODUCTS = "products"
    LINK = "link"
    LINKS = "links"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `common` fields are columns of `records`, the others of the kind's own table.

    `choices` for CHOICE, `kind` of the record a LINK or LINKS points to. `required` for creating.
    """

    name: str
    type: FieldType
    common: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    kind: Kind | None = None


_COMMON = (
    Field("title", FieldType.LINE, common=True, required=True),
    Field("responsible", FieldType.USER, common=True),
    Field("opened", FieldType.FLAG, common=True),
    Field("comments", FieldType.TEXT, common=True),
    Field("source", FieldType.SOURCE, common=True),
    Field("custom", FieldType.CUSTOM, common=True),
)
_STAGE = Field("stage", FieldType.STAGE, common=True)
_AMOUNT = (Field("amount", FieldType.MONEY, common=True), Field("currency", FieldType.CURRENCY, common=True))
_POINTS = (Field("phones", FieldType.POINTS), Field("emails", FieldType.POINTS))
_PERSON = (Field("first_name", FieldType.LINE), Field("last_name", FieldType.LINE), Field("job_title", FieldType.LINE))
_COMPANY = Field("company", FieldType.LINK, kind=Kind.COMPANY)
_CONTACTS = Field("contacts", FieldType.LINKS, kind=Kind.CONTACT)
_LEAD = Field("lead", FieldType.LINK, kind=Kind.LEAD)
_PRODUCTS = Field("products", FieldType.PRODUCTS)

FIELDS: Mapping[Kind, tuple[Field, ...]] = {
    Kind.LEAD: (*_COMMON, _STAGE, *_AMOUNT, *_PERSON, Field("company_title", FieldType.LINE), *_POINTS),
    Kind.DEAL: (
        *_COMMON,
        Field("pipeline", FieldType.PIPELINE),
        _STAGE,
        *_AMOUNT,
        Field("probability", FieldType.PERCENT),
        Field("begin_date", FieldType.DATE),
        Field("close_date", FieldType.DATE),
        _COMPANY,
        _CONTACTS,
        _LEAD,
        _PRODUCTS,
    ),
    Kind.CONTACT: (
        *_COMMON,
        *_PERSON,
        Field("type", FieldType.CHOICE, choices=("client", "supplier", "partner", "other")),
        Field("birthday", FieldType.DATE),
        *_POINTS,
        Field("companies", FieldType.LINKS, kind=Kind.COMPANY),
    ),
    Kind.COMPANY: (
        *_COMMON,
        Field("type", FieldType.CHOICE, choices=("client", "supplier", "competitor", "partner", "other")),
        Field("industry", FieldType.LINE),
        Field("employees", FieldType.NUMBER),
        Field("revenue", FieldType.MONEY, common=True),
        Field("currency", FieldType.CURRENCY, common=True),
        *_POINTS,
        Field("web", FieldType.LINE),
        Field("addresses", FieldType.ADDRESSES),
        Field("my_company", FieldType.FLAG),
    ),
    Kind.QUOTE: (
        *_COMMON,
        _STAGE,
        *_AMOUNT,
        Field("tax", FieldType.MONEY),
        Field("issue_date", FieldType.DATE),
        Field("close_date", FieldType.DATE),
        Field("terms", FieldType.TEXT),
        _COMPANY,
        _CONTACTS,
        Field("deal", FieldType.LINK, kind=Kind.DEAL),
        _LEAD,
        _PRODUCTS,
    ),
}
"""All that a person can set. What the service sets itself (a quote's number, who and when) is not in it."""

COLUMNS: Mapping[str, str] = {
    "responsible": "responsible_id",
    "stage": "stage_id",
    "pipeline": "pipeline_id",
    "revenue": "amount",
}
"""The column of a field, where it is not called the same."""

LINK_TYPES = frozenset({FieldType.LINK, FieldType.LINKS})


@cache
def fields_of(kind: Kind) -> Mapping[str, Field]:
    """The fields of a kind by name."""
    return MappingProxyType({field.name: field for field in FIELDS[kind]})


def column_of(field: Field) -> str:
    """The name of the column that keeps a field."""
    return COLUMNS.get(field.name, field.name)


def links_of(kind: Kind) -> tuple[Field, ...]:
    """The fields of a kind that point to other records."""
    return tuple(field for field in FIELDS[kind] if field.type in LINK_TYPES)
