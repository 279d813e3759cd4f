"""Plan and use (S1–S3)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from services.access import service as access
from services.access import usage
from services.access.schemas import Plan
from services.access.usage import UsageSummary
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.metering import service as metering

router = APIRouter(prefix="/v1", tags=["plan"])


class JobUse(BaseModel):
    """What one job used."""

    job_id: UUID
    phase_1_calls: int
    phase_2_calls: int
    phase_3_calls: int
    prompt_tokens: int
    completion_tokens: int
    sandbox_seconds: int
    billable: bool
    failure_class: str | None = None


@router.get("/subscription/me", response_model=Plan, responses=refusals())
async def get_subscription(actor: CallingActor) -> Plan:
    """The plan of the workspace, read from storage at each call."""
    async with unit_of_work(actor) as uow:
        return await access.get_plan(uow)


@router.get("/usage/summary", response_model=UsageSummary, responses=refusals())
async def get_usage(actor: CallingActor) -> UsageSummary:
    """Use in the present cycle beside its limits."""
    async with unit_of_work(actor) as uow:
        return await usage.summarise(uow)


@router.get("/usage/job/{job_id}", response_model=JobUse, responses=refusals("JOB_NOT_FOUND"))
async def get_job_usage(actor: CallingActor, job_id: UUID) -> JobUse:
    """What one job used, and whether any of it is charged."""
    async with unit_of_work(actor) as uow:
        job = await jobs.get_job_view(uow, job_id)
        used = await metering.use_of_job(uow, job_id)
    return JobUse(job_id=job_id, failure_class=job.failure_class, **used)
