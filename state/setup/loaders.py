"""Turns the set-up form into a started job, and reads the meters shown beside it."""

from uuid import UUID

from services.access import service as access
from services.access import usage
from services.canon.lifecycle import TERMINAL_STATES, JobState
from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, JobView
from services.workflow import service as workflow
from state.setup.views import BillingView, billing_view

_OPEN = [state.value for state in JobState if state not in TERMINAL_STATES]


async def create_and_start(actor: Actor, request: CreateJobRequest) -> JobView:
    """Save the job and start it; the preflight inside the start may still block it, which its page shows."""
    async with unit_of_work(actor) as uow:
        job = await jobs.create_job(uow, request)
    return await workflow.act(actor, job.job_id, JobAction.START, expected_revision=job.state_revision)


async def rescope_and_start(actor: Actor, job_id: UUID, revision: int, request: CreateJobRequest) -> JobView:
    """Give a job that has not started the scope and branch of a request, and start it under the revision seen.

    Raises:
        IamaError: as `workflow.change_scope` and a start; what the start refuses leaves the new scope saved.
    """
    scope, branch = request.path_scope, request.source.branch
    job = await workflow.change_scope(actor, job_id, expected_revision=revision, path_scope=scope, branch=branch)
    return await workflow.act(actor, job_id, JobAction.START, expected_revision=job.state_revision)


async def load_billing(uow: UnitOfWork) -> BillingView:
    """Read what the next job is counted against."""
    open_jobs = (await jobs.list_jobs(uow, status=_OPEN, limit=1)).total
    return billing_view(await access.get_plan(uow), await usage.summarise(uow), open_jobs)
