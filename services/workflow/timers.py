"""What a due timer means. A timer of an earlier revision means nothing."""

from collections.abc import Callable
from uuid import UUID

from sqlmodel import select

from services.canon.lifecycle import JobState
from services.canon.tasks import ENTRY_ITEMS, ItemKind, TimerKind
from services.core.actor import system_actor
from services.core.clock import now
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.jobs.transitions import ItemRequest
from services.tables.jobs import RefactorJob
from services.tables.workflow import WorkflowTimer
from services.workflow import actions
from services.workflow.decisions import Decision, fail
from services.workflow.moves import carry_out


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
    """Act on one due timer; a second call, or one after the job moved on, does nothing."""
    async with unit_of_work(system_actor(tenant_id, "timer")) as uow:
        found = await uow.session.get(WorkflowTimer, timer_id)
        if found is None:
            return "not due"
        job = await queries.find_job(uow, found.job_id, lock=True)
        locked = select(WorkflowTimer).where(WorkflowTimer.id == timer_id).with_for_update()
        timer = (await uow.session.exec(locked.execution_options(populate_existing=True))).one()
        if timer.fired_at or timer.cancelled_at or timer.fires_at > now():
            return "not due"
        timer.fired_at = now()
        uow.session.add(timer)
        await uow.session.flush()
        if job is None or job.state_revision != timer.state_revision:
            return "superseded"
        await carry_out(uow, job, EXPIRIES[TimerKind(timer.kind)](job))
    return timer.kind
