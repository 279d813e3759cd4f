"""Three hundred items that only wait and write, while every process and server under them is killed in turn."""

import random
import time
from collections import Counter
from uuid import UUID

import pytest
import redis

from iama_app.cli.local_client import LocalClient
from services.canon.tasks import ItemKind
from services.core.actor import system_actor
from services.infra.unit_of_work import unit_of_work
from services.jobs.schemas import CreateJobRequest
from services.jobs.transitions import ItemRequest, add_item
from tests.campaign.faults import FAULTS, Fault
from tests.campaign.installation import Installation
from tests.campaign.till import GOAL, SCOPE, make_till

pytestmark = pytest.mark.slow

ITEMS = 300
ITEM_SECONDS = 0.4
BATCHES = 6
ALL_DONE_SECONDS = 150.0


async def _waiting_job(repository: str) -> tuple[UUID, UUID]:
    client = await LocalClient.sign_in()
    await client.consent()
    request = {"source": {"kind": "GIT", "url": repository}, "path_scope": [SCOPE], "goal": GOAL}
    view = await client.create(CreateJobRequest.model_validate(request))
    return view.job_id, client._actor.tenant_id


async def _add_probes(job_id: UUID, tenant_id: UUID, numbers: range) -> None:
    async with unit_of_work(system_actor(tenant_id, "campaign")) as uow:
        for number in numbers:
            item = ItemRequest(ItemKind.PROBE, {"seconds": ITEM_SECONDS})
            await add_item(uow, job_id, "PENDING", 0, f"probe-{number}", item)


def _statuses(installation: Installation, job_id: UUID) -> Counter[str]:
    rows = installation.rows("SELECT status FROM workflow_steps WHERE job_id = %s", job_id)
    return Counter(row["status"] for row in rows)


class TestProbes:
    def test_each_item_is_recorded_once_whatever_was_killed(self, installation: Installation) -> None:
        repository = make_till(installation.repositories / "probes")
        job_id, tenant_id = installation.run(_waiting_job(repository.as_uri()))
        chance = random.Random(20)
        struck: list[Fault] = []
        size = ITEMS // BATCHES
        for batch in range(BATCHES):
            installation.run(_add_probes(job_id, tenant_id, range(batch * size, (batch + 1) * size)))
            pause = time.monotonic() + chance.uniform(0.5, 2.5)
            installation.wait(lambda until=pause: time.monotonic() > until, 10, "a pause")
            fault = FAULTS[batch % len(FAULTS)]
            fault.strike(installation)
            struck.append(fault)
        installation.wait(
            lambda: _statuses(installation, job_id)["DONE"] == ITEMS, ALL_DONE_SECONDS, f"{ITEMS} probes after {struck}"
        )
        frames = installation.rows("SELECT seq, type FROM job_events WHERE job_id = %s ORDER BY seq", job_id)
        assert [row["seq"] for row in frames] == list(range(1, len(frames) + 1))
        assert Counter(row["type"] for row in frames)["job_updated"] == ITEMS
        job = installation.rows("SELECT status, state_revision FROM refactor_jobs WHERE id = %s", job_id)[0]
        assert job == {"status": "PENDING", "state_revision": 0}


class TestTransport:
    def test_what_killed_workers_left_in_redis_expires(self, installation: Installation) -> None:
        with redis.Redis.from_url(installation.addresses["REDIS_URL"]) as connection:
            left = [key for key in connection.scan_iter("rq:job:*") if connection.ttl(key) == -1]
        assert not left, f"never expires: {left}"
