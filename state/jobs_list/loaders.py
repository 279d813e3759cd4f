"""Reads of the job list: one page by filter, and the count behind each quick filter."""

from services.canon.lifecycle import JobState
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.jobs import service as jobs
from state.jobs_list.views import GROUPS, JobsView, jobs_view


async def load_jobs(uow: UnitOfWork, *, group: str, state: str, text: str, limit: int) -> JobsView:
    """Return the newest jobs that match.

    Args:
        group: A key of `GROUPS`.
        state: One state that narrows the group, or an empty string.
        text: Part of goal, path, repository or job id; empty for all.
        limit: Rows from the top, at most 100.
    """
    counts = {name: (await jobs.list_jobs(uow, status=states, limit=1)).total for name, states in GROUPS.items()}
    wanted = (JobState(state),) if state else GROUPS[group]
    page = await jobs.list_jobs(uow, status=wanted, text=text or None, limit=limit)
    return jobs_view(page, counts, now())
