"""The verbs of the job record: create, find, list, show. Changing state belongs to `services.workflow`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.access import service as access
from services.audit import service as audit
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.limits import PAGE_MAX
from services.canon.permissions import Permission
from services.canon.tasks import ENTRY_TIMERS
from services.core.clock import now
from services.engine.goals import parse_goal
from services.feed import service as feed
from services.identity import service as identity
from services.infra.unit_of_work import UnitOfWork
from services.jobs import present, queries
from services.jobs.schemas import (
    AttemptView,
    AuditEventView,
    BaselineView,
    CreateJobRequest,
    FailedTestView,
    JobPage,
    JobView,
    LogLineView,
    ProposalView,
    TestRunView,
    TransitionView,
)
from services.repositories import rules as source_rules
from services.tables.delivery import DeliveryPolicySnapshot
from services.tables.jobs import Project, RefactorJob
from services.tables.metering import BillingSubjectSnapshot
from services.tables.workflow import WorkflowTimer


async def require_job(
    uow: UnitOfWork, job_id: UUID, permission: Permission = Permission.JOBS_VIEW, *, lock: bool = False
) -> RefactorJob:
    """Return a job the actor may use so.

    Raises:
        IamaError: `JOB_NOT_FOUND` outside the tenant, `JOB_OWNERSHIP_VIOLATION` inside it without the right.
    Req: V1-FR-JOB-002.
    """
    job = await queries.find_job(uow, job_id, lock=lock)
    if job is None:
        raise IamaError("JOB_NOT_FOUND")
    if not await access.is_allowed(uow, permission):
        code = "JOB_NOT_FOUND" if await access.find_role(uow) is None else "JOB_OWNERSHIP_VIOLATION"
        raise IamaError(code, denial_reason=code)
    return job


async def create_job(uow: UnitOfWork, request: CreateJobRequest, *, own_demo: bool = False) -> JobView:
    """Save a job in `PENDING`; nothing is fetched or reserved yet.

    Args:
        own_demo: the code is the demo that ships with the product, so no consent to processing is needed.

    Raises:
        IamaError: `CONSENT_REQUIRED`, `ENTITLEMENT_INSUFFICIENT`, `GIT_URL_NOT_ALLOWED`, `GOAL_NOT_UNDERSTOOD`,
            `ROLE_INSUFFICIENT`.
    Req: V1-FR-JOB-001.
    """
    await access.require(uow, Permission.JOBS_CREATE)
    await access.require_server_execution(uow)
    if not own_demo:
        await identity.require_consent(uow)
    source = source_rules.check_source(request.source.url)
    parse_goal(request.goal)
    owner_id = uow.actor.user_id
    if owner_id is None:
        raise IamaError("FORBIDDEN", sentence="A job belongs to a person.", denial_reason="FORBIDDEN")
    job = RefactorJob(
        tenant_id=uow.tenant_id,
        project_id=await _default_project(uow, owner_id),
        owner_id=owner_id,
        source_kind="GIT",
        source_url=source.url,
        source_branch=request.source.branch,
        repo_label=source.label,
        target_paths=request.path_scope,
        goal=request.goal,
        origin_surface=uow.actor.surface.value,
        escalation_preauth=request.escalation_preauth.model_dump(),
        own_code=request.own_code,
        review_tests=request.review_tests,
        test_timeout_seconds=request.test_timeout_seconds,
        accepted_hazards=request.accepted_hazards,
    )
    uow.session.add(job)
    await uow.session.flush()
    ids: dict[str, Any] = {"tenant_id": uow.tenant_id, "job_id": job.id}
    uow.session.add(BillingSubjectSnapshot(**ids, billing_subject="USER", user_id=owner_id))
    uow.session.add(DeliveryPolicySnapshot(**ids, policy="DRAFT_PR", requested_policy=request.delivery_policy))
    for kind, seconds in ENTRY_TIMERS[JobState.PENDING]:
        fires_at = now() + timedelta(seconds=seconds)
        uow.session.add(WorkflowTimer(**ids, kind=kind.value, state_revision=0, fires_at=fires_at))
    await uow.audit("job.created", job.id, goal=job.goal, source_kind=job.source_kind, path_scope=job.target_paths)
    await uow.record(job.id, 0, [{"type": "state_change", "payload": {"state": "PENDING", "from": None}}])
    await uow.session.flush()
    return await get_job_view(uow, job.id)


async def _default_project(uow: UnitOfWork, owner_id: UUID) -> UUID:
    statement = (
        insert(Project)
        .values(tenant_id=uow.tenant_id, owner_id=owner_id, name="Default", is_default=True)
        .on_conflict_do_nothing()
    )
    await uow.session.execute(statement)
    return (await uow.session.exec(select(Project.id).where(Project.is_default))).one()


async def get_job_view(uow: UnitOfWork, job_id: UUID) -> JobView:
    """Show one job (`JOB_NOT_FOUND` for strangers and unknown ids alike)."""
    job = await require_job(uow, job_id)
    proposals = await queries.proposals_of(uow, job_id)
    revision = await queries.latest_revision(uow, job_id)
    return present.job_view(
        job,
        proposal=next((row for row in proposals if row.id == job.selected_proposal_id), None),
        revision=revision,
        session=await queries.latest_session(uow, job_id),
        egress_refused=await queries.refused_connections(uow, job_id),
        runs=await queries.runs_of(uow, [job_id]),
    )


async def list_jobs(
    uow: UnitOfWork, *, status: Sequence[str] = (), text: str | None = None, limit: int = 20, offset: int = 0
) -> JobPage:
    """Show one page of the workspace's jobs, newest first; `limit` is at most 100."""
    await access.require(uow, Permission.JOBS_VIEW)
    limit = min(limit, PAGE_MAX)
    rows, total = await queries.page_jobs(uow, status=status, text=text, limit=limit, offset=offset)
    runs = await queries.runs_of(uow, [row.id for row in rows])
    proposals = {row.id: row for job in rows for row in await _selected(uow, job)}
    items = [
        present.job_view(
            row,
            proposal=proposals.get(row.selected_proposal_id) if row.selected_proposal_id else None,
            runs=[run for run in runs if run.job_id == row.id],
        )
        for row in rows
    ]
    return JobPage(items=items, total=total, has_more=offset + len(items) < total)


