"""What: the five kinds of record in one id space. `records` holds what all share, one table per kind the rest."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from server.domain.words import Kind
from server.store.schema.columns import Id, Money, key, metadata, moment, refers, word

pipelines = Table(
    "pipelines",
    metadata,
    key(),
    Column("name", String(255), nullable=False),
    Column("sort", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

stages = Table(
    "stages",
    metadata,
    key(),
    word("kind"),
    refers("pipeline_id", "pipelines", nullable=True),  # deals only
    Column("name", String(255), nullable=False),
    word("meaning"),  # domain.words.Meaning
    Column("sort", Integer, nullable=False),
    sqlite_autoincrement=True,
)

sources = Table(
    "sources",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("sort", Integer, nullable=False, server_default="0"),
)

products = Table(
    "products",
    metadata,
    key(),
    Column("name", String(255), nullable=False),
    Column("series", String(255), nullable=True),
    Column("price", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("origin", String(64), nullable=True),
    Column("external_id", String(255), nullable=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    UniqueConstraint("origin", "external_id"),  # imports find what they made before
    sqlite_autoincrement=True,
)

records = Table(
    "records",
    metadata,
    key(),
    word("kind"),
    Column("title", String(255), nullable=False),
    Column("search", Text, nullable=False, server_default=""),  # folded title, names, addresses: suggestions and lists
    refers("responsible_id", "users"),
    refers("department_id", "departments", nullable=True),  # the responsible person's; rights are decided by it
    Column("opened", Boolean, nullable=False, server_default=false()),
    refers("stage_id", "stages", nullable=True),
    Column("amount", Money, nullable=True),  # a company's revenue
    Column("currency", String(3), nullable=True),
    Column("comments", Text, nullable=False, server_default=""),
    Column("source", String(64), ForeignKey("sources.code"), nullable=True),
    Column("custom", JSON, nullable=False),
    Column("origin", String(64), nullable=True),
    Column("external_id", String(255), nullable=True),
    refers("created_by", "users"),
    moment("created_at"),
    refers("changed_by", "users"),
    moment("changed_at"),
    refers("last_activity_by", "users", nullable=True),
    moment("last_activity_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("closed_at", nullable=True),  # when it reached a final stage, while it stands there
    moment("deleted_at", nullable=True),  # nobody reads it any more; it goes for good when undoing is over
    Column("deleted_by", Id, nullable=True),  # no foreign key: SQLite adds none to a table that is there
    UniqueConstraint("kind", "origin", "external_id"),  # imports find what they made before
    Index(None, "responsible_id", "kind"),  # Mine, level OWN, a user's list
    Index(None, "department_id", "kind"),  # levels DEPARTMENT and BELOW
    Index(None, "kind", "last_activity_at"),  # lists, newest life first
    Index(None, "stage_id"),  # lists by stage, the funnel
    Index(None, "kind", "closed_at"),  # won and lost in a period
    Index(None, "deleted_at"),  # what goes for good
    sqlite_autoincrement=True,
)


def _detail(name: str, *columns: Column[object]) -> Table:
    return Table(name, metadata, Column("record_id", Id, _owner(), primary_key=True, autoincrement=False), *columns)


def _owner() -> ForeignKey:
    return ForeignKey("records.id", ondelete="CASCADE")


leads = _detail(
    "leads",
    Column("first_name", String(255), nullable=False, server_default=""),
    Column("last_name", String(255), nullable=False, server_default=""),
    Column("company_title", String(255), nullable=False, server_default=""),
    Column("job_title", String(255), nullable=False, server_default=""),
)

deals = _detail(
    "deals",
    Column("pipeline_id", Id, ForeignKey("pipelines.id"), nullable=False),
    Column("probability", Integer, nullable=True),  # percent
    Column("begin_date", String(10), nullable=True),  # YYYY-MM-DD: dates sort as text in both databases
    Column("close_date", String(10), nullable=True),
)

contacts = _detail(
    "contacts",
    Column("first_name", String(255), nullable=False, server_default=""),
    Column("last_name", String(255), nullable=False, server_default=""),
    Column("type", String(16), nullable=False, server_default="client"),
    Column("job_title", String(255), nullable=False, server_default=""),
    Column("birthday", String(10), nullable=True),
)

companies = _detail(
    "companies",
    Column("type", String(16), nullable=False, server_default="client"),
    Column("industry", String(255), nullable=False, server_default=""),
    Column("employees", Integer, nullable=True),
    Column("web", String(255), nullable=False, server_default=""),
    Column("my_company", Boolean, nullable=False, server_default=false()),
)

quotes = _detail(
    "quotes",
    Column("number", String(64), nullable=False),
    Column("tax", Money, nullable=True),
    Column("issue_date", String(10), nullable=True),
    Column("close_date", String(10), nullable=True),
    Column("terms", Text, nullable=False, server_default=""),
)

DETAILS: Mapping[Kind, Table] = {
    Kind.LEAD: leads,
    Kind.DEAL: deals,
    Kind.CONTACT: contacts,
    Kind.COMPANY: companies,
    Kind.QUOTE: quotes,
}

stage_visits = Table(
    "stage_visits",
    metadata,
    refers("record_id", "records", cascade=True, primary=True),
    refers("stage_id", "stages", cascade=True, primary=True),
    moment("at"),  # the first time
    Index(None, "stage_id"),  # the funnel
)

record_links = Table(
    "record_links",
    metadata,
    refers("record_id", "records", cascade=True, primary=True),
    Column("role", String(16), primary_key=True),  # company, contacts, companies, lead, deal: domain.records.LINKS
    refers("other_id", "records", cascade=True, primary=True),
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "other_id", "role"),  # what refers to a record
)

contact_points = Table(
    "contact_points",
    metadata,
    key(),
    refers("record_id", "records", cascade=True),
    word("type"),  # phone, email
    Column("label", String(32), nullable=False, server_default="work"),
    Column("value", String(255), nullable=False),
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "record_id"),
    sqlite_autoincrement=True,
)

addresses = Table(
    "addresses",
    metadata,
    key(),
    refers("record_id", "records", cascade=True),
    Column("label", String(32), nullable=False, server_default="main"),
    Column("street", String(255), nullable=False, server_default=""),
    Column("city", String(255), nullable=False, server_default=""),
    Column("region", String(255), nullable=False, server_default=""),
    Column("postal_code", String(32), nullable=False, server_default=""),
    Column("country", String(64), nullable=False, server_default=""),
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "record_id"),
    sqlite_autoincrement=True,
)

product_rows = Table(
    "product_rows",
    metadata,
    key(),
    refers("record_id", "records", cascade=True),
    refers("product_id", "products", nullable=True),
    Column("name", String(255), nullable=False),
    Column("quantity", Money, nullable=False),  # two decimals as well
    Column("price", Money, nullable=False),
    Column("discount", Money, nullable=False, server_default="0"),  # percent
    Column("tax", Money, nullable=False, server_default="0"),  # percent
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "record_id"),
    sqlite_autoincrement=True,
)

custom_fields = Table(
    "custom_fields",
    metadata,
    key(),
    word("kind"),
    Column("code", String(64), nullable=False),  # the key in `records.custom`
    Column("name", String(255), nullable=False),
    word("type"),  # domain.custom.TYPES
    Column("choices", JSON, nullable=False),
    Column("required", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("sort", Integer, nullable=False, server_default="0"),
    UniqueConstraint("kind", "code"),
    sqlite_autoincrement=True,
)
