"""Database roles, row-level security and grants, derived from the table list."""

from services.tables.workflow import QUEUE_TABLES

OWNER_ROLE = "iama_migrate"
APP_ROLE = "iama_app"
WORKER_ROLE = "iama_worker"
OPERATOR_ROLE = "iama_operator"

APPEND_ONLY = (
    "audit_events",
    "job_transitions",
    "job_events",
    "usage_ledger",
    "entitlement_snapshots",
    "billing_subject_snapshots",
    "delivery_policy_snapshots",
    "evidence_records",
    "code_provenance_records",
    "baseline_decisions",
    "repo_import_precheck_records",
)
"""Rows nobody changes or deletes through the application (retention runs as another role)."""

_TENANT = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def isolation_statements(tenant_tables: list[str]) -> list[str]:
    """Return the DDL that forces row-level security on every tenant table."""
    statements = [statement for table in tenant_tables for statement in tenant_policy_statements(table)]
    statements += [
        f"CREATE POLICY queue_service ON {table} TO {WORKER_ROLE} USING (true) WITH CHECK (true)"
        for table in QUEUE_TABLES
    ]
    return statements


def tenant_policy_statements(table: str) -> list[str]:
    """Return the DDL that forces row-level security on one tenant table."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_isolation ON {table} USING ({_TENANT}) WITH CHECK ({_TENANT})",
    ]


def grant_statements(all_tables: list[str]) -> list[str]:
    """Return the grants of the application, worker and operator roles."""
    statements = []
    for table in all_tables:
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        if table == "legal_transitions":
            rights = "SELECT"
        statements.append(f"GRANT {rights} ON {table} TO {APP_ROLE}, {WORKER_ROLE}")
        statements.append(f"GRANT SELECT ON {table} TO {OPERATOR_ROLE}")
    return statements


def append_only_statements() -> list[str]:
    """Return triggers that refuse changes even to the tables' owner."""
    return [
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION iama_refuse_change()"
        for table in APPEND_ONLY
    ]
