"""Leases on work items: given once, extended by beats, given again when they run out."""

import asyncio
from typing import Any

import pytest

from services.canon.tasks import ItemKind
from services.infra.unit_of_work import unit_of_work
from services.workflow import leases
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestClaim:
    async def test_is_given_once(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        claims = await asyncio.gather(*(leases.claim(step_id, workspace.tenant_id, f"w{n}") for n in range(8)))
        assert len([claim for claim in claims if claim]) == 1
        assert bench.step(step_id)["status"] == "RUNNING"

    async def test_carries_the_job_and_the_bounds(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "ANALYZING", state_revision=4)
        step_id = bench.item(workspace, job_id, ItemKind.ANALYSE)
        claim = await leases.claim(step_id, workspace.tenant_id, "w")
        assert claim is not None
        assert (claim.kind, claim.state, claim.state_revision, claim.job_id) == ("analyse", "ANALYZING", 4, job_id)
        assert (claim.tries, claim.tries_allowed, claim.limit_seconds) == (0, 3, 300)

    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "DONE"},
            {"status": "FAILED"},
            {"status": "CANCELLED"},
            {"cancel_requested_at": "2026-01-01T00:00:00Z"},
            {"available_at": "2199-01-01T00:00:00Z"},
        ],
    )
    async def test_is_refused_for_what_ended_or_is_not_due(
        self, bench: Bench, workspace: Workspace, columns: dict[str, Any]
    ) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE, **columns)
        assert await leases.claim(step_id, workspace.tenant_id, "w") is None

    async def test_is_refused_to_another_tenant(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        assert await leases.claim(step_id, bench.workspace().tenant_id, "w") is None
        assert bench.step(step_id)["status"] == "READY"

    async def test_is_given_again_after_the_lease_ran_out(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        first = await leases.claim(step_id, workspace.tenant_id, "dead")
        assert await leases.claim(step_id, workspace.tenant_id, "early") is None
        bench.expire(step_id)
        second = await leases.claim(step_id, workspace.tenant_id, "next")
        assert first is not None
        assert second is not None
        assert second.lease_token != first.lease_token
        assert (second.lost_count, second.tries) == (1, 0)

    async def test_is_worthless_once_another_holds_the_item(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        first = await leases.claim(step_id, workspace.tenant_id, "dead")
        bench.expire(step_id)
        await leases.claim(step_id, workspace.tenant_id, "next")
        assert first is not None
        key = leases.LeaseKey(step_id, first.lease_token)
        assert not await leases.beat(workspace.platform, key)
        async with unit_of_work(workspace.platform) as uow:
            assert not await leases.holds(uow, key)


class TestBeat:
    async def test_extends_the_lease(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        claim = await leases.claim(step_id, workspace.tenant_id, "w")
        assert claim is not None
        before = bench.step(step_id)["lease_expires_at"]
        assert await leases.beat(workspace.platform, leases.LeaseKey(step_id, claim.lease_token))
        assert bench.step(step_id)["lease_expires_at"] > before

    async def test_ends_when_the_item_was_cancelled(self, bench: Bench, workspace: Workspace) -> None:
        step_id = bench.item(workspace, bench.job(workspace), ItemKind.PROBE)
        claim = await leases.claim(step_id, workspace.tenant_id, "w")
        assert claim is not None
        bench.run("UPDATE workflow_steps SET cancel_requested_at = now() WHERE id = %s", step_id)
        assert not await leases.beat(workspace.platform, leases.LeaseKey(step_id, claim.lease_token))
