"""Durable work on a real database: outcomes, faults, cancellation, late records, the log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.canon.tasks import ItemKind
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.workflow import leases, runner
from services.workflow.outcomes import Claim, ItemFaultError, Outcome, Ports, Result
from services.workflow.registry import HANDLERS
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

Work = Callable[[Claim, Ports], Awaitable[Outcome]]
Install = Callable[[ItemKind, Work], None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a handler in place of the real one; leases are shortened tenfold."""
    monkeypatch.setenv("IAMA_CLOCK_SCALE", "0.1")
    return lambda kind, work: monkeypatch.setitem(HANDLERS, kind, work)


async def _probe(claim: Claim, ports: Ports) -> Outcome:
    return Outcome(Result.DONE, fact="probed")


async def _fault(claim: Claim, ports: Ports) -> Outcome:
    raise ItemFaultError("the disk is gone")


def _writing(marker: str, *, before: Callable[[], Awaitable[Any]] | None = None) -> Work:
    """Return a handler whose effect is an audit row named by `marker`."""

    async def work(claim: Claim, ports: Ports) -> Outcome:
        if before:
            await before()

        async def write(uow: UnitOfWork) -> None:
            await uow.audit(marker, claim.job_id)

        return Outcome(Result.DONE, writes=[write])

    return work


