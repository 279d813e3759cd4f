"""Rows of the audit log: one hash chain per tenant, append only."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, LargeBinary, text
from sqlmodel import Field, SQLModel

from services.tables.columns import TenantRow, document, unique


class AuditEvent(TenantRow, table=True):
    """One audited fact. `event_hash` = SHA-256 of `prev_hash` and the text of `body`."""

    __tablename__ = "audit_events"
    __table_args__ = (unique("tenant_id", "seq"),)

    tenant_id: UUID = Field(foreign_key="tenants.id", nullable=False)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    event_type: str = Field(index=True)
    job_id: UUID | None = Field(default=None, index=True)
    actor_id: UUID | None = None
    body: dict[str, Any] = document()
    prev_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    event_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditHead(SQLModel, table=True):
    """The newest link of a tenant's chain; its row lock orders writers."""

    __tablename__ = "audit_heads"

    tenant_id: UUID = Field(primary_key=True)
    seq: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    prev_hash: bytes = Field(
        default=b"", sa_column=Column(LargeBinary, nullable=False, server_default=text("'\\x'::bytea"))
    )
    head_hash: bytes = Field(
        default=b"", sa_column=Column(LargeBinary, nullable=False, server_default=text("'\\x'::bytea"))
    )
