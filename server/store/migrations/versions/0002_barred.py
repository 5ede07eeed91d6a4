"""Events can bar holders of principals: a change of rights reaches those who lost or gained, and nobody else."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes the schema."""
    op.add_column("events", sa.Column("barred", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Changes it back."""
    with op.batch_alter_table("events") as events:
        events.drop_column("barred")
