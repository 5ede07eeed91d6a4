"""Deleting with undo, history, custom fields, settings, the clock, bursts, and the records that need somebody."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

INDEXES = (
    ("records", ("kind", "closed_at")),
    ("records", ("deleted_at",)),
    ("activities", ("status", "overdue", "deadline")),
    ("activities", ("remind_at",)),
    ("activities", ("recurs_at",)),
    ("entries", ("burst_id", "bumped")),
)


def _columns() -> tuple[tuple[str, sa.Column[object]], ...]:
    return (
        ("users", sa.Column("follow_created", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("users", sa.Column("follow_commented", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("records", sa.Column("closed_at", sa.BigInteger(), nullable=True)),
        ("records", sa.Column("deleted_at", sa.BigInteger(), nullable=True)),
        ("records", sa.Column("deleted_by", ID, nullable=True)),
        ("activities", sa.Column("overdue", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("activities", sa.Column("remind_at", sa.BigInteger(), nullable=True)),
        ("activities", sa.Column("series_id", ID, nullable=True)),
        ("activities", sa.Column("recurs_at", sa.BigInteger(), nullable=True)),
        ("activities", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("entries", sa.Column("burst_id", ID, nullable=True)),
        ("entries", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False)),
    )


def upgrade() -> None:
    """Changes the schema. What stands in a final stage counts as closed when it last changed."""
    for table, column in _columns():
        op.add_column(table, column)
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    op.execute(
        "UPDATE records SET closed_at = changed_at"
        " WHERE stage_id IN (SELECT id FROM stages WHERE meaning IN ('won', 'lost'))"
    )
    passed = sa.text("UPDATE activities SET overdue = true WHERE status IN ('planned', 'missed') AND deadline <= :now")
    op.execute(passed.bindparams(now=time.time_ns() // 1_000_000))
    with op.batch_alter_table("notifications", table_kwargs={"sqlite_autoincrement": True}) as notifications:
        notifications.alter_column("entry_id", existing_type=ID, nullable=True)
        notifications.add_column(sa.Column("activity_id", ID, nullable=True))
        notifications.create_foreign_key(
            "fk_notifications_activity_id", "activities", ["activity_id"], ["id"], ondelete="CASCADE"
        )
        notifications.create_unique_constraint(
            "uq_notifications_user_id_activity_id_reason", ["user_id", "activity_id", "reason"]
        )
        notifications.create_index("ix_notifications_activity_id", ["activity_id"])
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "needs",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("incoming", sa.Integer(), server_default="0", nullable=False),
        sa.Column("idle", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closes", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_needs_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_needs_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "record_id", name="pk_needs"),
    )
    op.create_index("ix_needs_record_id", "needs", ["record_id"])
    op.create_table(
        "history",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("record_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
        sqlite_autoincrement=True,
    )
    for columns in (("record_id", "position"), ("position",), ("actor_id", "position")):
        op.create_index(f"ix_history_{'_'.join(columns)}", "history", list(columns))
    op.create_table(
        "tombstones",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("responsible_id", ID, nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("opened", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("merged_into", ID, nullable=True),
        sa.Column("deleted_by", ID, nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tombstones"),
    )
    op.create_table(
        "custom_fields",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custom_fields"),
        sa.UniqueConstraint("kind", "code", name="uq_custom_fields_kind_code"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def downgrade() -> None:
    """Changes it back."""
    for table in ("leases", "settings", "custom_fields", "tombstones", "history", "needs"):
        op.drop_table(table)
    op.execute("DELETE FROM notifications WHERE entry_id IS NULL")
    with op.batch_alter_table("notifications", table_kwargs={"sqlite_autoincrement": True}) as notifications:
        notifications.drop_index("ix_notifications_activity_id")
        notifications.drop_constraint("uq_notifications_user_id_activity_id_reason", type_="unique")
        notifications.drop_constraint("fk_notifications_activity_id", type_="foreignkey")
        notifications.drop_column("activity_id")
        notifications.alter_column("entry_id", existing_type=ID, nullable=False)
    for table, columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)
