"""Jobs as version 1 shows them (J1–J7, J12, J16): the same verbs, the same Job shape, the real state."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from iama_app.api.dependencies import BearerCaller, CallingActor
from iama_app.api.errors import refusals
from iama_app.api.idempotency import OptionalKey, once
from iama_app.api.models import Body
from iama_app.api.v2.actions import STEERING
from iama_app.api.v2.jobs import Limit, Offset, ProposalList
from iama_app.api.v2.streams import STREAM_RESPONSES, LastEventId, open_stream
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.limits import GOAL_MAX_CHARACTERS, PAGE_DEFAULT
from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, EscalationPreauth, JobPage, JobView, SourceRequest
from services.workflow import service as workflow

router = APIRouter(prefix="/v1/jobs", tags=["jobs, version 1"])
OLD_NAMES = {"path_scope": "target_paths", "goal": "refactor_context"}


class CreateJobV1(Body):
    """A job in the words of version 1; `source` is additional to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "target_paths": ["slugify"],
                    "execution_mode": "REMOTE_SANDBOX",
                    "refactor_context": "Modernise to Python 3.11",
                    "source": {"kind": "GIT", "url": "file:///home/ada/code/slugify"},
                }
            ]
        }
    )

    target_paths: list[str] = Field(min_length=1, max_length=50)
    execution_mode: Literal["REMOTE_SANDBOX"] = "REMOTE_SANDBOX"
    refactor_context: str = Field(min_length=1, max_length=GOAL_MAX_CHARACTERS)
    source: SourceRequest
    escalation_preauth: EscalationPreauth = EscalationPreauth()


class CreatedJob(BaseModel):
    """A saved job. Its reservation is made by the start, so there is none yet."""

    job_id: UUID
    status: JobState
    created_at: datetime
    quota_reservation_id: UUID | None = None


class JobStatus(BaseModel):
    """Where the job stands after the request."""

    job_id: UUID
    status: JobState
    failure_reason: str | None = None


class StrategyChoice(Body):
    """The strategy to follow."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"proposal_id": "019aa3b5-0b52-7f0e-8c1d-6a3b9e4d7710"}]})

    proposal_id: UUID


@router.post(
    "",
    status_code=201,
    response_model=CreatedJob,
    responses=refusals("CONSENT_REQUIRED", "ENTITLEMENT_DENIED", "GIT_URL_NOT_ALLOWED", "GOAL_NOT_UNDERSTOOD"),
)
async def create_job(request: Request, actor: CallingActor, body: CreateJobV1, key: OptionalKey = None) -> JSONResponse:
    """Save a job (J1)."""
    wanted = _in_version_two(body)

    async def run(uow: UnitOfWork) -> CreatedJob:
        with _old_denial():
            job = await jobs.create_job(uow, wanted)
        return CreatedJob(job_id=job.job_id, status=job.status, created_at=job.created_at)

    return await once(request, actor, key, run, audited=False)


@router.get("", response_model=JobPage, responses=refusals())
async def list_jobs(
    actor: CallingActor,
    status: Annotated[JobState | None, Query()] = None,
    limit: Limit = PAGE_DEFAULT,
    offset: Offset = 0,
) -> JobPage:
    """Jobs of the workspace, newest first (J2)."""
    async with unit_of_work(actor) as uow:
        return await jobs.list_jobs(uow, status=[status.value] if status else (), limit=limit, offset=offset)


@router.get("/{job_id}", response_model=JobView, responses=refusals("JOB_NOT_FOUND"))
async def get_job(actor: CallingActor, job_id: UUID) -> JobView:
    """One job (J3)."""
    async with unit_of_work(actor) as uow:
        return await jobs.get_job_view(uow, job_id)


@router.post(
    "/{job_id}/start",
    response_model=JobStatus,
    responses=refusals(
        *STEERING, "DAILY_JOB_LIMIT_REACHED", "ENTITLEMENT_DENIED", "GIT_REMOTE_UNREACHABLE", "PATH_NOT_FOUND"
    ),
)
async def start_job(actor: CallingActor, job_id: UUID) -> JobStatus:
    """Check the repository and start (J4)."""
    with _old_denial():
        return await steer(actor, job_id, JobAction.START)


@router.delete("/{job_id}", response_model=JobStatus, responses=refusals(*STEERING, "DEEP_FIX_NOT_CANCELLABLE"))
async def cancel_job(actor: CallingActor, job_id: UUID) -> JobStatus:
    """Cancel (J5). While a sandbox is still being erased the answer says so, with the same reason."""
    return await steer(actor, job_id, JobAction.CANCEL)


@router.get("/{job_id}/proposals", response_model=ProposalList, responses=refusals("JOB_NOT_FOUND"))
async def get_proposals(actor: CallingActor, job_id: UUID) -> ProposalList:
    """The strategies (J6); empty before the analysis ended."""
    async with unit_of_work(actor) as uow:
        return ProposalList(proposals=await jobs.list_proposals(uow, job_id))


@router.post("/{job_id}/proposals/select", response_model=JobStatus, responses=refusals(*STEERING))
async def select_proposal(actor: CallingActor, job_id: UUID, body: StrategyChoice) -> JobStatus:
    """Follow a strategy (J7)."""
    return await steer(actor, job_id, JobAction.SELECT_STRATEGY, {"proposal_id": str(body.proposal_id)})


@router.get("/{job_id}/logs", response_class=StreamingResponse, responses=STREAM_RESPONSES)
async def stream_logs(
    request: Request, caller: BearerCaller, job_id: UUID, last_event_id: LastEventId = None
) -> StreamingResponse:
    """The job's stream (J12): the same frames as version 2."""
    return await open_stream(request, caller, job_id, last_event_id)


@contextmanager
def _old_denial() -> Iterator[None]:
    """Refuse what the plan lacks by version 1's code, for the same reason (settled clash 17)."""
    try:
        yield
    except IamaError as error:
        if error.code != "ENTITLEMENT_INSUFFICIENT":
            raise
        raise IamaError("ENTITLEMENT_DENIED", **error.data) from error


def _in_version_two(body: CreateJobV1) -> CreateJobRequest:
    """Return the same wish in the words of version 2; its refusals name the fields of version 1."""
    try:
        return CreateJobRequest(
            source=body.source,
            path_scope=body.target_paths,
            goal=body.refactor_context,
            escalation_preauth=body.escalation_preauth,
        )
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", OLD_NAMES[str(problem["loc"][0])])} for problem in error.errors()]
        raise RequestValidationError(problems) from error


async def steer(actor: Actor, job_id: UUID, action: JobAction, params: dict[str, Any] | None = None) -> JobStatus:
    """Act under the job's present revision, since version 1 does not send one."""
    async with unit_of_work(actor) as uow:
        seen = await jobs.get_job_view(uow, job_id)
    job = await workflow.act(actor, job_id, action, expected_revision=seen.state_revision, params=params)
    return JobStatus(job_id=job_id, status=job.status, failure_reason=job.failure_reason)
