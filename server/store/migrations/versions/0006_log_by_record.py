"""The log by record: what was told of a record is emptied when it is deleted for good."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Changes the schema. What was told before that stays in the log until it is trimmed."""
    op.add_column("events", sa.Column("record_id", ID, nullable=True))
    op.create_index("ix_events_record_id", "events", ["record_id"])


def downgrade() -> None:
    """Changes it back."""
    op.drop_index("ix_events_record_id", "events")
    op.drop_column("events", "record_id")
