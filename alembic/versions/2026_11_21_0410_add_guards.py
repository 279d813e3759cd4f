"""Transition function, audit chain, feed, append-only guards, row-level security and grants.

Revision: 0002_guards
"""

from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from services.canon.lifecycle import legal_pairs
from services.infra.database_roles import append_only_statements, grant_statements, isolation_statements
from services.tables import METADATA, tenant_tables

revision = "0002_guards"
down_revision = "0001_tables"
branch_labels = None
depends_on = None

_SQL = Path(__file__).resolve().parents[1] / "sql"

_FUNCTIONS = (
    "iama_guard_job_status()",
    "iama_refuse_change()",
    "iama_transition(uuid, uuid, bigint, text, text, text, jsonb, jsonb, text, jsonb, jsonb, jsonb, uuid)",
    "iama_transition_as(uuid, boolean, uuid, uuid, bigint, text, text, text, jsonb, jsonb, text, jsonb, jsonb, jsonb, uuid)",
    "iama_add_item(uuid, uuid, text, bigint, text, jsonb)",
    "iama_audit(uuid, text, uuid, uuid, jsonb)",
    "iama_record_events(uuid, uuid, bigint, jsonb)",
)


def upgrade() -> None:
    """Seed the legal pairs, create the functions, force isolation, grant rights."""
    pairs = [{"from_state": source.value, "to_state": target.value} for source, target in legal_pairs()]
    op.bulk_insert(METADATA.tables["legal_transitions"], pairs)
    for name in ("feed.sql", "transition.sql"):
        op.get_bind().exec_driver_sql((_SQL / name).read_text().replace("%", "%%"))
    tables, isolated = _present(METADATA.tables), _present(tenant_tables())
    for statement in [*append_only_statements(), *isolation_statements(isolated), *grant_statements(tables)]:
        op.execute(statement)


def _present(names: Iterable[str]) -> list[str]:
    """List the tables of this step; those of later ones bring their own isolation and grants."""
    return sorted(set(sa.inspect(op.get_bind()).get_table_names()).intersection(names))


def downgrade() -> None:
    """Drop policies, triggers and functions; the tables stay for the step below."""
    for table in _present(tenant_tables()):
        op.execute(f"DROP POLICY IF EXISTS tenant_isolation ON {table}")
        op.execute(f"DROP POLICY IF EXISTS queue_service ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
    op.execute("DELETE FROM legal_transitions")
