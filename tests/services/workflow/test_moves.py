"""Moves carried out on a real database: wipes first, re-entry through the queue, deadlines, charging."""

from datetime import datetime
from typing import Any

import pytest

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.jobs.transitions import ItemRequest
from services.workflow.decisions import Decision, fail
from services.workflow.moves import carry_out
from services.workflow.registry import NOT_ENTERED
from tests.support.bench import Bench, Row, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")
_S = JobState


async def _carry_out(bench: Bench, workspace: Workspace, job_id: Any, decision: Decision) -> Row:
    async with unit_of_work(workspace.platform) as uow:
        job = await queries.find_job(uow, job_id, lock=True)
        assert job is not None
        await carry_out(uow, job, decision)
    return bench.state(job_id)


class TestMove:
    async def test_puts_the_entry_item_on_its_queue(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REFACTORING")
        await _carry_out(bench, workspace, job_id, Decision(_S.SELF_HEALING, "tests_red"))
        assert [(s["kind"], s["queue"]) for s in bench.steps(job_id)] == [("generate_repair", "models")]

    async def test_clears_why_the_job_waited(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_INTERVENTION", wait_kind="IDENTICAL_FAILURE")
        bench.session(workspace, job_id)
        job = await _carry_out(bench, workspace, job_id, Decision(_S.SELF_HEALING, "continued"))
        assert (job["status"], job["wait_kind"], job["wait_deadline_at"]) == ("SELF_HEALING", None, None)

    async def test_sets_the_deadline_people_see(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "SELF_HEALING")
        decision = Decision(_S.WAITING_INTERVENTION, "timed_out", None, {"wait_kind": "TIMEOUT_EXECUTION"})
        job = await _carry_out(bench, workspace, job_id, decision)
        assert 3590 < (job["wait_deadline_at"] - job["state_entered_at"]).total_seconds() < 3610

    async def test_tells_readers_until_when_a_dearer_model_waits_for_an_answer(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace, "SELF_HEALING")
        asked = Decision(_S.WAITING_ESCALATION_DECISION, "new_band", "PHASE_2", {"wait_kind": "PHASE_2"})
        job = await _carry_out(bench, workspace, job_id, asked)
        told = bench.rows("SELECT payload FROM job_events WHERE job_id = %s AND type = 'escalation_required'", job_id)
        deadlines = [datetime.fromisoformat(one["payload"]["deadline_at"]) for one in told]
        assert deadlines == [job["wait_deadline_at"]]
        paused = Decision(_S.WAITING_INTERVENTION, "timed_out", None, {"wait_kind": "TIMEOUT_EXECUTION"})
        other = bench.job(workspace, "SELF_HEALING")
        await _carry_out(bench, workspace, other, paused)
        assert not bench.count("job_events", "job_id = %s AND type = 'escalation_required'", [other])

    @pytest.mark.parametrize(
        ("source", "target"),
        [("WAITING_INTERVENTION", "SELF_HEALING"), ("GENERATING_TESTS", "BASELINE_VALIDATION")],
    )
    async def test_goes_through_the_queue_when_no_sandbox_lives(
        self, bench: Bench, workspace: Workspace, source: str, target: str
    ) -> None:
        job_id = bench.job(workspace, source)
        job = await _carry_out(bench, workspace, job_id, Decision(JobState(target), "on"))
        assert (job["status"], job["resume_state"]) == ("REMOTE_EXECUTION_QUEUED", target)
        assert [s["kind"] for s in bench.steps(job_id)] == ["provision_sandbox"]

    async def test_goes_straight_on_when_a_built_sandbox_lives(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "GENERATING_TESTS")
        bench.session(workspace, job_id)
        job = await _carry_out(bench, workspace, job_id, Decision(_S.BASELINE_VALIDATION, "tests_stored"))
        assert (job["status"], job["resume_state"]) == ("BASELINE_VALIDATION", None)

    @pytest.mark.parametrize(
        "state",
        ["GENERATING_TESTS", "REMOTE_EXECUTION_RUNNING", "BASELINE_VALIDATION", "REFACTORING", "SELF_HEALING"],
    )
    async def test_wipes_a_living_sandbox_before_a_job_ends(
        self, bench: Bench, workspace: Workspace, state: str
    ) -> None:
        job_id = bench.job(workspace, state)
        bench.session(workspace, job_id)
        job = await _end(bench, workspace, job_id)
        assert (job["status"], job["terminal_target"]) == ("REMOTE_WIPE_VERIFYING", "FAILED")
        assert job["completed_at"] is None

    @pytest.mark.parametrize("state", ["REMOTE_EXECUTION_RUNNING"])
    async def test_takes_the_way_of_the_wipe_where_no_direct_end_is_legal(
        self, bench: Bench, workspace: Workspace, state: str
    ) -> None:
        job = await _end(bench, workspace, bench.job(workspace, state))
        assert (job["status"], job["terminal_target"]) == ("REMOTE_WIPE_VERIFYING", "FAILED")

    async def test_ends_at_once_without_a_sandbox(self, bench: Bench, workspace: Workspace) -> None:
        job = await _end(bench, workspace, bench.job(workspace, "SELF_HEALING"))
        assert job["status"] == "FAILED"
        assert job["completed_at"] is not None
        assert job["artifact_expires_at"] is not None

    @pytest.mark.parametrize("target", sorted(NOT_ENTERED))
    async def test_refuses_a_state_that_is_not_built(
        self, bench: Bench, workspace: Workspace, target: JobState
    ) -> None:
        job_id = bench.job(workspace, "WAITING_INTERVENTION")
        with pytest.raises(IamaError) as caught:
            await _carry_out(bench, workspace, job_id, Decision(target, "asked"))
        assert caught.value.code == "STATE_NOT_AVAILABLE"
        assert bench.state(job_id)["state_revision"] == 0

    async def test_passes_the_point_of_no_return_once_and_for_good(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_SPEC_APPROVAL")
        job = await _carry_out(bench, workspace, job_id, Decision(_S.GENERATING_TESTS, "spec_approved"))
        assert job["checkpoint"] == "POST_CHARGE"
        job = await _carry_out(bench, workspace, job_id, Decision(_S.WAITING_SPEC_APPROVAL, "spec_revised"))
        assert job["checkpoint"] == "POST_CHARGE"
        await _carry_out(bench, workspace, job_id, Decision(_S.GENERATING_TESTS, "spec_approved"))
        assert bench.count("billing_checkpoint_records", "job_id = %s", [job_id]) == 1

    async def test_sets_no_hold_timer_without_a_sandbox(self, bench: Bench, workspace: Workspace) -> None:
        for session, kinds in ((False, {"INTERVENTION"}), (True, {"INTERVENTION", "SANDBOX_HOLD"})):
            job_id = bench.job(workspace, "SELF_HEALING")
            if session:
                bench.session(workspace, job_id)
            await _carry_out(bench, workspace, job_id, Decision(_S.WAITING_INTERVENTION, "paused"))
            timers = bench.rows("SELECT kind FROM workflow_timers WHERE job_id = %s", job_id)
            assert {timer["kind"] for timer in timers} == kinds


async def _end(bench: Bench, workspace: Workspace, job_id: Any) -> Row:
    async with unit_of_work(workspace.platform) as uow:
        job = await queries.find_job(uow, job_id, lock=True)
        assert job is not None
        await carry_out(uow, job, fail(job, "USER_CANCELLED", None, "cancelled"))
    return bench.state(job_id)


class TestStay:
    async def test_adds_work_at_the_same_revision_and_tells_readers(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "SELF_HEALING", state_revision=5)
        decision = Decision(changes={"attempt_count": 2}, items=(ItemRequest(ItemKind.RUN_TESTS),))
        job = await _carry_out(bench, workspace, job_id, decision)
        assert (job["state_revision"], job["attempt_count"]) == (5, 2)
        assert [(s["kind"], s["state_revision"]) for s in bench.steps(job_id)] == [("run_tests", 5)]
        assert bench.row("SELECT type FROM job_events WHERE job_id = %s", job_id)["type"] == "job_updated"

    async def test_sets_a_timer_for_a_wipe_that_stalled(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REMOTE_WIPE_VERIFYING", terminal_target="DELIVERED")
        job = await _carry_out(bench, workspace, job_id, Decision(retry_wipe=True))
        assert job["status"] == "REMOTE_WIPE_VERIFYING"
        assert bench.row("SELECT kind FROM workflow_timers WHERE job_id = %s", job_id)["kind"] == "WIPE_RETRY"
