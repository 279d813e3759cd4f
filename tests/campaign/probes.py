"""Items that only wait and write, on a job that nobody starts."""

from uuid import UUID

from iama_app.cli.local_client import LocalClient
from services.canon.tasks import ItemKind
from services.core.actor import system_actor
from services.infra.unit_of_work import unit_of_work
from services.jobs.schemas import CreateJobRequest
from services.jobs.transitions import ItemRequest, add_item
from tests.campaign.installation import Installation
from tests.campaign.till import GOAL, SCOPE


def waiting_job(installation: Installation, repository: str) -> UUID:
    """Create a job of the installation's own account and leave it in `PENDING`."""

    async def create() -> UUID:
        client = await LocalClient.sign_in()
        await client.consent()
        request = {"source": {"kind": "GIT", "url": repository}, "path_scope": [SCOPE], "goal": GOAL}
        return (await client.create(CreateJobRequest.model_validate(request))).job_id

    return installation.run(create())


async def add_probes(installation: Installation, job_id: UUID, numbers: range, seconds: float) -> None:
    """Queue probes that each wait so long."""
    tenant = installation.rows("SELECT tenant_id FROM refactor_jobs WHERE id = %s", job_id)[0]["tenant_id"]
    async with unit_of_work(system_actor(tenant, "campaign")) as uow:
        for number in numbers:
            item = ItemRequest(ItemKind.PROBE, {"seconds": seconds})
            await add_item(uow, job_id, "PENDING", 0, f"probe-{number}", item)


def recorded(installation: Installation, job_id: UUID) -> int:
    """Count the effects of a job's probes: each recorded one leaves exactly one frame."""
    found = installation.rows("SELECT count(*) AS n FROM job_events WHERE job_id = %s AND type = 'job_updated'", job_id)
    return int(found[0]["n"])
