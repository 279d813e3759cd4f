"""A worker that was only asleep wakes after its lease went to another: its late write is refused."""

import signal
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.campaign.installation import Installation
from tests.campaign.probes import add_probes, recorded, waiting_job
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

WORK_SECONDS = 1.0


class TestOrphan:
    def test_late_write_is_refused(self, installation: Installation) -> None:
        sleeper = installation.programs["worker-async"]
        assert sleeper.process is not None
        job_id = waiting_job(installation, make_till(installation.repositories / "orphan").as_uri())
        installation.run(add_probes(installation, job_id, range(1), WORK_SECONDS))
        installation.wait(lambda: _step(installation, job_id)["status"] == "RUNNING", 60, "the claim")
        sleeper.process.send_signal(signal.SIGSTOP)
        second = replace(sleeper, name="worker-async-2", log=sleeper.log.with_name("worker-async-2.log"))
        try:
            second.start()
            installation.wait(lambda: _step(installation, job_id)["status"] == "DONE", 60, "the second worker's record")
        finally:
            sleeper.process.send_signal(signal.SIGCONT)
        step = _step(installation, job_id)
        installation.wait(lambda: f"{step['id']}" in sleeper.log.read_text(), 30, "the orphan's end")
        second.stop()
        line = next(line for line in sleeper.log.read_text().splitlines() if str(step["id"]) in line)
        assert line.endswith(("superseded", "cancelled")), line
        assert _step(installation, job_id) == step
        assert step["lost_count"] == 1
        assert step["tries"] == 1
        assert recorded(installation, job_id) == 1


def _step(installation: Installation, job_id: UUID) -> dict[str, Any]:
    statement = "SELECT id, status, tries, lost_count, lease_token, finished_at FROM workflow_steps WHERE job_id = %s"
    return installation.rows(statement, job_id)[0]
