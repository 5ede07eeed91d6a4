"""The log (ARCHITECTURE §3): one head, dense positions in commit order; and the keys that make a write happen once."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from server.store.schema.columns import Id, metadata, moment, refers, word

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("epoch", String(32), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    Column("name", String(32), nullable=False),
    word("reach"),
    refers("actor_id", "users", nullable=True),
    Column("entry_id", Id, nullable=True),  # no foreign key: the log outlives what it tells of
    Column("activity_id", Id, nullable=True),
    Column("records", JSON, nullable=False),
    Column("principals", JSON, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("readers", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Column("ref", String(64), nullable=True),
    Column("barred", JSON, nullable=False, server_default="[]"),
    Column("record_id", Id, nullable=True),  # whose whole it carries
    Index(None, "entry_id"),  # emptying the log of what was deleted
    Index(None, "activity_id"),  # likewise
    Index(None, "record_id"),  # likewise
)

idempotency = Table(
    "idempotency",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    Column("key", String(128), primary_key=True),
    moment("at"),
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of action and arguments: a key is for one write
    Column("answer", JSON, nullable=True),
    Index(None, "at"),  # forgetting after 24 h
)
