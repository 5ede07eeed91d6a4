"""The flat audit log (PRODUCT §11), and what is left of deleted records. Both outlive what they tell of."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, String, Table, false

from server.store.schema.columns import Id, key, metadata, moment, word

history = Table(
    "history",
    metadata,
    key(),
    moment("at"),
    Column("position", BigInteger, nullable=False),  # the last one of the work that did it
    Column("actor_id", Id, nullable=True),  # nobody: the portal itself
    Column("record_id", Id, nullable=True),  # no foreign key: a deleted record's tombstone takes its place
    word("kind", nullable=True),
    word("what", 32),  # domain.history.What
    Column("field", String(64), nullable=True),  # of a changed record
    Column("before", JSON(none_as_null=True), nullable=True),  # ids instead of names, as entries keep them
    Column("after", JSON(none_as_null=True), nullable=True),
    Index(None, "record_id", "position"),  # a record's own history, and what changed since
    Index(None, "position"),  # the whole of it, newest first
    Index(None, "actor_id", "position"),  # of one person
    sqlite_autoincrement=True,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # of the record that was
    word("kind"),
    Column("title", String(255), nullable=False),
    Column("responsible_id", Id, nullable=True),  # whose it was decides who reads of it
    Column("department_id", Id, nullable=True),
    Column("opened", Boolean, nullable=False, server_default=false()),
    Column("merged_into", Id, nullable=True),
    Column("deleted_by", Id, nullable=True),
    moment("deleted_at"),
)
