"""Turns the set-up form into a started job."""

from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, JobView
from services.workflow import service as workflow


async def create_and_start(actor: Actor, request: CreateJobRequest) -> JobView:
    """Save the job and start it; the preflight inside the start may still block it, which its page shows."""
    async with unit_of_work(actor) as uow:
        job = await jobs.create_job(uow, request)
    return await workflow.act(actor, job.job_id, JobAction.START, expected_revision=job.state_revision)