class TestRunItem:
    async def test_records_its_outcome_once(self, bench: Bench, workspace: Workspace, install: Install) -> None:
        install(ItemKind.PROBE, _writing("effect"))
        job_id = bench.job(workspace)
        step_id = bench.item(workspace, job_id, ItemKind.PROBE)
        answers = [await runner.run_item(step_id, workspace.tenant_id) for _ in range(2)]
        assert answers == ["DONE", "not claimable"]
        assert bench.step(step_id)["status"] == "DONE"
        assert bench.count("audit_events", "job_id = %s AND event_type = 'effect'", [job_id]) == 1

    async def test_moves_the_job_by_its_outcome(self, bench: Bench, workspace: Workspace, install: Install) -> None:
        install(ItemKind.ANALYSE, _probe)
        job_id = bench.job(workspace, "ANALYZING", state_revision=2)
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        assert await runner.run_item(step_id, workspace.tenant_id) == "DONE"
        job = bench.state(job_id)
        assert (job["status"], job["state_revision"]) == ("WAITING_STRATEGY", 3)

    async def test_discards_a_late_record_of_an_orphan(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        job_id = bench.job(workspace)
        step_id = bench.item(workspace, job_id, ItemKind.PROBE)
        answers: list[str] = []

        async def overtaken() -> None:
            if not answers:
                bench.expire(step_id)
                answers.append("overtaken")
                answers.append(await runner.run_item(step_id, workspace.tenant_id))

        install(ItemKind.PROBE, _writing("effect", before=overtaken))
        answers.append(await runner.run_item(step_id, workspace.tenant_id))
        assert answers == ["overtaken", "DONE", "superseded"]
        assert bench.count("audit_events", "job_id = %s AND event_type = 'effect'", [job_id]) == 1
        assert bench.step(step_id)["status"] == "DONE"

    async def test_discards_a_record_after_the_job_moved_on(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        job_id = bench.job(workspace, "ANALYZING", state_revision=2)
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)

        async def moved_on() -> None:
            bench.put(job_id, status="FAILED", state_revision=3)

        install(ItemKind.ANALYSE, _writing("effect", before=moved_on))
        assert await runner.run_item(step_id, workspace.tenant_id) == "superseded"
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 0
        assert bench.state(job_id)["state_revision"] == 3

    async def test_stops_the_work_when_cancelled_while_running(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        job_id = bench.job(workspace)
        step_id = bench.item(workspace, job_id, ItemKind.PROBE)
        ended: list[str] = []

        async def endless(claim: Claim, ports: Ports) -> Outcome:
            bench.run("UPDATE workflow_steps SET cancel_requested_at = now() WHERE id = %s", step_id)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled" if ports.is_cancelled() else "uninformed")
                raise
            return Outcome(Result.DONE)

        install(ItemKind.PROBE, endless)
        async with asyncio.timeout(10):
            assert await runner.run_item(step_id, workspace.tenant_id) == "cancelled"
        assert ended == ["cancelled"]
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 0

    async def test_tries_again_after_a_fault_with_doubling_pauses_then_fails_the_job(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        install(ItemKind.ANALYSE, _fault)
        job_id = bench.job(workspace, "ANALYZING", attempt_total=0)
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        pauses, answers = [], []
        for _ in range(3):
            answers.append(await runner.run_item(step_id, workspace.tenant_id))
            row = bench.row(
                "SELECT extract(epoch FROM available_at - clock_timestamp()) AS pause "
                "FROM workflow_steps WHERE id = %s",
                step_id,
            )
            pauses.append(float(row["pause"]))
            bench.run("UPDATE workflow_steps SET available_at = now() WHERE id = %s", step_id)
        assert answers == ["retry", "retry", "failed"]
        assert 0.1 < pauses[0] <= 0.2 < pauses[1] <= 0.4
        step, job = bench.step(step_id), bench.state(job_id)
        assert (step["status"], step["tries"], step["error"]) == ("FAILED", 3, "the disk is gone")
        assert (job["status"], job["failure_reason"], job["failure_class"]) == (
            "FAILED",
            "INFRA_FAILURE",
            "INFRA_FAILURE",
        )
        assert job["attempt_total"] == 0
        assert bench.count("outbox_events", "payload->>'step_id' = %s", [str(step_id)]) == 2

    async def test_treats_an_unexpected_error_as_a_fault(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        async def broken(claim: Claim, ports: Ports) -> Outcome:
            raise ZeroDivisionError

        install(ItemKind.PROBE, broken)
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        assert await runner.run_item(step_id, workspace.tenant_id) == "failed"
        assert bench.step(step_id)["error_code"] == "INFRA_FAILURE"

    async def test_treats_an_effect_that_cannot_be_written_as_a_fault(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        async def unwritable(claim: Claim, ports: Ports) -> Outcome:
            async def write(uow: UnitOfWork) -> None:
                await uow.audit("effect", claim.job_id)
                raise ZeroDivisionError

            return Outcome(Result.DONE, writes=[write])

        install(ItemKind.ANALYSE, unwritable)
        job_id = bench.job(workspace, "ANALYZING")
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        assert await runner.run_item(step_id, workspace.tenant_id) == "retry"
        assert bench.step(step_id)["tries"] == 1
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 0

    async def test_leaves_an_item_to_its_lease_when_the_database_goes_away(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        async def cut_off(claim: Claim, ports: Ports) -> Outcome:
            async with unit_of_work(claim.actor) as uow:
                pid = (await uow.session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                bench.run("SELECT pg_terminate_backend(%s)", pid)
                await uow.audit("effect", claim.job_id)
            return Outcome(Result.DONE)

        install(ItemKind.RUN_TESTS, cut_off)
        job_id = bench.job(workspace, "REFACTORING")
        step_id = bench.item(workspace, job_id, ItemKind.RUN_TESTS)
        assert await runner.run_item(step_id, workspace.tenant_id) == "database lost"
        step = bench.step(step_id)
        assert (step["status"], step["tries"]) == ("RUNNING", 0)
        assert bench.state(job_id)["status"] == "REFACTORING"

    async def test_keeps_working_through_a_missed_beat(
        self, bench: Bench, workspace: Workspace, install: Install, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        beat, missed = leases.beat, []

        async def failing_once(*arguments: Any) -> bool:
            if not missed:
                missed.append(True)
                raise ConnectionRefusedError
            return await beat(*arguments)

        async def working(claim: Claim, ports: Ports) -> Outcome:
            await asyncio.sleep(1.3)
            return Outcome(Result.DONE)

        monkeypatch.setattr(leases, "beat", failing_once)
        install(ItemKind.PROBE, working)
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        assert await runner.run_item(step_id, workspace.tenant_id) == "DONE"
        assert missed

    async def test_ends_a_try_at_its_time_limit(self, bench: Bench, workspace: Workspace, install: Install) -> None:
        async def slow(claim: Claim, ports: Ports) -> Outcome:
            await asyncio.sleep(60)
            return Outcome(Result.DONE)

        install(ItemKind.PROBE, slow)
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE, limit_seconds=0.3)
        assert await runner.run_item(step_id, workspace.tenant_id) == "failed"
        assert "exceeded" in bench.step(step_id)["error"]

    async def test_fails_the_job_after_five_lost_leases(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        install(ItemKind.ANALYSE, _probe)
        job_id = bench.job(workspace, "ANALYZING")
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        for _ in range(5):
            assert await leases.claim(step_id, workspace.tenant_id, "dies") is not None
            bench.expire(step_id)
        assert await runner.run_item(step_id, workspace.tenant_id) == "failed"
        job = bench.state(job_id)
        assert (job["status"], job["failure_reason"]) == ("FAILED", "INFRA_FAILURE")
        assert bench.step(step_id)["tries"] == 1

    async def test_goes_on_after_four_lost_leases_without_counting_a_try(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        install(ItemKind.ANALYSE, _probe)
        job_id = bench.job(workspace, "ANALYZING")
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        for _ in range(4):
            await leases.claim(step_id, workspace.tenant_id, "dies")
            bench.expire(step_id)
        assert await runner.run_item(step_id, workspace.tenant_id) == "DONE"
        assert bench.state(job_id)["status"] == "WAITING_STRATEGY"
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 1

    async def test_keeps_its_lease_while_it_works(self, bench: Bench, workspace: Workspace, install: Install) -> None:
        async def longer_than_a_lease(claim: Claim, ports: Ports) -> Outcome:
            await asyncio.sleep(2.6)
            return Outcome(Result.DONE)

        install(ItemKind.PROBE, longer_than_a_lease)
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        assert await runner.run_item(step_id, workspace.tenant_id) == "DONE"
        assert bench.step(step_id)["lost_count"] == 0

    async def test_leaves_the_job_alone_when_a_side_item_fails(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        install(ItemKind.PUBLISH, _fault)
        job_id = bench.job(workspace, "DELIVERED")
        step_id = bench.item(workspace, job_id, ItemKind.PUBLISH, tries_allowed=1)
        assert await runner.run_item(step_id, workspace.tenant_id) == "failed"
        assert bench.state(job_id)["status"] == "DELIVERED"


class TestPorts:
    async def test_append_the_log_while_the_lease_holds(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        job_id = bench.job(workspace)
        step_id = bench.item(workspace, job_id, ItemKind.PROBE)

        async def talking(claim: Claim, ports: Ports) -> Outcome:
            await ports.log("first\x1b[31m line")
            bench.run("UPDATE workflow_steps SET lease_token = %s WHERE id = %s", uuid4(), step_id)
            await ports.log("from beyond")
            return Outcome(Result.DONE)

        install(ItemKind.PROBE, talking)
        assert await runner.run_item(step_id, workspace.tenant_id) == "superseded"
        lines = bench.rows("SELECT payload FROM job_events WHERE job_id = %s", job_id)
        assert [line["payload"]["message"] for line in lines] == ["first\N{REPLACEMENT CHARACTER}[31m line"]

    async def test_cut_floods(
        self, bench: Bench, workspace: Workspace, install: Install, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runner, "LOG_LINES_PER_ITEM", 5)
        job_id = bench.job(workspace)

        async def flooding(claim: Claim, ports: Ports) -> Outcome:
            for _ in range(9):
                await ports.log("x" * 5000)
            return Outcome(Result.DONE)

        install(ItemKind.PROBE, flooding)
        await runner.run_item(bench.item(workspace, job_id, ItemKind.PROBE), workspace.tenant_id)
        lines = bench.rows("SELECT payload FROM job_events WHERE job_id = %s AND type = 'log_line'", job_id)
        assert [len(line["payload"]["message"]) for line in lines] == [2000] * 5

    async def test_do_not_block_crosswise_with_a_command(
        self, bench: Bench, workspace: Workspace, install: Install
    ) -> None:
        from services.canon.lifecycle import JobState
        from services.jobs import queries
        from services.jobs.transitions import Transition, transition

        job_id = bench.job(workspace, "ANALYZING")
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)

        chats, moved = asyncio.Event(), asyncio.Event()

        async def chatting(claim: Claim, ports: Ports) -> Outcome:
            number = 0
            while not moved.is_set():
                await ports.log(f"line {number}")
                number += 1
                if number == 20:
                    chats.set()
            return Outcome(Result.DONE)

        async def command() -> None:
            await chats.wait()
            async with unit_of_work(workspace.person) as uow:
                await queries.find_job(uow, job_id, lock=True)
                await asyncio.sleep(0.1)
                await transition(uow, job_id, 0, Transition(JobState.FAILED, "cancelled"))
            moved.set()

        install(ItemKind.ANALYSE, chatting)
        answer, _ = await asyncio.gather(runner.run_item(step_id, workspace.tenant_id), command())
        assert answer in ("cancelled", "superseded")
        assert bench.state(job_id)["status"] == "FAILED"
