"""What a due timer means. A timer of an earlier revision means nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import select

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ENTRY_ITEMS, ItemKind, TimerKind
from services.core.actor import Actor, system_actor
from services.core.clock import now
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.jobs.transitions import ItemRequest, Transition, transition_alone
from services.tables.jobs import RefactorJob
from services.tables.workflow import WorkflowTimer
from services.workflow import actions
from services.workflow.decisions import Decision, fail
from services.workflow.moves import carry_out, is_billed, planned


def _idle(job: RefactorJob) -> Decision:
    return fail(job, "IDLE_EXPIRED", None, "idle")


def _queue_ceiling(job: RefactorJob) -> Decision:
    return fail(job, "SANDBOX_UNAVAILABLE", {"message": "no capacity within the queue ceiling"}, "queue_ceiling")


def _head_conflict(job: RefactorJob) -> Decision:
    return fail(job, "REMOTE_HEAD_CONFLICT", job.failure_detail, "silence")


def _release(job: RefactorJob) -> Decision:
    return Decision(items=(ItemRequest(ItemKind.RELEASE_SANDBOX),))


def _retry_wipe(job: RefactorJob) -> Decision:
    return Decision(items=(ItemRequest(ENTRY_ITEMS[JobState(job.status)]),))


def _expire_artifacts(job: RefactorJob) -> Decision:
    return Decision(items=(ItemRequest(ItemKind.EXPIRE_ARTIFACTS),))


EXPIRIES: dict[TimerKind, Callable[[RefactorJob], Decision]] = {
    TimerKind.IDLE: _idle,
    TimerKind.INTERVENTION: actions.silence,
    TimerKind.ESCALATION: actions.escalation_unanswered,
    TimerKind.HEAD_CONFLICT: _head_conflict,
    TimerKind.QUEUE_CEILING: _queue_ceiling,
    TimerKind.SANDBOX_HOLD: _release,
    TimerKind.WIPE_RETRY: _retry_wipe,
    TimerKind.ARTIFACT_EXPIRY: _expire_artifacts,
}


async def fire_timer(timer_id: UUID, tenant_id: UUID) -> str:
    """Act on one due timer; a second call, or one after the job moved on, does nothing.

    A decision that only moves the job is taken without locks and applied as a transition by itself, which spends the
    timer; everything else commits in one unit of work.
    """
    actor = system_actor(tenant_id, "timer")
    lone = await _lone_move(actor, timer_id)
    if lone is None:
        return await _fire_locked(actor, timer_id)
    try:
        await transition_alone(actor, lone.job_id, lone.state_revision, lone.change)
    except IamaError as refused:
        if refused.code != "STATE_REVISION_CONFLICT":
            raise
        return "not due"
    return lone.kind


@dataclass(frozen=True, slots=True)
class _LoneMove:
    """What a due timer of kind `kind` asks for, decided from the job at `state_revision`."""

    kind: str
    job_id: UUID
    state_revision: int
    change: Transition


async def _lone_move(actor: Actor, timer_id: UUID) -> _LoneMove | None:
    """Decide without locks; None when the timer asks for nothing, or for more than a transition."""
    async with unit_of_work(actor) as uow:
        timer = await uow.session.get(WorkflowTimer, timer_id)
        if timer is None or _is_spent(timer):
            return None
        job = await queries.find_job(uow, timer.job_id)
        if job is None or job.state_revision != timer.state_revision:
            return None
        decision = EXPIRIES[TimerKind(timer.kind)](job)
        if decision.to is None:
            return None
        change = replace(await planned(uow, job, decision), timer=timer_id)
        return None if is_billed(job, change) else _LoneMove(timer.kind, job.id, job.state_revision, change)


def _is_spent(timer: WorkflowTimer) -> bool:
    return bool(timer.fired_at or timer.cancelled_at) or timer.fires_at > now()


async def _fire_locked(actor: Actor, timer_id: UUID) -> str:
    async with unit_of_work(actor) as uow:
        found = await uow.session.get(WorkflowTimer, timer_id)
        if found is None:
            return "not due"
        job = await queries.find_job(uow, found.job_id, lock=True)
        locked = select(WorkflowTimer).where(WorkflowTimer.id == timer_id).with_for_update()
        timer = (await uow.session.exec(locked.execution_options(populate_existing=True))).one()
        if _is_spent(timer):
            return "not due"
        timer.fired_at = now()
        uow.session.add(timer)
        await uow.session.flush()
        if job is None or job.state_revision != timer.state_revision:
            return "superseded"
        await carry_out(uow, job, EXPIRIES[TimerKind(timer.kind)](job))
    return timer.kind
