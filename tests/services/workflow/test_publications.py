"""A wish to publish ends: published, or failed with a reason and open to be wished for again."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.canon.tasks import ItemKind
from services.delivery.schemas import PublicationView
from services.infra.unit_of_work import unit_of_work
from services.workflow import leases, runner, service
from services.workflow.outcomes import Claim, ItemFaultError, Outcome, Ports
from services.workflow.registry import HANDLERS
from tests.support.bench import Bench, Row, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRANCH = "refactor/shop-20260303-7f3a91c2"


@pytest.fixture(autouse=True)
def broken_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every try to publish or to prove a selection fail."""

    async def unreachable(claim: Claim, ports: Ports) -> Outcome:
        raise IamaError("GIT_REMOTE_UNREACHABLE", sentence="The remote hung up.")

    async def broken(claim: Claim, ports: Ports) -> Outcome:
        raise ItemFaultError("the sandbox could not be built", "SANDBOX_UNAVAILABLE")

    monkeypatch.setitem(HANDLERS, ItemKind.PUBLISH, unreachable)
    monkeypatch.setitem(HANDLERS, ItemKind.PROVE_SUBSET, broken)


def _delivered(bench: Bench, workspace: Workspace, *, days_left: float = 14) -> UUID:
    until = datetime.now(UTC) + timedelta(days=days_left)
    job_id = bench.job(
        workspace, "DELIVERED", head_sha_at_start="b" * 40, completed_at=datetime.now(UTC), artifact_expires_at=until
    )
    document = {"subject": [{"name": "shop/a.py"}, {"name": "shop/b.py"}], "predicate": {}}
    bench.insert(
        "evidence_records",
        tenant_id=workspace.tenant_id,
        job_id=job_id,
        artifact_hash="a" * 64,
        document=document,
        record_hash="c" * 64,
    )
    return job_id


async def _ask(workspace: Workspace, job_id: UUID, files: list[str] | None = None) -> PublicationView:
    return await service.publish(workspace.person, job_id, branch=BRANCH, accepted_files=files)


def _newest_step(bench: Bench, job_id: UUID, kind: ItemKind) -> UUID:
    return UUID(str([row["id"] for row in bench.steps(job_id) if row["kind"] == kind.value][-1]))


async def _spend(bench: Bench, workspace: Workspace, job_id: UUID, kind: ItemKind) -> list[str]:
    """Run an item until it is not tried again; return what became of each try."""
    step_id, answers = _newest_step(bench, job_id, kind), ["retry"]
    while answers[-1] == "retry":
        bench.run("UPDATE workflow_steps SET available_at = now() WHERE id = %s", step_id)
        answers.append(await runner.run_item(step_id, workspace.tenant_id))
    return answers[1:]


def _row(bench: Bench, job_id: UUID) -> Row:
    return bench.row("SELECT * FROM github_deliveries WHERE job_id = %s", job_id)


def _frames(bench: Bench, job_id: UUID) -> list[str]:
    rows = bench.rows("SELECT payload FROM job_events WHERE job_id = %s AND type = 'delivery' ORDER BY seq", job_id)
    return [row["payload"]["status"] for row in rows]


class TestPublish:
    async def test_fails_with_code_sentence_and_frame_when_its_tries_are_spent(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = _delivered(bench, workspace)
        await _ask(workspace, job_id)
        assert await _spend(bench, workspace, job_id, ItemKind.PUBLISH) == ["retry", "retry", "failed"]
        row = _row(bench, job_id)
        assert (row["status"], row["error_code"], row["error_sentence"]) == (
            "FAILED",
            "GIT_REMOTE_UNREACHABLE",
            "The remote hung up.",
        )
        assert _frames(bench, job_id) == ["PENDING", "FAILED"]
        assert bench.count("audit_events", "job_id = %s AND event_type = 'delivery.failed'", [job_id]) == 1
        assert bench.state(job_id)["status"] == "DELIVERED"

    async def test_fails_too_when_its_worker_was_lost_too_often(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _delivered(bench, workspace)
        await _ask(workspace, job_id)
        step_id = _newest_step(bench, job_id, ItemKind.PUBLISH)
        for _ in range(5):
            assert await leases.claim(step_id, workspace.tenant_id, "dies") is not None
            bench.run("UPDATE workflow_steps SET lease_expires_at = now() - interval '1 s' WHERE id = %s", step_id)
        assert await runner.run_item(step_id, workspace.tenant_id) == "failed"
        assert (_row(bench, job_id)["status"], _row(bench, job_id)["error_code"]) == ("FAILED", "INFRA_FAILURE")

    async def test_can_be_asked_for_again_after_it_failed(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _delivered(bench, workspace)
        first = await _ask(workspace, job_id)
        await _spend(bench, workspace, job_id, ItemKind.PUBLISH)
        again = await _ask(workspace, job_id)
        assert (again.delivery_id, again.status, again.error_code) == (first.delivery_id, "PENDING", None)
        assert [row["status"] for row in bench.steps(job_id)] == ["FAILED", "READY"]
        assert await _spend(bench, workspace, job_id, ItemKind.PUBLISH) == ["retry", "retry", "failed"]
        assert _frames(bench, job_id) == ["PENDING", "FAILED"] * 2

    async def test_asked_for_often_at_once_is_tried_once(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _delivered(bench, workspace)
        await asyncio.gather(*(_ask(workspace, job_id) for _ in range(4)))
        await _spend(bench, workspace, job_id, ItemKind.PUBLISH)
        await asyncio.gather(*(_ask(workspace, job_id) for _ in range(4)))
        assert len(bench.steps(job_id)) == 2

    async def test_of_a_selection_that_cannot_be_proven_fails_and_erases_its_sandbox(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = _delivered(bench, workspace)
        await _ask(workspace, job_id, ["shop/a.py"])
        assert await _spend(bench, workspace, job_id, ItemKind.PROVE_SUBSET) == ["failed"]
        assert _row(bench, job_id)["error_code"] == "SANDBOX_UNAVAILABLE"
        assert [row["kind"] for row in bench.steps(job_id)] == ["prove_subset", "release_sandbox"]

    async def test_is_refused_once_the_result_expired(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _delivered(bench, workspace, days_left=-0.01)
        with pytest.raises(IamaError) as caught:
            await _ask(workspace, job_id)
        assert caught.value.code == "ARTIFACT_EXPIRED"
        assert bench.count("github_deliveries", "job_id = %s", [job_id]) == 0


class TestFailPublication:
    async def test_leaves_a_published_one_alone(self, bench: Bench, workspace: Workspace) -> None:
        from services.delivery.publications import fail_publication

        job_id = _delivered(bench, workspace)
        view = await _ask(workspace, job_id)
        bench.run("UPDATE github_deliveries SET status = 'PUBLISHED' WHERE job_id = %s", job_id)
        async with unit_of_work(workspace.platform) as uow:
            assert not await fail_publication(uow, view.delivery_id, "INFRA_FAILURE", None)
        assert _row(bench, job_id)["status"] == "PUBLISHED"
