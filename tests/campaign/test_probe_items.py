"""Three hundred items that only wait and write, while every process and server under them is killed in turn."""

import random
import time
from collections import Counter
from uuid import UUID

import pytest
import redis

from tests.campaign.faults import FAULTS, Fault
from tests.campaign.installation import Installation
from tests.campaign.probes import add_probes, recorded, waiting_job
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

ITEMS = 300
ITEM_SECONDS = 0.4
BATCHES = 6
ALL_DONE_SECONDS = 150.0


def _statuses(installation: Installation, job_id: UUID) -> Counter[str]:
    rows = installation.rows("SELECT status FROM workflow_steps WHERE job_id = %s", job_id)
    return Counter(row["status"] for row in rows)


class TestProbes:
    def test_each_item_is_recorded_once_whatever_was_killed(self, installation: Installation) -> None:
        job_id = waiting_job(installation, make_till(installation.repositories / "probes").as_uri())
        chance = random.Random(20)
        struck: list[Fault] = []
        size = ITEMS // BATCHES
        for batch in range(BATCHES):
            numbers = range(batch * size, (batch + 1) * size)
            installation.run(add_probes(installation, job_id, numbers, ITEM_SECONDS))
            pause = time.monotonic() + chance.uniform(0.5, 2.5)
            installation.wait(lambda until=pause: time.monotonic() > until, 10, "a pause")
            fault = FAULTS[batch % len(FAULTS)]
            fault.strike(installation)
            struck.append(fault)
        installation.wait(
            lambda: _statuses(installation, job_id)["DONE"] == ITEMS, ALL_DONE_SECONDS, f"{ITEMS} probes after {struck}"
        )
        frames = installation.rows("SELECT seq FROM job_events WHERE job_id = %s ORDER BY seq", job_id)
        assert [row["seq"] for row in frames] == list(range(1, len(frames) + 1))
        assert recorded(installation, job_id) == ITEMS
        job = installation.rows("SELECT status, state_revision FROM refactor_jobs WHERE id = %s", job_id)[0]
        assert job == {"status": "PENDING", "state_revision": 0}


class TestTransport:
    def test_what_killed_workers_left_in_redis_expires(self, installation: Installation) -> None:
        with redis.Redis.from_url(installation.addresses["REDIS_URL"]) as connection:
            left = [key for key in connection.scan_iter("rq:job:*") if connection.ttl(key) == -1]
        assert not left, f"never expires: {left}"
