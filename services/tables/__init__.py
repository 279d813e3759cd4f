"""SQLModel rows, one file per aggregate. Importing this package fills `METADATA`."""

from sqlmodel import SQLModel

from services.tables import (
    admin,
    apply_records,
    artifacts,
    audit,
    delivery,
    evidence,
    feed,
    identity,
    jobs,
    metering,
    repositories,
    sandbox,
    specs,
    workflow,
)

METADATA = SQLModel.metadata

GLOBAL_TABLES = {*admin.GLOBAL_TABLES, *identity.GLOBAL_TABLES, "legal_transitions"}


def tenant_tables() -> list[str]:
    """List every table that row-level security must cover, in name order."""
    return sorted(name for name in METADATA.tables if name not in GLOBAL_TABLES)


__all__ = [
    "GLOBAL_TABLES",
    "METADATA",
    "admin",
    "apply_records",
    "artifacts",
    "audit",
    "delivery",
    "evidence",
    "feed",
    "identity",
    "jobs",
    "metering",
    "repositories",
    "sandbox",
    "specs",
    "tenant_tables",
    "workflow",
]
