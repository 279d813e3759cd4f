"""Rows of the behaviour specification: immutable revisions and their items."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.tables.columns import JobRow, document, inside_tenant, job_reference, moment, number, one_of, unique


class SpecRevision(JobRow, table=True):
    """One committed version of a job's spec. A parent has at most one child: no update is lost (V2-FR-WF-002)."""

    __tablename__ = "spec_revisions"
    __table_args__ = job_reference(
        unique("id", "tenant_id"),
        unique("revision_token"),
        unique("job_id", "number"),
        Index(
            "uq_spec_revisions_child",
            "parent_revision_id",
            unique=True,
            postgresql_where=text("parent_revision_id IS NOT NULL"),
        ),
        one_of("kind", ["HUMAN", "NL_CONVERT", "FAST_TRACK", "GENERATED", "RESTORE"], "ck_spec_revisions_kind"),
    )

    number: int = number(1)
    revision_token: str
    parent_revision_id: UUID | None = None
    kind: str = "HUMAN"
    actor_ref: str
    surface: str
    bdd_snapshot: list[Any] = document("[]")
    sdd_snapshot: list[Any] = document("[]")
    content_hash: str
    approved_at: datetime | None = moment()
    approved_by: UUID | None = None


class BddItem(JobRow, table=True):
    """One behaviour of one revision; `item_key` is stable across revisions."""

    __tablename__ = "bdd_items"
    __table_args__ = job_reference(inside_tenant("revision_id", "spec_revisions"), unique("revision_id", "item_key"))

    revision_id: UUID = Field(nullable=False, index=True)
    item_key: str
    position: int
    title: str
    given: str
    when_action: str
    then_outcome: str
    evidence: list[Any] = document("[]")
    origin: str = "MODEL"


class SddItem(JobRow, table=True):
    """One structural statement of one revision."""

    __tablename__ = "sdd_items"
    __table_args__ = job_reference(inside_tenant("revision_id", "spec_revisions"), unique("revision_id", "item_key"))

    revision_id: UUID = Field(nullable=False, index=True)
    item_key: str
    position: int
    component: str
    responsibility: str
    interface_notes: str | None = None
    origin: str = "MODEL"
