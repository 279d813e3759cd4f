"""Turns the set-up form into a started job."""

from services.canon.vocabulary import JobAction
from services.infra.unit_of_work import UnitOfWork
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, JobView


async def create_and_start(uow: UnitOfWork, request: CreateJobRequest) -> JobView:
    """Save the job and hand it to preflight in one transaction; a refusal leaves nothing behind."""
    from services.workflow import service as workflow

    job = await jobs.create_job(uow, request)
    await workflow.act(uow, job.job_id, JobAction.START, expected_revision=job.state_revision)
    return job
