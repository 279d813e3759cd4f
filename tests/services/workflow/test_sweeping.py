"""Leftovers of killed processes go at the next start; what a row names, or may still name, stays."""

import os
import time
from pathlib import Path
from uuid import UUID

import pytest

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.core.ids import new_id
from services.infra.migrate import DatabaseUrls
from services.infra.paths import blob_folder, sandbox_folder
from services.infra.unit_of_work import unit_of_work
from services.sandbox import service as sandbox
from services.sandbox.volume import create_volume
from services.workflow import sweeping
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _volume(bench: Bench, workspace: Workspace, status: str | None) -> str:
    ref = create_volume(sandbox_folder(), lambda _ref: None, str(new_id())).ref
    if status:
        bench.session(workspace, bench.job(workspace, "REFACTORING"), status=status, sandbox_id=ref)
    return ref


def _blob_of(*, days_old: float) -> Path:
    """Put a sealed file into the folder that no row names."""
    path, moment = blob_folder() / "aa" / new_id().hex, time.time() - days_old * 86_400
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sealed")
    os.utime(path, (moment, moment))
    return path


class TestSweepSandboxes:
    async def test_erases_volumes_without_an_open_session(
        self, bench: Bench, workspace: Workspace, database: DatabaseUrls
    ) -> None:
        refs = {status: _volume(bench, workspace, status) for status in (None, "WIPED", "QUEUED", "RUNNING")}
        assert await sweeping.sweep_sandboxes(database.admin) >= 2
        left = set(sandbox.present_sessions())
        assert {status for status, ref in refs.items() if ref in left} == {"QUEUED", "RUNNING"}

    async def test_leaves_what_is_opened_while_it_looks(
        self, bench: Bench, workspace: Workspace, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look, opened = sandbox.present_sessions, []

        def looks_then_one_opens() -> list[str]:
            found = look()
            opened.append(_volume(bench, workspace, None))
            return found

        monkeypatch.setattr(sandbox, "present_sessions", looks_then_one_opens)
        await sweeping.sweep_sandboxes(database.admin)
        assert opened[0] in look()


class TestSweepBlobs:
    async def test_deletes_old_files_that_no_artifact_names(
        self, bench: Bench, workspace: Workspace, database: DatabaseUrls
    ) -> None:
        job_id: UUID = bench.job(workspace)
        named = await artifacts.write_blob(workspace.platform, b"y = 2\n")
        async with unit_of_work(workspace.platform) as uow:
            artifacts.add_artifact(uow, job_id, ArtifactType.DIFF, named, name="a.diff")
        kept = blob_folder() / named.storage_key
        os.utime(kept, (time.time() - 2 * 86_400,) * 2)
        orphan, fresh = _blob_of(days_old=2), _blob_of(days_old=0.5)
        bench.run("UPDATE tenants SET created_at = now() - interval '9 days' WHERE id = %s", workspace.tenant_id)
        assert await sweeping.sweep_blobs(database.admin) >= 1
        assert (kept.exists(), orphan.exists(), fresh.exists()) == (True, False, True)

    async def test_leaves_files_of_a_database_that_is_not_restored_yet(
        self, bench: Bench, workspace: Workspace, database: DatabaseUrls
    ) -> None:
        bench.run("UPDATE tenants SET created_at = now() WHERE created_at < now()")
        older = _blob_of(days_old=2)
        assert await sweeping.sweep_blobs(database.admin) == 0
        assert older.exists()
