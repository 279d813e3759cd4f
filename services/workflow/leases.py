"""Leases on work items: claim, beat, give back, reap. Times are the database's, so clocks of machines do not matter."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from services.canon.clocks import LEASE_SECONDS, LOST_LEASES_ALLOWED
from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.core.actor import Actor, system_actor
from services.infra.settings_clock import scaled
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import queries
from services.workflow.outcomes import Claim

_CLAIM = """
    UPDATE workflow_steps SET status = 'RUNNING', lease_owner = $2, lease_token = $3,
        lease_expires_at = clock_timestamp() + make_interval(secs => $4), heartbeat_at = clock_timestamp(),
        started_at = coalesce(started_at, clock_timestamp()),
        lost_count = lost_count + CASE WHEN status = 'RUNNING' THEN 1 ELSE 0 END
    WHERE id = $1 AND cancel_requested_at IS NULL AND available_at <= clock_timestamp()
      AND (status = 'READY' OR (status = 'RUNNING' AND lease_expires_at < clock_timestamp()))
    RETURNING job_id, kind, state, state_revision, payload, tries, tries_allowed, lost_count, limit_seconds
"""
_BEAT = """
    UPDATE workflow_steps SET heartbeat_at = clock_timestamp(),
        lease_expires_at = clock_timestamp() + make_interval(secs => $3)
    WHERE id = $1 AND lease_token = $2 AND status = 'RUNNING' AND cancel_requested_at IS NULL
    RETURNING id
"""
_HOLDS = """
    SELECT id FROM workflow_steps
    WHERE id = $1 AND lease_token = $2 AND status = 'RUNNING' AND cancel_requested_at IS NULL FOR UPDATE
"""
_FINISH = """
    UPDATE workflow_steps SET status = $2, finished_at = clock_timestamp(), outcome = $3, error_code = $4, error = $5,
        tries = tries + 1, lease_expires_at = NULL
    WHERE id = $1
"""
_RETRY = """
    UPDATE workflow_steps SET status = 'READY', tries = tries + 1, lease_token = NULL, lease_expires_at = NULL,
        error_code = $3, error = $4, available_at = clock_timestamp() + make_interval(secs => $2)
    WHERE id = $1
"""
_REQUEUE = """
    INSERT INTO outbox_events (tenant_id, task, queue, payload, available_at)
    SELECT tenant_id, 'run_item', queue, jsonb_build_object('step_id', id, 'tenant_id', tenant_id), available_at
    FROM workflow_steps WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class LeaseKey:
    """Names one lease; a newer lease on the same item makes it worthless."""

    step_id: UUID
    token: UUID


async def claim(step_id: UUID, tenant_id: UUID, owner: str) -> Claim | None:
    """Lease an item for 20 s; None when it is taken, done, cancelled or not yet due."""
    actor = system_actor(tenant_id, "workflow")
    token = uuid4()
    async with unit_of_work(actor) as uow:
        row = await uow.fetch_row(_CLAIM, step_id, owner, token, scaled(LEASE_SECONDS))
        if row is None:
            return None
        job = await queries.find_job(uow, row["job_id"])
        if job is None:
            return None
        return Claim(
            step_id=step_id,
            lease_token=token,
            kind=ItemKind(row["kind"]),
            state=JobState(row["state"]),
            state_revision=row["state_revision"],
            payload=row["payload"],
            tries=row["tries"],
            tries_allowed=row["tries_allowed"],
            lost_count=row["lost_count"],
            limit_seconds=row["limit_seconds"],
            job=job,
            actor=actor,
        )


async def beat(actor: Actor, key: LeaseKey) -> bool:
    """Extend the lease; False when it was lost or the item was cancelled."""
    async with unit_of_work(actor) as uow:
        return await uow.call(_BEAT, key.step_id, key.token, scaled(LEASE_SECONDS)) is not None


async def holds(uow: UnitOfWork, key: LeaseKey) -> bool:
    """Tell whether the lease still holds and lock the item until this transaction ends."""
    return await uow.call(_HOLDS, key.step_id, key.token) is not None


async def finish(
    uow: UnitOfWork, key: LeaseKey, status: str, outcome: str, code: str | None, error: str | None
) -> None:
    """Close an item with its outcome (JSON text)."""
    await uow.call(_FINISH, key.step_id, status, outcome, code, error)


async def give_back(uow: UnitOfWork, key: LeaseKey, delay_seconds: float, code: str, error: str) -> None:
    """Put an item back on its queue after a reported fault; it becomes due after the delay."""
    await uow.call(_RETRY, key.step_id, delay_seconds, code, error)
    await uow.call(_REQUEUE, key.step_id)


def is_exhausted(lost_count: int) -> bool:
    """Tell whether an item lost its lease too often to be tried again."""
    return lost_count >= LOST_LEASES_ALLOWED
