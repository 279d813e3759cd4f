"""Due timers act once, in the state they were set for."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.canon.lifecycle import JobState
from services.canon.tasks import TimerKind
from services.core.ids import new_id
from services.infra.unit_of_work import unit_of_work
from services.jobs.transitions import Transition, transition, transition_alone
from services.workflow.timers import fire_timer
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _timer(bench: Bench, workspace: Workspace, job_id: UUID, kind: TimerKind, **columns: Any) -> UUID:
    timer_id = new_id()
    base = {"state_revision": bench.state(job_id)["state_revision"], "fires_at": "2026-01-01T00:00:00Z"}
    ids = {"id": timer_id, "tenant_id": workspace.tenant_id, "job_id": job_id, "kind": kind.value}
    bench.insert("workflow_timers", **ids, **{**base, **columns})
    return timer_id


class TestFireTimer:
    @pytest.mark.parametrize(
        ("state", "wait", "kind", "end"),
        [
            ("WAITING_STRATEGY", None, "IDLE", ("FAILED", "IDLE_EXPIRED", 4)),
            (
                "WAITING_INTERVENTION",
                "IDENTICAL_FAILURE",
                "INTERVENTION",
                ("RECOVERY_PENDING", "INTERVENTION_SILENT", 4),
            ),
        ],
        ids=["with the ledger", "alone"],
    )
    async def test_acts_once_however_often_it_is_delivered(
        self, bench: Bench, workspace: Workspace, state: str, wait: str | None, kind: str, end: tuple[str, str, int]
    ) -> None:
        job_id = bench.job(workspace, state, wait_kind=wait, state_revision=3)
        timer_id = _timer(bench, workspace, job_id, TimerKind(kind))
        other_id = _timer(bench, workspace, job_id, TimerKind.SANDBOX_HOLD)
        answers = await asyncio.gather(*(fire_timer(timer_id, workspace.tenant_id) for _ in range(6)))
        assert sorted(answers) == [kind] + ["not due"] * 5
        job = bench.state(job_id)
        assert (job["status"], job["failure_reason"], job["state_revision"]) == end
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 1
        assert bench.count("workflow_timers", "id = %s AND fired_at IS NOT NULL", [timer_id]) == 1
        assert bench.count("workflow_timers", "id = %s AND cancelled_at IS NOT NULL", [other_id]) == 1

    async def test_gives_way_to_a_command_that_was_faster(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = bench.job(workspace, "WAITING_INTERVENTION", wait_kind="IDENTICAL_FAILURE")
        timer_id = _timer(bench, workspace, job_id, TimerKind.INTERVENTION)

        async def after_the_command(*values: Any) -> Any:
            await transition_alone(workspace.person, job_id, 0, Transition(JobState.SELF_HEALING, "continued"))
            return await transition_alone(*values)

        monkeypatch.setattr("services.workflow.timers.transition_alone", after_the_command)
        assert await fire_timer(timer_id, workspace.tenant_id) == "not due"
        assert (bench.state(job_id)["status"], bench.state(job_id)["state_revision"]) == ("SELF_HEALING", 1)
        assert bench.count("workflow_timers", "id = %s AND fired_at IS NULL", [timer_id]) == 1

    async def test_does_nothing_before_its_time(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        timer_id = _timer(bench, workspace, job_id, TimerKind.IDLE, fires_at="2199-01-01T00:00:00Z")
        assert await fire_timer(timer_id, workspace.tenant_id) == "not due"
        assert bench.state(job_id)["status"] == "WAITING_STRATEGY"

    async def test_does_nothing_after_a_transition(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "PENDING")
        timer_id = _timer(bench, workspace, job_id, TimerKind.IDLE)
        async with unit_of_work(workspace.person) as uow:
            await transition(uow, job_id, 0, Transition(JobState.REPO_SYNCING, "started"))
        assert await fire_timer(timer_id, workspace.tenant_id) == "not due"
        assert bench.state(job_id)["status"] == "REPO_SYNCING"

    async def test_of_an_earlier_revision_is_spent_without_effect(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY", state_revision=3)
        timer_id = _timer(bench, workspace, job_id, TimerKind.IDLE, state_revision=2)
        assert await fire_timer(timer_id, workspace.tenant_id) == "superseded"
        assert await fire_timer(timer_id, workspace.tenant_id) == "not due"
        assert bench.state(job_id)["status"] == "WAITING_STRATEGY"

    async def test_of_another_tenant_is_not_seen(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        timer_id = _timer(bench, workspace, job_id, TimerKind.IDLE)
        assert await fire_timer(timer_id, bench.workspace().tenant_id) == "not due"

    @pytest.mark.parametrize(
        ("state", "wait", "kind", "target", "reason"),
        [
            ("PENDING", None, "IDLE", "FAILED", "IDLE_EXPIRED"),
            ("WAITING_ESCALATION_DECISION", "PHASE_2", "ESCALATION", "FAILED", "ESCALATION_CONFIRMATION_TIMEOUT"),
            ("WAITING_INTERVENTION", "IDENTICAL_FAILURE", "INTERVENTION", "RECOVERY_PENDING", "INTERVENTION_SILENT"),
            ("WAITING_INTERVENTION", "TIMEOUT_EXECUTION", "INTERVENTION", "RECOVERY_PENDING", "TIMEOUT_EXECUTION"),
            ("REMOTE_HEAD_CONFLICT", None, "HEAD_CONFLICT", "FAILED", "REMOTE_HEAD_CONFLICT"),
            ("REMOTE_EXECUTION_QUEUED", None, "QUEUE_CEILING", "FAILED", "SANDBOX_UNAVAILABLE"),
        ],
    )
    async def test_ends_each_wait_as_its_rule_says(
        self, bench: Bench, workspace: Workspace, state: str, wait: str | None, kind: str, target: str, reason: str
    ) -> None:
        job_id = bench.job(workspace, state, wait_kind=wait)
        await fire_timer(_timer(bench, workspace, job_id, TimerKind(kind)), workspace.tenant_id)
        job = bench.state(job_id)
        assert (job["status"], job["failure_reason"]) == (target, reason)

    async def test_that_ends_a_job_with_a_living_sandbox_passes_through_the_wipe(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace, "WAITING_ESCALATION_DECISION", wait_kind="PHASE_2")
        bench.session(workspace, job_id)
        await fire_timer(_timer(bench, workspace, job_id, TimerKind.ESCALATION), workspace.tenant_id)
        job = bench.state(job_id)
        assert (job["status"], job["terminal_target"]) == ("REMOTE_WIPE_VERIFYING", "FAILED")
        assert [step["kind"] for step in bench.steps(job_id)] == ["wipe_sandbox"]

    async def test_that_ends_the_hold_releases_the_sandbox_and_leaves_the_state(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace, "WAITING_SPEC_APPROVAL")
        await fire_timer(_timer(bench, workspace, job_id, TimerKind.SANDBOX_HOLD), workspace.tenant_id)
        assert bench.state(job_id)["status"] == "WAITING_SPEC_APPROVAL"
        assert [step["kind"] for step in bench.steps(job_id)] == ["release_sandbox"]

    async def test_that_retries_a_wipe_asks_for_it_again(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REMOTE_WIPE_VERIFYING", terminal_target="DELIVERED")
        for _ in range(2):
            await fire_timer(_timer(bench, workspace, job_id, TimerKind.WIPE_RETRY), workspace.tenant_id)
        assert [step["kind"] for step in bench.steps(job_id)] == ["wipe_sandbox"] * 2
