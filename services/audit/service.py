"""Verifies and lists a tenant's audit chain."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.infra.unit_of_work import UnitOfWork

_ROWS = text(
    "SELECT id, seq, event_type, body, body::text AS body_text, prev_hash, event_hash, created_at FROM audit_events "
    "WHERE (CAST(:job AS uuid) IS NULL OR job_id = :job) ORDER BY seq"
)
_HEAD = text("SELECT seq, head_hash FROM audit_heads WHERE tenant_id = :tenant")


@dataclass(frozen=True, slots=True)
class AuditLink:
    """One link of the chain."""

    id: UUID
    seq: int
    event_type: str
    body: dict[str, Any]
    prev_hash: bytes
    event_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Whether the chain holds; `broken_at` is the first sequence number that does not."""

    intact: bool
    length: int
    broken_at: int | None = None


async def list_links(uow: UnitOfWork, job_id: UUID | None = None) -> list[AuditLink]:
    """List the links that concern a job, or all of the tenant, in order."""
    rows = await uow.session.execute(_ROWS, {"job": job_id})
    return [
        AuditLink(
            row.id, row.seq, row.event_type, row.body, bytes(row.prev_hash), bytes(row.event_hash), row.created_at
        )
        for row in rows
    ]


async def verify_chain(uow: UnitOfWork) -> ChainVerdict:
    """Recompute every hash of the tenant's chain, then compare with the stored head (finds a cut tail)."""
    previous, expected_seq = b"", 1
    for row in await uow.session.execute(_ROWS, {"job": None}):
        digest = hashlib.sha256(previous + row.body_text.encode()).digest()
        if row.seq != expected_seq or bytes(row.prev_hash) != previous or bytes(row.event_hash) != digest:
            return ChainVerdict(False, expected_seq - 1, expected_seq)
        previous, expected_seq = digest, expected_seq + 1
    head = (await uow.session.execute(_HEAD, {"tenant": uow.tenant_id})).one_or_none()
    known = (head.seq, bytes(head.head_hash)) if head else (0, b"")
    if known != (expected_seq - 1, previous):
        return ChainVerdict(False, expected_seq - 1, expected_seq)
    return ChainVerdict(True, expected_seq - 1)
