"""What an ended job costs: one decision on its checkpoint row, and the way back for what must not be charged."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from services.canon.lifecycle import FailureClass
from services.infra.unit_of_work import UnitOfWork
from services.metering.reservations import close_reservations, give_back_committed
from services.tables.jobs import RefactorJob
from services.tables.metering import BillingCheckpointRecord
from services.tables.sandbox import RemoteExecutionSession

CHARGED, RELEASED = "CHARGED", "RELEASED"
LATE_USE = "AFTER_RELEASE"
"""Charge reason of a use that was recorded after its job had been decided to cost nothing."""

FREE_REASONS = frozenset({"INTERVENTION_TIMEOUT"})
"""Endings that cost nothing although their class would (entitlements, section 8)."""

_REVERSE = text(
    """
    INSERT INTO usage_ledger (tenant_id, job_id, event_type, dimension, quantity, billable, failure_class,
                              charge_reason, stage, model_class, attempt_number, reversal_of, idempotency_key)
    SELECT tenant_id, job_id, event_type, dimension, -quantity, true, CAST(:failure AS text),
           'REVERSED_' || CAST(:failure AS text), stage, model_class, attempt_number, id, idempotency_key || '/reversal'
    FROM usage_ledger
    WHERE job_id = :job AND billable AND reversal_of IS NULL
      AND (CAST(:since AS timestamptz) IS NULL OR created_at > CAST(:since AS timestamptz))
    ON CONFLICT DO NOTHING
    """
)
_DECIDE = text(
    "UPDATE billing_checkpoint_records SET final_decision = :decision, decision_basis = :basis, decided_at = now() "
    "WHERE id = :id"
)
_RELEASE_REASONS = {
    FailureClass.INFRA_FAILURE.value: "INFRA_FAILURE",
    FailureClass.USER_CANCELLED.value: "USER_CANCELLED",
    FailureClass.POLICY_BLOCKED.value: "POLICY_BLOCKED",
    FailureClass.CLIENT_DISCONNECTED.value: "CLIENT_DISCONNECTED_EARLY",
}


async def settle(uow: UnitOfWork, job_id: UUID, failure_class: str | None) -> None:
    """Decide once per ending whether the job is charged, and take back what is not; a repeat changes nothing.

    A platform fault is never charged, whatever the checkpoint says; before the point of no return nothing is. What an
    earlier ending of the same job was charged for stays charged: only uses since then are taken back.

    Args:
        failure_class: class of the ending, None for a delivery.
    Req: V1-FR-BIL-001, V1-FR-BIL-002, V1-FR-BIL-006.
    """
    record = await _lock_newest(uow, job_id)
    failure = await _effective_class(uow, job_id, failure_class)
    reason = "JOB_SUCCESS" if failure is None else _RELEASE_REASONS.get(failure, "JOB_FAILED_NON_BILLABLE")
    await close_reservations(uow, job_id, commit=False, reason=reason)
    if record is None:
        return
    earlier = record.decided_at if record.final_decision == CHARGED else None
    free = await _is_free(uow, job_id, record, failure)
    if free:
        values: dict[str, Any] = {"job": job_id, "failure": failure or "NONE", "since": earlier}
        await uow.session.execute(_REVERSE, values)
        if earlier is None and failure == FailureClass.INFRA_FAILURE.value:
            await give_back_committed(uow, job_id, reason)
    decision = CHARGED if earlier is not None or not free else RELEASED
    basis = f"{record.checkpoint_type}:{failure or 'DELIVERED'}{':SINCE_LAST_ENDING' if earlier and free else ''}"
    await uow.session.execute(_DECIDE, {"id": record.id, "decision": decision, "basis": basis})


async def is_released(uow: UnitOfWork, job_id: UUID) -> bool:
    """Tell whether the job was decided to cost nothing; the answer holds until this transaction ends."""
    statement = select(BillingCheckpointRecord.final_decision).where(BillingCheckpointRecord.job_id == job_id)
    decisions = await uow.session.exec(statement.with_for_update(read=True))
    return RELEASED in list(decisions)


async def _lock_newest(uow: UnitOfWork, job_id: UUID) -> BillingCheckpointRecord | None:
    """Lock the job's checkpoints, so that a use is either seen here or sees the decision; return the last one."""
    statement = select(BillingCheckpointRecord).where(BillingCheckpointRecord.job_id == job_id)
    ordered = statement.order_by(col(BillingCheckpointRecord.created_at), col(BillingCheckpointRecord.id))
    fresh = ordered.with_for_update().execution_options(populate_existing=True)
    return next(reversed(list(await uow.session.exec(fresh))), None)


async def _effective_class(uow: UnitOfWork, job_id: UUID, failure_class: str | None) -> str | None:
    """Read the session rows first: one that failed means a platform fault, whatever else happened (rule 4.8)."""
    statement = select(RemoteExecutionSession.id).where(
        RemoteExecutionSession.job_id == job_id, RemoteExecutionSession.status == "FAILED"
    )
    failed = (await uow.session.exec(statement.limit(1))).one_or_none() is not None
    return FailureClass.INFRA_FAILURE.value if failed and failure_class is not None else failure_class


async def _is_free(uow: UnitOfWork, job_id: UUID, record: BillingCheckpointRecord, failure: str | None) -> bool:
    if failure is None:
        return False
    reason = (await uow.session.exec(select(RefactorJob.failure_reason).where(RefactorJob.id == job_id))).one()
    before = record.charge_policy == "NON_BILLABLE_DISCONNECT"
    return before or failure == FailureClass.INFRA_FAILURE.value or reason in FREE_REASONS
