"""Choices over a delivered result.

Revision: 0004_apply_records
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

from services.infra.database_roles import grant_statements, tenant_policy_statements

revision = "0004_apply_records"
down_revision = "0003_reversals"
branch_labels = None
depends_on = None

_TABLE = "delivery_apply_records"


def upgrade() -> None:
    """Add the table with its isolation and grants."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("artifact_hash", text(), nullable=False),
        sa.Column("accepted", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("skipped", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("base_check", text(), nullable=False),
        sa.Column("outcome", text(), nullable=False),
        sa.Column("revert_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revert_block_reason", text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("outcome IN ('APPLIED', 'PARTIAL', 'DISCARDED')", name="ck_delivery_apply_records_outcome"),
        sa.ForeignKeyConstraint(["job_id", "tenant_id"], ["refactor_jobs.id", "refactor_jobs.tenant_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_delivery_apply_records_job_id"), _TABLE, ["job_id"], unique=False)
    for statement in [*tenant_policy_statements(_TABLE), *grant_statements([_TABLE])]:
        op.execute(statement)


def downgrade() -> None:
    """Drop the table with its policy."""
    op.drop_table(_TABLE)
