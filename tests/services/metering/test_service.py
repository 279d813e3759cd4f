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
        assert bench.count("billing_checkpoint_records", "job_id = %s", [job_id]) == 1

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


class TestRecordUse:
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
