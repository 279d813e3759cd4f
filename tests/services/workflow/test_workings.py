"""Why a job stands where it stands, read from real rows."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.canon.vocabulary import JobAction
from services.core.clock import now
from services.infra.unit_of_work import unit_of_work
from services.workflow.workings import Workings, get_workings
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _workings(workspace: Workspace, job_id: UUID) -> Workings:
    async with unit_of_work(workspace.person) as uow:
        return await get_workings(uow, job_id)


class TestItems:
    async def test_running_item_is_named_with_its_worker_and_what_is_left_of_its_lease(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace, "REMOTE_EXECUTION_RUNNING", state_revision=3)
        lease = {"lease_owner": "pool-1", "lease_expires_at": now() + timedelta(seconds=15), "heartbeat_at": now()}
        bench.item(workspace, job_id, ItemKind.BUILD, status="RUNNING", **lease)
        found = await _workings(workspace, job_id)
        assert found.why.startswith("Work item build on queue sandbox runs at pool-1, last heard ")
        assert 10 < (found.items[0].lease_left_seconds or 0) <= 15

    async def test_lease_that_is_over_is_said_with_what_was_lost(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REMOTE_EXECUTION_RUNNING", state_revision=3)
        past = now() - timedelta(seconds=30)
        lease = {"lease_owner": "pool-1", "lease_expires_at": past, "heartbeat_at": past, "lost_count": 2}
        bench.item(workspace, job_id, ItemKind.BUILD, status="RUNNING", **lease)
        found = await _workings(workspace, job_id)
        assert "whose lease is over" in found.why and "lost its lease 2×" in found.why
        assert (found.items[0].lease_left_seconds or 0) < -25

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"published_at": now()}, "is handed over and waits for a worker"),
            ({}, "waits for the scheduler to hand it over"),
            (
                {"available_at": now() + timedelta(hours=1), "error_code": "DEPENDENCY_UNAVAILABLE"},
                "before its next try",
            ),
        ],
    )
    async def test_ready_item_says_what_it_waits_for(
        self, bench: Bench, workspace: Workspace, columns: dict[str, Any], words: str
    ) -> None:
        job_id = bench.job(workspace, "REMOTE_EXECUTION_RUNNING", state_revision=3)
        bench.item(workspace, job_id, ItemKind.BUILD, **columns)
        assert words in (await _workings(workspace, job_id)).why

    async def test_job_without_item_timer_or_action_is_called_a_fault(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REMOTE_EXECUTION_RUNNING")
        assert "should not happen" in (await _workings(workspace, job_id)).why


class TestWaits:
    async def test_person_is_waited_for_until_the_timer_fires(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY", state_revision=1)
        ids = {"id": uuid4(), "tenant_id": workspace.tenant_id, "job_id": job_id, "state_revision": 1}
        bench.insert("workflow_timers", **ids, kind="IDLE", fires_at="2199-01-02T03:04:05Z")
        found = await _workings(workspace, job_id)
        assert found.why == "It waits for a person until 2199-01-02 03:04:05 UTC, then IDLE fires."
        assert [(timer.kind, timer.status) for timer in found.timers] == [("IDLE", "PENDING")]

    async def test_ended_job_says_why_it_ended(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "FAILED", failure_reason="USER_CANCELLED", failure_class="USER_CANCELLED")
        found = await _workings(workspace, job_id)
        assert (found.state, found.why) == (JobState.FAILED, "It ended with USER_CANCELLED. The job was cancelled.")


class TestGuards:
    async def test_refused_action_names_the_wait_it_belongs_to(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_INTERVENTION", wait_kind="IDENTICAL_FAILURE")
        guards = {guard.action: guard for guard in (await _workings(workspace, job_id)).guards}
        assert guards[JobAction.GIVE_UP].accepted and guards[JobAction.CANCEL].accepted
        assert guards[JobAction.INCREASE_TIMEOUT].refused_because == (
            "it belongs to wait TIMEOUT_EXECUTION, the job's is IDENTICAL_FAILURE"
        )

    async def test_spent_budget_refuses_repairs(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_INTERVENTION", wait_kind="IDENTICAL_FAILURE", attempt_total=10)
        guards = {guard.action: guard for guard in (await _workings(workspace, job_id)).guards}
        assert "budget of 10 iterations" in (guards[JobAction.CONTINUE_STANDARD_REPAIR].refused_because or "")

    async def test_ended_job_cannot_be_cancelled(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "DELIVERED")
        (cancel,) = (await _workings(workspace, job_id)).guards
        assert (cancel.action, cancel.refused_because) == (JobAction.CANCEL, "the state cannot be cancelled")


async def test_stranger_learns_nothing(bench: Bench, workspace: Workspace) -> None:
    with pytest.raises(IamaError, match="JOB_NOT_FOUND"):
        await _workings(bench.workspace(), bench.job(workspace))
