"""Gives a first visitor living screens: on a fresh installation one demo job waits for a choice, one is delivered."""

import asyncio
import contextlib
import sys
from pathlib import Path
from uuid import UUID

from iama_app.cli.driving import Wishes, drive
from iama_app.cli.local_client import LocalClient
from iama_app.cli.showing import Display
from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction, ProposalLevel
from services.core.actor import Actor, Surface, user_actor
from services.identity import service as identity
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, SourceRequest

GOALS = ("Modernise to Python 3.11", "Clean up")
DRIVE_SECONDS = 900.0


async def seed(repository: Path) -> None:
    """Create both jobs unless the workspace has any job; drive the second one to its delivery."""
    account = (await identity.ensure_local_account()).account
    actor = user_actor(account.user_id, account.tenant_id, Surface.WEB)
    async with unit_of_work(actor) as uow:
        if (await jobs.list_jobs(uow, limit=1)).total:
            return
    waiting = await _create(actor, repository, GOALS[0])
    delivered = await _create(actor, repository, GOALS[1])
    client = LocalClient(actor)
    view = await client.view(waiting)
    await client.act(waiting, JobAction.START, view.state_revision)
    wishes = Wishes(ProposalLevel.STANDARD, yes=True, accept_hazards=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRIVE_SECONDS):
            await drive(client, delivered, wishes, Display(quiet=True), lambda: None)


async def _create(actor: Actor, repository: Path, goal: str) -> UUID:
    request = CreateJobRequest(source=SourceRequest(url=repository.as_uri()), path_scope=["."], goal=goal)
    async with unit_of_work(actor) as uow:
        return (await jobs.create_job(uow, request, own_demo=True)).job_id


def main() -> None:
    """Seed from the repository named on the command line; a refusal is a line in the log, not an end of the start."""
    try:
        asyncio.run(seed(Path(sys.argv[1])))
    except IamaError as error:
        print(f"demo jobs were not made: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
