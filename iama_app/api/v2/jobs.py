"""Jobs: create, list, show, and what is recorded about them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from iama_app.api.audited import Audited
from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.examples import CREATE_JOB
from iama_app.api.idempotency import IdempotencyKey, once
from iama_app.api.models import Body
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.limits import PAGE_DEFAULT, PAGE_MAX
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import (
    AttemptView,
    AuditEventView,
    BaselineView,
    CreateJobRequest,
    JobPage,
    JobView,
    ProposalView,
    TestRunView,
    TransitionView,
)
from services.workflow.workings import Workings, get_workings

router = APIRouter(prefix="/v2/jobs", tags=["jobs"])
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class CreateJob(CreateJobRequest, Body):
    """A refactoring of one scope of one repository."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREATE_JOB]})


class JobChanged(JobView, Audited):
    """A job after a change."""


class Timeline(BaseModel):
    """Changes of state in order."""

    items: list[TransitionView]


class AttemptList(BaseModel):
    """Attempts in order; number 0 is the refactoring itself."""

    items: list[AttemptView]


class ProposalList(BaseModel):
    """The strategies, calmest first; empty before the analysis ended."""

    proposals: list[ProposalView]


class TestRunList(BaseModel):
    """Proof runs, oldest first."""

    items: list[TestRunView]


class AuditList(BaseModel):
    """Audited facts of the job in chain order."""

    items: list[AuditEventView]


@router.post(
    "",
    status_code=201,
    response_model=JobChanged,
    responses=refusals(
        "CONSENT_REQUIRED",
        "ENTITLEMENT_INSUFFICIENT",
        "GIT_URL_NOT_ALLOWED",
        "GOAL_NOT_UNDERSTOOD",
        "IDEMPOTENCY_IN_PROGRESS",
        "IDEMPOTENCY_KEY_REUSED",
    ),
)
async def create_job(request: Request, actor: CallingActor, key: IdempotencyKey, body: CreateJob) -> JSONResponse:
    """Save a job. Nothing is fetched before its start."""
    return await once(request, actor, key, lambda uow: jobs.create_job(uow, body))


@router.get("", response_model=JobPage, responses=refusals())
async def list_jobs(
    actor: CallingActor,
    status: Annotated[list[JobState] | None, Query()] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the goal or the repository's name.")] = None,
    limit: Limit = PAGE_DEFAULT,
    offset: Offset = 0,
) -> JobPage:
    """Jobs of the workspace, newest first."""
    wanted = [state.value for state in status or ()]
    async with unit_of_work(actor) as uow:
        return await jobs.list_jobs(uow, status=wanted, text=q or None, limit=limit, offset=offset)


@router.get("/{job_id}", response_model=JobView, responses=refusals("JOB_NOT_FOUND"))
async def get_job(actor: CallingActor, job_id: UUID) -> JobView:
    """One job with the actions that would be accepted now."""
    async with unit_of_work(actor) as uow:
        return await jobs.get_job_view(uow, job_id)


@router.get("/{job_id}/timeline", response_model=Timeline, responses=refusals("JOB_NOT_FOUND"))
async def get_timeline(actor: CallingActor, job_id: UUID) -> Timeline:
    """Every change of state: from, to, why, by whom."""
    async with unit_of_work(actor) as uow:
        return Timeline(items=await jobs.list_transitions(uow, job_id))


@router.get("/{job_id}/workings", response_model=Workings, responses=refusals("JOB_NOT_FOUND"))
async def get_job_workings(actor: CallingActor, job_id: UUID) -> Workings:
    """What moves the job on, or keeps it: work items with leases, timers, and which actions the guards let through."""
    async with unit_of_work(actor) as uow:
        return await get_workings(uow, job_id)


@router.get("/{job_id}/proposals", response_model=ProposalList, responses=refusals("JOB_NOT_FOUND"))
async def get_proposals(actor: CallingActor, job_id: UUID) -> ProposalList:
    """The three strategies with their measured facts."""
    async with unit_of_work(actor) as uow:
        return ProposalList(proposals=await jobs.list_proposals(uow, job_id))


@router.get("/{job_id}/attempts", response_model=AttemptList, responses=refusals("JOB_NOT_FOUND"))
async def list_attempts(actor: CallingActor, job_id: UUID) -> AttemptList:
    """Every attempt with its proof run."""
    async with unit_of_work(actor) as uow:
        return AttemptList(items=await jobs.list_attempts(uow, job_id))


@router.get(
    "/{job_id}/attempts/{attempt_number}", response_model=AttemptView, responses=refusals("JOB_NOT_FOUND", "NOT_FOUND")
)
async def get_attempt(actor: CallingActor, job_id: UUID, attempt_number: int) -> AttemptView:
    """One attempt by its number."""
    async with unit_of_work(actor) as uow:
        attempts = {attempt.attempt_number: attempt for attempt in await jobs.list_attempts(uow, job_id)}
    if attempt_number not in attempts:
        raise IamaError("NOT_FOUND")
    return attempts[attempt_number]


@router.get("/{job_id}/test-runs", response_model=TestRunList, responses=refusals("JOB_NOT_FOUND"))
async def list_test_runs(actor: CallingActor, job_id: UUID) -> TestRunList:
    """Every proof run with its failures; one letter per test."""
    async with unit_of_work(actor) as uow:
        return TestRunList(items=await jobs.list_runs(uow, job_id))


@router.get(
    "/{job_id}/test-runs/{test_run_id}", response_model=TestRunView, responses=refusals("JOB_NOT_FOUND", "NOT_FOUND")
)
async def get_test_run(actor: CallingActor, job_id: UUID, test_run_id: UUID) -> TestRunView:
    """One proof run by its id."""
    async with unit_of_work(actor) as uow:
        runs = {run.test_run_id: run for run in await jobs.list_runs(uow, job_id)}
    if test_run_id not in runs:
        raise IamaError("NOT_FOUND")
    return runs[test_run_id]


@router.get("/{job_id}/baseline", response_model=BaselineView, responses=refusals("JOB_NOT_FOUND", "NOT_FOUND"))
async def get_baseline(actor: CallingActor, job_id: UUID) -> BaselineView:
    """The newest baseline: its mode, how many behaviours tests prove, which none proves, which were set aside."""
    async with unit_of_work(actor) as uow:
        found = await jobs.find_baseline(uow, job_id)
    if found is None:
        raise IamaError("NOT_FOUND", sentence="The tests did not run on the untouched code yet.")
    return found


@router.get("/{job_id}/audit", response_model=AuditList, responses=refusals("JOB_NOT_FOUND"))
async def list_audit(actor: CallingActor, job_id: UUID) -> AuditList:
    """The job's links of the audit chain."""
    async with unit_of_work(actor) as uow:
        return AuditList(items=await jobs.list_audit(uow, job_id))
