"""Who: departments, users, roles, and the two ways to prove who one is."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint, false, true

from server.store.schema.columns import key, metadata, moment, refers, word

departments = Table(
    "departments",
    metadata,
    key(),
    Column("name", String(255), nullable=False),
    refers("parent_id", "departments", nullable=True),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    key(),
    word("type", default="person"),  # person, bot, wall
    Column("name", String(255), nullable=False),
    Column("email", String(255), nullable=True),
    refers("department_id", "departments", nullable=True),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    word("theme", nullable=True),
    Column("admin", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("password_hash", String(255), nullable=True),
    Column("follow_created", Boolean, nullable=False, server_default=false()),  # what I create
    Column("follow_commented", Boolean, nullable=False, server_default=false()),  # what I comment on
    moment("created_at"),
    UniqueConstraint("email"),
    Index(None, "department_id"),  # expanding an addressed department
    sqlite_autoincrement=True,
)

roles = Table(
    "roles",
    metadata,
    key(),
    Column("name", String(255), nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

role_grants = Table(
    "role_grants",
    metadata,
    refers("role_id", "roles", cascade=True, primary=True),
    Column("kind", String(16), primary_key=True),
    Column("action", String(16), primary_key=True),
    Column("level", Integer, nullable=False),  # domain.access.Level
)

user_roles = Table(
    "user_roles",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    refers("role_id", "roles", cascade=True, primary=True),
)

logins = Table(
    "logins",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the cookie's secret, which is stored nowhere
    refers("user_id", "users", cascade=True),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    Index(None, "user_id"),  # signing a user out everywhere
)

tokens = Table(
    "tokens",
    metadata,
    key(),
    refers("user_id", "users", cascade=True),
    Column("name", String(255), nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of the token, which is shown once
    moment("created_at"),
    moment("seen_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
    UniqueConstraint("hash"),
    sqlite_autoincrement=True,
)
