"""Reversals in the ledger, publications that can be asked for again, expiry of artifacts with evidence.

Revision: 0003_reversals
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_reversals"
down_revision = "0002_guards"
branch_labels = None
depends_on = None

_ADD_TIMERS = """
INSERT INTO workflow_timers (tenant_id, job_id, kind, state_revision, fires_at)
SELECT tenant_id, id, 'ARTIFACT_EXPIRY', state_revision, artifact_expires_at FROM refactor_jobs
WHERE status IN ('DELIVERED', 'FALLBACK_REQUIRED', 'FAILED') AND artifact_expires_at IS NOT NULL
"""


def upgrade() -> None:
    """Add the columns; jobs that ended before get the timer that later ones get at their end."""
    op.add_column("usage_ledger", sa.Column("reversal_of", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_usage_ledger_reversal_of"), "usage_ledger", ["reversal_of"])
    op.add_column("github_deliveries", sa.Column("error_sentence", sa.String(), nullable=True))
    op.add_column("github_deliveries", sa.Column("requests", sa.Integer(), server_default="1", nullable=False))
    op.add_column("job_artifacts", sa.Column("delete_evidence_hash", sa.String(), nullable=True))
    _past_isolation(_ADD_TIMERS)


def downgrade() -> None:
    """Drop timers, which earlier versions do not know, and columns."""
    _past_isolation("DELETE FROM workflow_timers WHERE kind = 'ARTIFACT_EXPIRY'")
    op.drop_column("job_artifacts", "delete_evidence_hash")
    op.drop_column("github_deliveries", "requests")
    op.drop_column("github_deliveries", "error_sentence")
    op.drop_constraint(op.f("uq_usage_ledger_reversal_of"), "usage_ledger", type_="unique")
    op.drop_column("usage_ledger", "reversal_of")


def _past_isolation(statement: str) -> None:
    """Run a statement over every tenant: isolation is forced on the owner too, and is forced again at once."""
    tables = ("refactor_jobs", "workflow_timers")
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