async def count_jobs(uow: UnitOfWork) -> dict[str, int]:
    """Count the workspace's jobs by state; states without a job are absent."""
    await access.require(uow, Permission.JOBS_VIEW)
    return await queries.count_by_status(uow)


async def _selected(uow: UnitOfWork, job: RefactorJob) -> list[queries.StrategyProposal]:
    if job.selected_proposal_id is None:
        return []
    return [row for row in await queries.proposals_of(uow, job.id) if row.id == job.selected_proposal_id]


async def list_transitions(uow: UnitOfWork, job_id: UUID) -> list[TransitionView]:
    """Show every change of state in order."""
    await require_job(uow, job_id)
    return [present.transition_view(row) for row in await queries.transitions_of(uow, job_id)]


async def list_proposals(uow: UnitOfWork, job_id: UUID) -> list[ProposalView]:
    """Show the three strategies, calmest first; an empty list before the analysis ended."""
    job = await require_job(uow, job_id)
    return [present.proposal_view(row, job.selected_proposal_id) for row in await queries.proposals_of(uow, job_id)]


async def list_runs(uow: UnitOfWork, job_id: UUID) -> list[TestRunView]:
    """Show every proof run, oldest first, with its failures."""
    await require_job(uow, job_id)
    runs = await queries.runs_of(uow, [job_id])
    cases = await queries.failed_cases(uow, [run.id for run in runs])
    return [present.run_view(run, cases) for run in runs]


async def find_baseline(uow: UnitOfWork, job_id: UUID) -> BaselineView | None:
    """Show the newest baseline; None before the tests ran on untouched code."""
    await require_job(uow, job_id)
    row = await queries.newest_baseline(uow, job_id)
    return BaselineView.model_validate(row) if row else None


async def list_attempts(uow: UnitOfWork, job_id: UUID) -> list[AttemptView]:
    """Show every attempt in order, each with its run."""
    await require_job(uow, job_id)
    runs = await queries.runs_of(uow, [job_id])
    cases = await queries.failed_cases(uow, [run.id for run in runs])
    by_id = {run.id: run for run in runs}
    return [present.attempt_view(row, by_id, cases) for row in await queries.attempts_of(uow, job_id)]


async def list_still_failing(uow: UnitOfWork, job_id: UUID) -> list[FailedTestView]:
    """Show what failed in the newest run that is not a baseline; empty when it passed."""
    runs = [run for run in await list_runs(uow, job_id) if run.run_type not in ("BASELINE", "SUBSET")]
    return runs[-1].failed if runs else []


async def list_log(uow: UnitOfWork, job_id: UUID, *, limit: int = 200) -> list[LogLineView]:
    """Show the newest log lines, oldest first."""
    await require_job(uow, job_id)
    frames = await feed.list_last_frames(uow, job_id, types=["log_line"], limit=limit)
    return [
        LogLineView(seq=f.seq, at=f.timestamp, level=f.payload["level"], message=f.payload["message"]) for f in frames
    ]


async def list_audit(uow: UnitOfWork, job_id: UUID) -> list[AuditEventView]:
    """Show the audited facts of one job in chain order."""
    await require_job(uow, job_id)
    return [
        AuditEventView(
            audit_event_id=link.id,
            seq=link.seq,
            event_type=link.event_type,
            at=link.at,
            actor=link.body.get("actor", {}).get("ref", ""),
            body=link.body,
            event_hash=link.event_hash.hex(),
            prev_hash=link.prev_hash.hex(),
        )
        for link in await audit.list_links(uow, job_id)
    ]
