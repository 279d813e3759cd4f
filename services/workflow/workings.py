"""Why a job stands where it stands: work items with leases, timers, and which actions the guards let through."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.canon.clocks import LOST_LEASES_ALLOWED
from services.canon.lifecycle import STATE_KINDS, WISH_STATES, JobState, StateKind
from services.canon.limits import REPAIR_BUDGET
from services.canon.reasons import reason_sentence
from services.canon.vocabulary import ACTION_WORDS, JobAction
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.jobs.rules import NOT_CANCELLABLE, OFFERED, offered_actions
from services.jobs.service import require_job
from services.tables.jobs import RefactorJob
from services.tables.workflow import WorkflowStep, WorkflowTimer

OPEN = ("READY", "RUNNING")


class ItemView(BaseModel):
    """One work item; `lease_left_seconds` is negative once the lease is over, None without one."""

    step_id: UUID
    kind: str
    queue: str
    status: str
    state: JobState
    state_revision: int
    tries: int
    tries_allowed: int
    lost_count: int
    lease_owner: str | None
    lease_left_seconds: float | None
    silent_seconds: float | None
    due_in_seconds: float
    limit_seconds: float
    handed_over: bool
    cancel_requested: bool
    error_code: str | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class TimerView(BaseModel):
    """One deadline; `status` is `PENDING`, `FIRED` or `CANCELLED`."""

    kind: str
    status: str
    state_revision: int
    fires_at: datetime


class GuardView(BaseModel):
    """An action of the present state and, where it would be refused, the guard that refuses it."""

    action: JobAction
    label: str
    accepted: bool
    refused_because: str | None = None


class Workings(BaseModel):
    """Everything that decides what happens next to a job; items and timers newest first."""

    job_id: UUID
    state: JobState
    state_revision: int
    why: str
    guards: list[GuardView]
    items: list[ItemView]
    timers: list[TimerView]


async def get_workings(uow: UnitOfWork, job_id: UUID) -> Workings:
    """Show what moves a job on, or keeps it (`JOB_NOT_FOUND` for strangers and unknown ids alike)."""
    job = await require_job(uow, job_id)
    steps = select(WorkflowStep).where(WorkflowStep.job_id == job_id).order_by(col(WorkflowStep.created_at).desc())
    deadlines = select(WorkflowTimer).where(WorkflowTimer.job_id == job_id).order_by(col(WorkflowTimer.fires_at).desc())
    at = now()
    items = [_item(row, at) for row in await uow.session.exec(steps)]
    timers = [_timer(row) for row in await uow.session.exec(deadlines)]
    return Workings(
        job_id=job_id,
        state=JobState(job.status),
        state_revision=job.state_revision,
        why=explain(job, items, timers),
        guards=guards_of(job),
        items=items,
        timers=timers,
    )


def explain(job: RefactorJob, items: Sequence[ItemView], timers: Sequence[TimerView]) -> str:
    """Say in a sentence or two what the job waits for."""
    kind = STATE_KINDS[JobState(job.status)]
    if kind is StateKind.TERMINAL:
        with_reason = f" with {job.failure_reason}" if job.failure_reason else ""
        return f"It ended{with_reason}. {reason_sentence(job.failure_reason, job.failure_detail) or ''}".strip()
    working = next((item for item in items if item.status in OPEN), None)
    if working is not None:
        return _about(working)
    deadline = next((timer for timer in timers if timer.status == "PENDING"), None)
    until = f" until {deadline.fires_at:%Y-%m-%d %H:%M:%S} UTC, then {deadline.kind} fires" if deadline else ""
    if any(guard.accepted and guard.action is not JobAction.CANCEL for guard in guards_of(job)):
        return f"It waits for a person{until}."
    if deadline:
        return f"It waits{until}."
    return "It has no open work item and no timer, which should not happen; keep this page and cancel the job."


def guards_of(job: RefactorJob) -> list[GuardView]:
    """List every action that the present state knows, accepted ones first."""
    accepted = offered_actions(job)
    known = [action for (state, _), actions in OFFERED.items() if state.value == job.status for action in actions]
    refused = [action for action in dict.fromkeys([*known, JobAction.CANCEL]) if action not in accepted]
    return [_guard(action, None) for action in accepted] + [_guard(action, _refusal(job, action)) for action in refused]


def _refusal(job: RefactorJob, action: JobAction) -> str:
    state = JobState(job.status)
    if action is JobAction.CANCEL:
        wished = state in WISH_STATES and job.cancel_wished and state not in NOT_CANCELLABLE
        return "cancelling is already asked for" if wished else "the state cannot be cancelled"
    fitting = OFFERED.get((state, job.wait_kind), OFFERED.get((state, None), ()))
    if action in fitting:
        return f"the repair budget of {REPAIR_BUDGET} iterations is spent"
    waits = sorted({str(wait) for (one, wait), actions in OFFERED.items() if one is state and action in actions})
    return f"it belongs to wait {' or '.join(waits)}, the job's is {job.wait_kind or 'none'}"


def _guard(action: JobAction, refusal: str | None) -> GuardView:
    return GuardView(action=action, label=ACTION_WORDS[action].label, accepted=refusal is None, refused_because=refusal)


def _about(item: ItemView) -> str:
    name = f"Work item {item.kind} on queue {item.queue}"
    lost = f" It lost its lease {item.lost_count}×; {LOST_LEASES_ALLOWED} end the job." if item.lost_count else ""
    if item.status == "RUNNING":
        over = item.lease_left_seconds is not None and item.lease_left_seconds < 0
        if over:
            return f"{name} ran at {item.lease_owner}, whose lease is over; the scheduler hands it to another.{lost}"
        return f"{name} runs at {item.lease_owner}, last heard {item.silent_seconds or 0:.0f} s ago.{lost}"
    if item.due_in_seconds > 0:
        return f"{name} pauses {item.due_in_seconds:.0f} s before its next try after {item.error_code}.{lost}"
    waits = "is handed over and waits for a worker" if item.handed_over else "waits for the scheduler to hand it over"
    return f"{name} {waits}.{lost}"


def _item(row: WorkflowStep, at: datetime) -> ItemView:
    left = (row.lease_expires_at - at).total_seconds() if row.lease_expires_at else None
    silent = (at - row.heartbeat_at).total_seconds() if row.heartbeat_at and row.status == "RUNNING" else None
    same = row.model_dump(include=set(ItemView.model_fields))
    return ItemView(
        **same,
        step_id=row.id,
        lease_left_seconds=left,
        silent_seconds=silent,
        due_in_seconds=max((row.available_at - at).total_seconds(), 0),
        handed_over=row.published_at is not None,
        cancel_requested=row.cancel_requested_at is not None,
    )


def _timer(row: WorkflowTimer) -> TimerView:
    status = "FIRED" if row.fired_at else "CANCELLED" if row.cancelled_at else "PENDING"
    return TimerView(kind=row.kind, status=status, state_revision=row.state_revision, fires_at=row.fires_at)
