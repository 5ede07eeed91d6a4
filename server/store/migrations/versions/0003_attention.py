"""Notifications, how far a user has seen the stream, unread marks; who gave an entry its last life."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Changes the schema. What was there before counts as seen, and its last life as its author's."""
    op.add_column("entries", sa.Column("bumped_by", ID, nullable=True))
    op.execute("UPDATE entries SET bumped_by = author_id")
    op.create_table(
        "notifications",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notifications_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_notifications_entry_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_notifications_actor_id"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_notifications_comment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("user_id", "entry_id", "reason", name="uq_notifications_user_id_entry_id_reason"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notifications_user_id_place", "notifications", ["user_id", "place"])
    op.create_index("ix_notifications_user_id_read_at", "notifications", ["user_id", "read_at"])
    op.create_index("ix_notifications_entry_id", "notifications", ["entry_id"])
    op.create_index("ix_notifications_comment_id", "notifications", ["comment_id"])
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("means", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notification_preferences_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "reason", name="pk_notification_preferences"),
    )
    op.create_table(
        "reading",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_reading_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_reading"),
    )
    op.execute("INSERT INTO reading (user_id, seen) SELECT users.id, log_head.position FROM users, log_head")
    op.create_table(
        "unread_marks",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_unread_marks_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_unread_marks_entry_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "entry_id", name="pk_unread_marks"),
    )
    op.create_index("ix_unread_marks_entry_id", "unread_marks", ["entry_id"])


def downgrade() -> None:
    """Changes it back."""
    for table in ("unread_marks", "reading", "notification_preferences", "notifications"):
        op.drop_table(table)
    op.drop_column("entries", "bumped_by")
