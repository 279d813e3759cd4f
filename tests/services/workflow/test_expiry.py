"""Artifacts end 14 days after their job: refused at the moment, erased by the timer, evidence kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.artifacts import service as artifacts
from services.artifacts import storage
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.canon.tasks import TimerKind
from services.canon.vocabulary import JobAction
from services.core.ids import new_id
from services.infra.paths import blob_folder
from services.infra.unit_of_work import unit_of_work
from services.workflow import handlers, runner, service
from services.workflow.timers import fire_timer
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

handlers.load()


def _ended(bench: Bench, workspace: Workspace, days_left: float, status: str = "DELIVERED") -> UUID:
    until = datetime.now(UTC) + timedelta(days=days_left)
    return bench.job(workspace, status, completed_at=until - timedelta(days=14), artifact_expires_at=until)


async def _artifact(workspace: Workspace, job_id: UUID, name: str) -> tuple[UUID, Path]:
    blob = await artifacts.write_blob(workspace.platform, b"def price(): ...\n" * 50)
    async with unit_of_work(workspace.platform) as uow:
        return artifacts.add_artifact(uow, job_id, ArtifactType.DIFF, blob, name=name), blob_folder() / blob.storage_key


async def _expire(bench: Bench, workspace: Workspace, job_id: UUID) -> str:
    """Fire the job's timer as the scheduler does, and do the work it asks for."""
    timer_id = new_id()
    bench.insert(
        "workflow_timers",
        id=timer_id,
        tenant_id=workspace.tenant_id,
        job_id=job_id,
        kind=TimerKind.ARTIFACT_EXPIRY.value,
        state_revision=bench.state(job_id)["state_revision"],
        fires_at="2026-01-01T00:00:00Z",
    )
    await fire_timer(timer_id, workspace.tenant_id)
    return await runner.run_item(bench.steps(job_id)[-1]["id"], workspace.tenant_id)


class TestExpireArtifacts:
    async def test_erases_the_sealed_files_and_keeps_rows_hashes_and_audit(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = _ended(bench, workspace, -0.01)
        made = [await _artifact(workspace, job_id, f"{number}.diff") for number in range(3)]
        assert await _expire(bench, workspace, job_id) == "DONE"
        assert not [file for _, file in made if file.exists()]
        rows = bench.rows("SELECT * FROM job_artifacts WHERE job_id = %s", job_id)
        assert all(row["deleted_at"] and len(row["delete_evidence_hash"]) == 64 for row in rows)
        assert len({row["content_hash"] for row in rows}) == 1
        body = bench.row("SELECT body FROM audit_events WHERE job_id = %s AND event_type = 'artifacts.expired'", job_id)
        assert set(body["body"]["artifacts"]) == {str(artifact_id) for artifact_id, _ in made}
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, made[0][0])
        assert caught.value.code == "ARTIFACT_EXPIRED"

    async def test_is_finished_by_the_next_try_when_the_first_was_cut_off(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = _ended(bench, workspace, -0.01)
        _, first = await _artifact(workspace, job_id, "a.diff")
        _, second = await _artifact(workspace, job_id, "b.diff")
        delete = storage.delete

        async def cut_off(key: str) -> None:
            if key in str(second):
                raise OSError("killed here")
            await delete(key)

        monkeypatch.setattr(storage, "delete", cut_off)
        assert await _expire(bench, workspace, job_id) == "retry"
        assert (first.exists(), second.exists()) == (False, True)
        assert bench.count("job_artifacts", "job_id = %s AND deleted_at IS NULL", [job_id]) == 0
        monkeypatch.undo()
        step_id = bench.steps(job_id)[-1]["id"]
        bench.run("UPDATE workflow_steps SET available_at = now() WHERE id = %s", step_id)
        assert await runner.run_item(step_id, workspace.tenant_id) == "DONE"
        assert not second.exists()
        assert bench.count("audit_events", "job_id = %s AND event_type = 'artifacts.expired'", [job_id]) == 1

    async def test_happens_at_the_end_that_the_job_came_to_last(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        view = await service.act(workspace.person, job_id, JobAction.CANCEL, expected_revision=0)
        assert view.status.value == "FAILED"
        timers = bench.rows("SELECT * FROM workflow_timers WHERE job_id = %s AND cancelled_at IS NULL", job_id)
        assert [timer["kind"] for timer in timers] == ["ARTIFACT_EXPIRY"]
        assert abs(timers[0]["fires_at"] - bench.state(job_id)["artifact_expires_at"]) < timedelta(seconds=5)


class TestExpiredJob:
    async def test_is_refused_before_its_files_are_erased(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _ended(bench, workspace, -0.01)
        artifact_id, file = await _artifact(workspace, job_id, "a.diff")
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, artifact_id)
        assert (caught.value.code, file.exists()) == ("ARTIFACT_EXPIRED", True)

    async def test_cannot_be_run_again(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _ended(bench, workspace, -0.01, "FALLBACK_REQUIRED")
        with pytest.raises(IamaError) as caught:
            await service.act(workspace.person, job_id, JobAction.REVISE_SPEC, expected_revision=0)
        assert caught.value.code == "ARTIFACT_EXPIRED"
        assert bench.state(job_id)["status"] == "FALLBACK_REQUIRED"

    async def test_shows_one_moment_for_all_its_files(self, bench: Bench, workspace: Workspace) -> None:
        job_id = _ended(bench, workspace, 3)
        await _artifact(workspace, job_id, "a.diff")
        async with unit_of_work(workspace.person) as uow:
            shown = {view.expires_at for view in await artifacts.list_artifacts(uow, job_id)}
        assert shown == {bench.state(job_id)["artifact_expires_at"]}

    async def test_that_was_opened_again_keeps_its_files_while_it_runs(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = _ended(bench, workspace, -0.01)
        artifact_id, _ = await _artifact(workspace, job_id, "a.diff")
        bench.put(job_id, status="REFACTORING", completed_at=None)
        assert await artifacts.read_artifact(workspace.person, artifact_id)
