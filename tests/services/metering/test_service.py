"""Reservation, point of no return, settlement and the ledger."""

import asyncio
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.metering import service as metering
from tests.support.bench import Bench, Row, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _terms(daily_starts: int | None) -> metering.StartTerms:
    return metering.StartTerms("MAX", "PROFESSIONAL", "LOCAL_PLAN", daily_starts, {})


async def _reserve(workspace: Workspace, job_id: UUID, daily_starts: int | None = None) -> None:
    async with unit_of_work(workspace.person) as uow:
        await metering.reserve_start(uow, await require_job(uow, job_id), _terms(daily_starts))


def _balance(bench: Bench, workspace: Workspace) -> Row:
    return bench.row("SELECT reserved, committed FROM quota_balances WHERE tenant_id = %s", workspace.tenant_id)


def _checkpoints(bench: Bench, job_id: UUID) -> list[Row]:
    return bench.rows("SELECT * FROM billing_checkpoint_records WHERE job_id = %s ORDER BY created_at", job_id)


async def _use(workspace: Workspace, job_id: UUID, key: str, quantity: int = 7) -> None:
    async with unit_of_work(workspace.platform) as uow:
        await metering.record_use(
            uow,
            job_id,
            dimension="SANDBOX_SECONDS",
            quantity=quantity,
            idempotency_key=f"{job_id}:{key}",
            charge_reason="LOCAL_PLAN",
        )


async def _settle(workspace: Workspace, job_id: UUID, failure: str | None) -> None:
    async with unit_of_work(workspace.platform) as uow:
        await metering.settle(uow, job_id, failure)


async def _past_checkpoint(bench: Bench, workspace: Workspace) -> UUID:
    """Return a job that passed the point of no return and used seven seconds."""
    job_id = bench.job(workspace)
    await _reserve(workspace, job_id)
    async with unit_of_work(workspace.platform) as uow:
        await metering.pass_checkpoint(uow, job_id)
    await _use(workspace, job_id, "first")
    return job_id


def _billed(bench: Bench, job_id: UUID) -> int:
    return int(bench.value("SELECT sum(quantity) FROM usage_ledger WHERE job_id = %s AND billable", job_id))


