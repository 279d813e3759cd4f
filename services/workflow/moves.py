"""Carries a decision out: entry items, timers, deadlines, billing at the checkpoint and at the end."""

from datetime import datetime, timedelta
from typing import Any

from services.canon.clocks import ARTIFACT_TTL_SECONDS, WIPE_RETRY_SECONDS
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.lifecycle import TERMINAL_STATES, Checkpoint, JobState, is_legal
from services.canon.tasks import DECISION_TIMERS, ENTRY_ITEMS, ENTRY_TIMERS, TimerKind
from services.core.clock import now
from services.core.ids import new_id
from services.infra.settings_clock import scaled
from services.infra.unit_of_work import UnitOfWork
from services.jobs import queries
from services.jobs.transitions import Applied, ItemRequest, Transition, add_item, transition
from services.metering import service as metering
from services.tables.jobs import RefactorJob
from services.tables.workflow import WorkflowTimer
from services.workflow.decisions import Decision
from services.workflow.registry import enterable_states

SESSION_STATES = frozenset(
    {JobState.BASELINE_VALIDATION, JobState.SELF_HEALING, JobState.DEEP_FIX_ACTIVE, JobState.REMOTE_REBASE_VALIDATING}
)
"""Working states that need a live sandbox; without one the job goes through the queue (remote re-entry)."""


_WIPES = (JobState.REMOTE_WIPE_VERIFYING.value, JobState.REPO_SYNC_SCRATCH_WIPING.value)


async def carry_out(uow: UnitOfWork, job: RefactorJob, decision: Decision) -> Applied | None:
    """Apply a decision to a locked job; None when the job stays in its state."""
    if decision.to is None:
        await _stay(uow, job, decision)
        return None
    return await _move(uow, job, decision)


async def planned(uow: UnitOfWork, job: RefactorJob, decision: Decision) -> Transition:
    """Work out the transition of a decision that moves the job; nothing is written.

    Raises:
        IamaError: `STATE_NOT_AVAILABLE`.
    """
    target, changes = await _reentry(uow, job, decision)
    for state in (decision.to, target):
        if state is not None and state not in enterable_states():
            raise IamaError("STATE_NOT_AVAILABLE", state=state.value)
    timers = tuple((kind, scaled(seconds)) for kind, seconds in ENTRY_TIMERS.get(target, ()))
    if not await queries.live_sessions(uow, job.id):
        timers = tuple(timer for timer in timers if timer[0] is not TimerKind.SANDBOX_HOLD)
    base: dict[str, Any] = {"wait_kind": None, "wait_deadline_at": None}
    base |= _deadline(timers)
    base |= _terminal(job, target)
    items = decision.items if decision.items and target is decision.to else _entry_items(target)
    return Transition(
        to=target,
        trigger=decision.trigger,
        reason=decision.reason,
        changes=base | changes,
        fact=decision.fact,
        items=items,
        timers=timers,
        events=decision.events + _asking(target, base["wait_deadline_at"]),
    )


def is_billed(job: RefactorJob, change: Transition) -> bool:
    """Tell whether the ledger has to change with the transition, so that it cannot stand alone."""
    return change.to in TERMINAL_STATES or _passes_checkpoint(job, change)


def _passes_checkpoint(job: RefactorJob, change: Transition) -> bool:
    return change.to is JobState.GENERATING_TESTS and job.checkpoint == Checkpoint.PRE_CHARGE.value


async def _move(uow: UnitOfWork, job: RefactorJob, decision: Decision) -> Applied:
    change = await planned(uow, job, decision)
    applied = await transition(uow, job.id, job.state_revision, change)
    if _passes_checkpoint(job, change):
        await metering.pass_checkpoint(uow, job.id)
    if change.to in TERMINAL_STATES:
        await metering.settle(uow, job.id, change.changes.get("failure_class", job.failure_class))
    return applied


async def _reentry(uow: UnitOfWork, job: RefactorJob, decision: Decision) -> tuple[JobState, dict[str, Any]]:
    """Send an ending through the wipe, and work that needs a sandbox through the queue when none lives."""
    target = decision.to or JobState(job.status)
    if target is JobState.FAILED and job.status not in _WIPES and await _needs_wipe(uow, job):
        return JobState.REMOTE_WIPE_VERIFYING, {**decision.changes, "terminal_target": target.value}
    if target not in SESSION_STATES or job.status == JobState.REMOTE_EXECUTION_RUNNING.value:
        return target, decision.changes
    if job.status in (JobState.REFACTORING.value, JobState.SELF_HEALING.value):
        return target, decision.changes
    if any(session.built for session in await queries.live_sessions(uow, job.id)):
        return target, decision.changes
    return JobState.REMOTE_EXECUTION_QUEUED, {**decision.changes, "resume_state": target.value}


async def _needs_wipe(uow: UnitOfWork, job: RefactorJob) -> bool:
    """Tell whether an ending must pass through the wipe: a sandbox lives, or the state has no direct end."""
    return not is_legal(JobState(job.status), JobState.FAILED) or bool(await queries.live_sessions(uow, job.id))


def _entry_items(target: JobState) -> tuple[ItemRequest, ...]:
    kind = ENTRY_ITEMS.get(target)
    return (ItemRequest(kind),) if kind else ()


def _deadline(timers: tuple[tuple[TimerKind, float], ...]) -> dict[str, Any]:
    seconds = [seconds for kind, seconds in timers if kind in DECISION_TIMERS]
    return {"wait_deadline_at": now() + timedelta(seconds=seconds[0])} if seconds else {}


def _asking(target: JobState, deadline_at: datetime | None) -> tuple[dict[str, Any], ...]:
    """Tell readers of the stream that a dearer model class waits for an answer, and until when (UTC)."""
    if target is not JobState.WAITING_ESCALATION_DECISION or deadline_at is None:
        return ()
    return (event(EventType.ESCALATION_REQUIRED, deadline_at=deadline_at.isoformat()),)


def _terminal(job: RefactorJob, target: JobState) -> dict[str, Any]:
    if target is JobState.GENERATING_TESTS:
        return {"checkpoint": Checkpoint.POST_CHARGE.value}
    if target not in TERMINAL_STATES:
        return {"completed_at": None} if job.completed_at else {}
    return {"completed_at": now(), "artifact_expires_at": now() + timedelta(seconds=ARTIFACT_TTL_SECONDS)}


async def _stay(uow: UnitOfWork, job: RefactorJob, decision: Decision) -> None:
    for name, value in decision.changes.items():
        setattr(job, name, value)
    job.updated_at = now()
    uow.session.add(job)
    await uow.session.flush()
    for item in decision.items:
        key = f"{job.state_revision}:{item.kind.value}:{new_id().hex[-12:]}"
        await add_item(uow, job.id, job.status, job.state_revision, key, item)
    if decision.retry_wipe:
        uow.session.add(
            WorkflowTimer(
                tenant_id=uow.tenant_id,
                job_id=job.id,
                kind=TimerKind.WIPE_RETRY.value,
                state_revision=job.state_revision,
                fires_at=now() + timedelta(seconds=scaled(WIPE_RETRY_SECONDS)),
            )
        )
    await uow.record(job.id, job.state_revision, [event(EventType.JOB_UPDATED), *decision.events])
