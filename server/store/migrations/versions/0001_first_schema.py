"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Changes the schema."""
    op.create_table(
        "departments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["departments.id"], name=op.f("fk_departments_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "pipelines",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipelines")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "products",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("series", sa.String(length=255), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("origin", "external_id", name=op.f("uq_products_origin_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "roles",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sources",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sources")),
    )
    op.create_table(
        "role_grants",
        sa.Column("role_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_role_grants_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "kind", "action", name=op.f("pk_role_grants")),
    )
    op.create_table(
        "stages",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("pipeline_id", ID, nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("meaning", sa.String(length=16), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipelines.id"], name=op.f("fk_stages_pipeline_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=16), server_default="person", nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("theme", sa.String(length=16), nullable=True),
        sa.Column("admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_users_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_department_id"), ["department_id"], unique=False)

    op.create_table(
        "activities",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), server_default="planned", nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("responsible_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("start_at", sa.BigInteger(), nullable=True),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.String(length=16), server_default="normal", nullable=False),
        sa.Column("important", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("place", sa.String(length=255), server_default="", nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=True),
        sa.Column("phone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("unprocessed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reminder", sa.Integer(), nullable=True),
        sa.Column("repeat", sa.String(length=255), nullable=True),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("email", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_activities_author_id")),
        sa.ForeignKeyConstraint(["responsible_id"], ["users.id"], name=op.f("fk_activities_responsible_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_activities_responsible_id_status_deadline"),
            ["responsible_id", "status", "deadline"],
            unique=False,
        )

    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("activity_id", ID, nullable=True),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("principals", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_events_actor_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_activity_id"), ["activity_id"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "logins",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_logins_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_logins")),
    )
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logins_user_id"), ["user_id"], unique=False)

    op.create_table(
        "records",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("search", sa.Text(), server_default="", nullable=False),
        sa.Column("responsible_id", ID, nullable=False),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("opened", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("stage_id", ID, nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("comments", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("custom", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", ID, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_activity_by", ID, nullable=True),
        sa.Column("last_activity_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_records_changed_by")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_records_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_records_department_id")),
        sa.ForeignKeyConstraint(["last_activity_by"], ["users.id"], name=op.f("fk_records_last_activity_by")),
        sa.ForeignKeyConstraint(["responsible_id"], ["users.id"], name=op.f("fk_records_responsible_id")),
        sa.ForeignKeyConstraint(["source"], ["sources.code"], name=op.f("fk_records_source")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_records_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("kind", "origin", "external_id", name=op.f("uq_records_kind_origin_external_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_records_department_id_kind"), ["department_id", "kind"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_records_kind_last_activity_at"), ["kind", "last_activity_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_records_responsible_id_kind"), ["responsible_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_records_stage_id"), ["stage_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_tokens_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_user_roles_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "activity_parties",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("record_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_parties_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_activity_parties_record_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_activity_parties_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_parties")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("activity_parties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_parties_activity_id"), ["activity_id"], unique=False)

    op.create_table(
        "activity_people",
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_people_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_activity_people_user_id")),
        sa.PrimaryKeyConstraint("activity_id", "user_id", name=op.f("pk_activity_people")),
    )
    op.create_table(
        "activity_records",
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_records_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_activity_records_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", "record_id", name=op.f("pk_activity_records")),
    )
    with op.batch_alter_table("activity_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_records_record_id"), ["record_id"], unique=False)

    op.create_table(
        "addresses",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("label", sa.String(length=32), server_default="main", nullable=False),
        sa.Column("street", sa.String(length=255), server_default="", nullable=False),
        sa.Column("city", sa.String(length=255), server_default="", nullable=False),
        sa.Column("region", sa.String(length=255), server_default="", nullable=False),
        sa.Column("postal_code", sa.String(length=32), server_default="", nullable=False),
        sa.Column("country", sa.String(length=64), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_addresses_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_addresses_record_id"), ["record_id"], unique=False)

    op.create_table(
        "companies",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=16), server_default="client", nullable=False),
        sa.Column("industry", sa.String(length=255), server_default="", nullable=False),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("web", sa.String(length=255), server_default="", nullable=False),
        sa.Column("my_company", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_companies_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_companies")),
    )
    op.create_table(
        "contact_points",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=32), server_default="work", nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_contact_points_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_points_record_id"), ["record_id"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("first_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("type", sa.String(length=16), server_default="client", nullable=False),
        sa.Column("job_title", sa.String(length=255), server_default="", nullable=False),
        sa.Column("birthday", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_contacts_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "deals",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("pipeline_id", ID, nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("begin_date", sa.String(length=10), nullable=True),
        sa.Column("close_date", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipelines.id"], name=op.f("fk_deals_pipeline_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_deals_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_deals")),
    )
    op.create_table(
        "entries",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("bumped", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("search", sa.Text(), server_default="", nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("change", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("counted", sa.String(length=16), nullable=True),
        sa.Column("imported", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("activity_id", ID, nullable=True),
        sa.Column("folded_into", ID, nullable=True),
        sa.Column("comment_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_entries_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_entries_author_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["records.id"], name=op.f("fk_entries_subject_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entries_activity_id"), ["activity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entries_author_id_bumped"), ["author_id", "bumped"], unique=False)
        batch_op.create_index(batch_op.f("ix_entries_bumped"), ["bumped"], unique=False)
        batch_op.create_index(batch_op.f("ix_entries_folded_into_bumped"), ["folded_into", "bumped"], unique=False)

    op.create_table(
        "follows",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("level", sa.String(length=16), server_default="everything", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_follows_record_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_follows_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "record_id", name=op.f("pk_follows")),
    )
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follows_record_id"), ["record_id"], unique=False)

    op.create_table(
        "leads",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("first_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("company_title", sa.String(length=255), server_default="", nullable=False),
        sa.Column("job_title", sa.String(length=255), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_leads_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_leads")),
    )
    op.create_table(
        "product_rows",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_rows_product_id")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_product_rows_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_rows")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("product_rows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_rows_record_id"), ["record_id"], unique=False)

    op.create_table(
        "quotes",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.Column("issue_date", sa.String(length=10), nullable=True),
        sa.Column("close_date", sa.String(length=10), nullable=True),
        sa.Column("terms", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_quotes_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_quotes")),
    )
    op.create_table(
        "record_links",
        sa.Column("record_id", ID, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["records.id"], name=op.f("fk_record_links_other_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_links_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", "role", "other_id", name=op.f("pk_record_links")),
    )
    with op.batch_alter_table("record_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_links_other_id_role"), ["other_id", "role"], unique=False)

    op.create_table(
        "comments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_comments_author_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_comments_entry_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_entry_id_id"), ["entry_id", "id"], unique=False)

    op.create_table(
        "entry_people",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_entry_people_entry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_entry_people_user_id")),
        sa.PrimaryKeyConstraint("entry_id", "user_id", "part", name=op.f("pk_entry_people")),
    )
    with op.batch_alter_table("entry_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_people_user_id_entry_id"), ["user_id", "entry_id"], unique=False)

    op.create_table(
        "entry_records",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_entry_records_entry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_entry_records_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "record_id", name=op.f("pk_entry_records")),
    )
    with op.batch_alter_table("entry_records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entry_records_record_id_entry_id"), ["record_id", "entry_id"], unique=False
        )

    op.create_table(
        "reactions",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("emoji", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_reactions_entry_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reactions_user_id")),
        sa.PrimaryKeyConstraint("entry_id", "user_id", "emoji", name=op.f("pk_reactions")),
    )
    op.create_table(
        "recipients",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("department_id", ID, nullable=True),
        sa.Column("record_id", ID, nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_recipients_department_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_recipients_entry_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_recipients_record_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recipients_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recipients_entry_id"), ["entry_id"], unique=False)


def downgrade() -> None:
    """Changes it back."""
    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recipients_entry_id"))

    op.drop_table("recipients")
    op.drop_table("reactions")
    with op.batch_alter_table("entry_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_records_record_id_entry_id"))

    op.drop_table("entry_records")
    with op.batch_alter_table("entry_people", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_people_user_id_entry_id"))

    op.drop_table("entry_people")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_entry_id_id"))

    op.drop_table("comments")
    with op.batch_alter_table("record_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_links_other_id_role"))

    op.drop_table("record_links")
    op.drop_table("quotes")
    with op.batch_alter_table("product_rows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_rows_record_id"))

    op.drop_table("product_rows")
    op.drop_table("leads")
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follows_record_id"))

    op.drop_table("follows")
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entries_folded_into_bumped"))
        batch_op.drop_index(batch_op.f("ix_entries_bumped"))
        batch_op.drop_index(batch_op.f("ix_entries_author_id_bumped"))
        batch_op.drop_index(batch_op.f("ix_entries_activity_id"))

    op.drop_table("entries")
    op.drop_table("deals")
    op.drop_table("contacts")
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_points_record_id"))

    op.drop_table("contact_points")
    op.drop_table("companies")
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_addresses_record_id"))

    op.drop_table("addresses")
    with op.batch_alter_table("activity_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_records_record_id"))

    op.drop_table("activity_records")
    op.drop_table("activity_people")
    with op.batch_alter_table("activity_parties", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_parties_activity_id"))

    op.drop_table("activity_parties")
    op.drop_table("user_roles")
    op.drop_table("tokens")
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_records_stage_id"))
        batch_op.drop_index(batch_op.f("ix_records_responsible_id_kind"))
        batch_op.drop_index(batch_op.f("ix_records_kind_last_activity_at"))
        batch_op.drop_index(batch_op.f("ix_records_department_id_kind"))

    op.drop_table("records")
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_logins_user_id"))

    op.drop_table("logins")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_at"))

    op.drop_table("idempotency")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_activity_id"))
        batch_op.drop_index(batch_op.f("ix_events_entry_id"))

    op.drop_table("events")
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activities_responsible_id_status_deadline"))

    op.drop_table("activities")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_department_id"))

    op.drop_table("users")
    op.drop_table("stages")
    op.drop_table("role_grants")
    op.drop_table("sources")
    op.drop_table("roles")
    op.drop_table("products")
    op.drop_table("pipelines")
    op.drop_table("log_head")
    op.drop_table("departments")
