"""Rows of choices over a delivered result: what was accepted, what stayed out, what was taken back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.tables.columns import JobRow, document, job_reference, moment, one_of


class DeliveryApplyRecord(JobRow, table=True):
    """One choice; `accepted` lists `{file, hunk_ids}` (null ids: the whole file), an empty one discards everything.

    `base_check` says who compares the base before writing: CLIENT, which holds the workspace.
    """

    __tablename__ = "delivery_apply_records"
    __table_args__ = job_reference(
        one_of("outcome", ["APPLIED", "PARTIAL", "DISCARDED"], "ck_delivery_apply_records_outcome")
    )

    artifact_hash: str
    accepted: list[Any] = document("[]")
    skipped: list[Any] = document("[]")
    base_check: str = "CLIENT"
    outcome: str
    revert_until: datetime | None = moment()
    reverted_at: datetime | None = moment()
    revert_block_reason: str | None = None
    actor_id: UUID | None = None
