"""The portal itself: its settings, and which process keeps its clock."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from server.store.schema.columns import metadata, moment

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),  # domain.settings.SETTINGS; without a row its default
    Column("value", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    moment("until"),
)
