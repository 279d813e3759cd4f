"""A worker killed between an effect outside and its record: nothing is charged twice, nothing is left behind."""

import pytest

from services.canon.failpoints import Failpoint
from services.canon.lifecycle import JobState
from tests.campaign.endings import Ending, assert_nothing_twice, ending_of
from tests.campaign.installation import Installation
from tests.campaign.jobs import drive_job
from tests.campaign.kills import Kill
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

ANSWERED = Kill("worker-async", Failpoint.AFTER_CALL, JobState.ANALYZING, "child")
RECORDED = Kill("worker-async", Failpoint.BEFORE_RECORD, JobState.GENERATING_TESTS, "child")
OPENED = Kill("worker-pool", Failpoint.AFTER_OPEN, JobState.REMOTE_EXECUTION_QUEUED, "both")


class TestLostEffects:
    def test_answers_and_sandboxes_of_killed_workers_are_accounted_for_once(
        self, installation: Installation, reference: Ending
    ) -> None:
        repository = make_till(installation.repositories / "lost-effects")
        driven = drive_job(installation, repository, [ANSWERED, RECORDED, OPENED])
        assert set(driven.watch.fired) == {ANSWERED, RECORDED, OPENED}, driven.explain()
        assert ending_of(installation, driven.job_id, repository) == reference
        assert_nothing_twice(installation, driven.job_id)
        uses = installation.rows(
            "SELECT stage, billable, charge_reason FROM usage_ledger WHERE job_id = %s AND stage IS NOT NULL",
            driven.job_id,
        )
        again = [(row["stage"], row["charge_reason"]) for row in uses if not row["billable"]]
        assert again == [("test_generation", "PLATFORM_COST")]
        volumes = installation.rows(
            "SELECT s.status, s.started_at IS NOT NULL AS started, e.verified FROM remote_execution_sessions s "
            "JOIN secure_wipe_evidence e ON e.execution_session_id = s.id WHERE s.job_id = %s ORDER BY s.created_at",
            driven.job_id,
        )
        assert [row["started"] for row in volumes] == [False, True]
        assert {(row["status"], row["verified"]) for row in volumes} == {("WIPED", True)}
