"""Which stages a record has been in, and since when first: the funnel's conversion."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Changes the schema. Of what was there, only the stage it stands in is known."""
    op.create_table(
        "stage_visits",
        sa.Column("record_id", ID, nullable=False),
        sa.Column("stage_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_stage_visits_record_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name="fk_stage_visits_stage_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", "stage_id", name="pk_stage_visits"),
    )
    op.create_index("ix_stage_visits_stage_id", "stage_visits", ["stage_id"])
    op.execute(
        "INSERT INTO stage_visits (record_id, stage_id, at)"
        " SELECT id, stage_id, changed_at FROM records WHERE stage_id IS NOT NULL"
    )


def downgrade() -> None:
    """Changes it back."""
    op.drop_table("stage_visits")