class TestReserveStart:
    async def test_holds_one_start_and_freezes_the_plan(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        await _reserve(workspace, job_id)
        assert _balance(bench, workspace) == {"reserved": 1, "committed": 0}
        snapshot = bench.row("SELECT * FROM entitlement_snapshots WHERE job_id = %s", job_id)
        assert (snapshot["tier"], snapshot["source"], snapshot["context_cap"]) == ("MAX", "LOCAL_PLAN", 200_000)

    async def test_refuses_the_start_above_the_days_limit_and_writes_nothing(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        """V1-FR-BIL-004: starts at once cannot spend one allowance twice."""
        jobs = [bench.job(workspace) for _ in range(6)]
        answers = await asyncio.gather(*(_reserve(workspace, job, 2) for job in jobs), return_exceptions=True)
        codes = [answer.code for answer in answers if isinstance(answer, IamaError)]
        assert codes == ["DAILY_JOB_LIMIT_REACHED"] * 4
        assert _balance(bench, workspace)["reserved"] == 2
        assert bench.count("quota_reservations", "tenant_id = %s", [workspace.tenant_id]) == 2


class TestSettlement:
    async def test_commits_at_the_point_of_no_return_once(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        await _reserve(workspace, job_id)
        for _ in range(2):
            async with unit_of_work(workspace.platform) as uow:
                await metering.pass_checkpoint(uow, job_id)
        async with unit_of_work(workspace.platform) as uow:
            await metering.settle(uow, job_id, None)
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 1}
        rows = _checkpoints(bench, job_id)
        assert [(row["checkpoint_type"], row["final_decision"], row["decision_basis"]) for row in rows] == [
            ("PRE_CHARGE", None, None),
            ("POST_CHARGE", "CHARGED", "POST_CHARGE:DELIVERED"),
        ]

    @pytest.mark.parametrize(
        ("failure", "reason"),
        [("INFRA_FAILURE", "INFRA_FAILURE"), ("USER_CANCELLED", "USER_CANCELLED"), ("POLICY_BLOCKED",) * 2],
    )
    async def test_releases_what_ended_before_it(
        self, bench: Bench, workspace: Workspace, failure: str, reason: str
    ) -> None:
        job_id = bench.job(workspace)
        await _reserve(workspace, job_id)
        async with unit_of_work(workspace.platform) as uow:
            await metering.settle(uow, job_id, failure)
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 0}
        row = bench.row("SELECT status, release_reason FROM quota_reservations WHERE job_id = %s", job_id)
        assert row == {"status": "RELEASED", "release_reason": reason}
        decided = _checkpoints(bench, job_id)[-1]
        assert (decided["final_decision"], decided["decision_basis"]) == ("RELEASED", f"PRE_CHARGE:{failure}")
        assert decided["decided_at"] is not None


class TestReversal:
    async def test_takes_back_what_a_platform_fault_ended_after_the_point_of_no_return(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        await _settle(workspace, job_id, "INFRA_FAILURE")
        rows = bench.rows("SELECT * FROM usage_ledger WHERE job_id = %s ORDER BY created_at", job_id)
        used, reversal = rows
        assert (reversal["quantity"], reversal["reversal_of"]) == (-7, used["id"])
        assert (reversal["failure_class"], reversal["charge_reason"]) == ("INFRA_FAILURE", "REVERSED_INFRA_FAILURE")
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 0}
        decided = _checkpoints(bench, job_id)[-1]
        assert (decided["final_decision"], decided["decision_basis"]) == ("RELEASED", "POST_CHARGE:INFRA_FAILURE")
        async with unit_of_work(workspace.platform) as uow:
            use = await metering.use_of_job(uow, job_id)
        assert (use["sandbox_seconds"], use["billable"]) == (7, False)

    async def test_happens_once_when_settled_again_and_at_once(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        await asyncio.gather(*(_settle(workspace, job_id, "INFRA_FAILURE") for _ in range(4)))
        await _settle(workspace, job_id, "INFRA_FAILURE")
        assert bench.count("usage_ledger", "job_id = %s AND reversal_of IS NOT NULL", [job_id]) == 1
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 0}
        assert _billed(bench, job_id) == 0

    async def test_also_covers_uses_that_race_with_it(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        late = [_use(workspace, job_id, f"late-{number}") for number in range(6)]
        await asyncio.gather(*late[:3], _settle(workspace, job_id, "INFRA_FAILURE"), *late[3:])
        assert bench.count("usage_ledger", "job_id = %s AND reversal_of IS NULL", [job_id]) == 7
        assert _billed(bench, job_id) == 0

    @pytest.mark.parametrize(
        "failure", [None, "LOGIC_FAILURE", "TIMEOUT_EXECUTION", "USER_CANCELLED", "POLICY_BLOCKED"]
    )
    async def test_leaves_alone_what_is_chargeable(
        self, bench: Bench, workspace: Workspace, failure: str | None
    ) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        await _settle(workspace, job_id, failure)
        assert _billed(bench, job_id) == 7
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 1}
        assert _checkpoints(bench, job_id)[-1]["final_decision"] == "CHARGED"

    async def test_reads_a_failed_session_before_the_ending(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        bench.session(workspace, job_id, status="FAILED")
        await _settle(workspace, job_id, "CLIENT_DISCONNECTED")
        assert _checkpoints(bench, job_id)[-1]["decision_basis"] == "POST_CHARGE:INFRA_FAILURE"
        assert _billed(bench, job_id) == 0

    async def test_frees_an_unanswered_deep_fix_dialog(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        bench.put(job_id, failure_reason="INTERVENTION_TIMEOUT")
        await _settle(workspace, job_id, "USER_CANCELLED")
        assert _billed(bench, job_id) == 0
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 1}

    async def test_of_a_rerun_keeps_the_charge_of_the_run_before(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        await _settle(workspace, job_id, "LOGIC_FAILURE")
        await _use(workspace, job_id, "rerun", 5)
        await _settle(workspace, job_id, "INFRA_FAILURE")
        decided = _checkpoints(bench, job_id)[-1]
        assert decided["final_decision"] == "CHARGED"
        assert decided["decision_basis"] == "POST_CHARGE:INFRA_FAILURE:SINCE_LAST_ENDING"
        assert _billed(bench, job_id) == 7
        assert _balance(bench, workspace) == {"reserved": 0, "committed": 1}


class TestRecordUse:
    async def test_keeps_a_use_that_comes_after_the_release_unbilled(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _past_checkpoint(bench, workspace)
        await _settle(workspace, job_id, "INFRA_FAILURE")
        await _use(workspace, job_id, "orphan")
        row = bench.row("SELECT * FROM usage_ledger WHERE idempotency_key = %s", f"{job_id}:orphan")
        assert (row["billable"], row["charge_reason"]) == (False, "AFTER_RELEASE")

    async def test_writes_a_repeated_use_once(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        for _ in range(2):
            async with unit_of_work(workspace.platform) as uow:
                await metering.record_use(
                    uow,
                    job_id,
                    dimension="SANDBOX_SECONDS",
                    quantity=7,
                    idempotency_key=f"{job_id}:s",
                    charge_reason="LOCAL_PLAN",
                )
        async with unit_of_work(workspace.platform) as uow:
            assert (await metering.use_of_job(uow, job_id))["sandbox_seconds"] == 7
