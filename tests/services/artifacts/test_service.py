"""Artifacts at rest: sealed, bound to their tenant and job, checked when opened."""

from pathlib import Path
from uuid import UUID

import pytest

from services.artifacts import service as artifacts
from services.artifacts.packing import pack_tree, unpack_tree
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.infra.paths import blob_folder
from services.infra.unit_of_work import unit_of_work
from tests.support.bench import Bench, Workspace

run_async = pytest.mark.asyncio(loop_scope="session")
PLAIN = b"def secret_algorithm():\n    return 42\n" * 20


async def _store(bench: Bench, workspace: Workspace, content: bytes = PLAIN) -> tuple[UUID, UUID, Path]:
    """Store one artifact of a fresh job; return job, artifact and the file it lies in."""
    job_id = bench.job(workspace)
    blob = await artifacts.write_blob(workspace.platform, content)
    async with unit_of_work(workspace.platform) as uow:
        artifact_id = artifacts.add_artifact(uow, job_id, ArtifactType.DIFF, blob, name="change.diff")
    return job_id, artifact_id, blob_folder() / blob.storage_key


@run_async
class TestReadArtifact:
    async def test_opens_what_was_stored(self, bench: Bench, workspace: Workspace) -> None:
        job_id, artifact_id, _ = await _store(bench, workspace)
        assert await artifacts.read_artifact(workspace.person, artifact_id, job_id) == PLAIN

    async def test_finds_no_plain_bytes_on_disk(self, bench: Bench, workspace: Workspace) -> None:
        _, _, file = await _store(bench, workspace)
        assert b"secret_algorithm" not in file.read_bytes()
        assert not list(file.parent.glob("*.partial"))

    async def test_hides_it_from_another_tenant(self, bench: Bench, workspace: Workspace) -> None:
        _, artifact_id, _ = await _store(bench, workspace)
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(bench.workspace().person, artifact_id)
        assert caught.value.code == "NOT_FOUND"

    async def test_cannot_open_bytes_of_another_tenant_even_when_a_row_points_to_them(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        thief = bench.workspace()
        _, mine, file = await _store(bench, workspace)
        _, theirs, _ = await _store(bench, thief)
        key = bench.value("SELECT storage_key FROM job_artifacts WHERE id = %s", mine)
        bench.run("UPDATE job_artifacts SET storage_key = %s WHERE id = %s", key, theirs)
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(thief.person, theirs)
        assert caught.value.code == "ARTIFACT_HASH_MISMATCH"

    async def test_is_not_given_through_another_job(self, bench: Bench, workspace: Workspace) -> None:
        _, artifact_id, _ = await _store(bench, workspace)
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, artifact_id, bench.job(workspace))
        assert caught.value.code == "NOT_FOUND"

    async def test_finds_changed_bytes(self, bench: Bench, workspace: Workspace) -> None:
        _, artifact_id, file = await _store(bench, workspace)
        sealed = bytearray(file.read_bytes())
        sealed[40] ^= 1
        file.write_bytes(bytes(sealed))
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, artifact_id)
        assert caught.value.code == "ARTIFACT_HASH_MISMATCH"

    async def test_finds_whole_bytes_of_another_artifact(self, bench: Bench, workspace: Workspace) -> None:
        _, first, file = await _store(bench, workspace)
        _, _, other = await _store(bench, workspace, b"other")
        file.write_bytes(other.read_bytes())
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, first)
        assert caught.value.code == "ARTIFACT_HASH_MISMATCH"

    async def test_says_that_an_expired_one_is_gone(self, bench: Bench, workspace: Workspace) -> None:
        _, artifact_id, _ = await _store(bench, workspace)
        bench.run("UPDATE job_artifacts SET deleted_at = now() WHERE id = %s", artifact_id)
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, artifact_id)
        assert caught.value.code == "ARTIFACT_EXPIRED"

    async def test_says_that_the_sealed_file_is_gone(self, bench: Bench, workspace: Workspace) -> None:
        _, artifact_id, file = await _store(bench, workspace)
        file.unlink()
        with pytest.raises(IamaError) as caught:
            await artifacts.read_artifact(workspace.person, artifact_id)
        assert caught.value.code == "ARTIFACT_MISSING"

    async def test_makes_one_key_per_tenant_and_stores_it_wrapped(self, bench: Bench, workspace: Workspace) -> None:
        await _store(bench, workspace)
        await _store(bench, workspace)
        row = bench.row("SELECT * FROM tenant_data_keys WHERE tenant_id = %s", workspace.tenant_id)
        assert len(row["wrapped_key"]) > 32


class TestPacking:
    def test_is_the_same_for_equal_trees(self) -> None:
        first, second = {"a.py": b"1", "b/c.py": b"\0\xff"}, {"b/c.py": b"\0\xff", "a.py": b"1"}
        assert pack_tree(first) == pack_tree(second)
        assert unpack_tree(pack_tree(first)) == first

    def test_keeps_an_empty_tree(self) -> None:
        assert unpack_tree(pack_tree({})) == {}

    @pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/config", "a\\b"])
    def test_refuses_unsafe_paths(self, path: str) -> None:
        with pytest.raises(ValueError, match=r"repository|POSIX"):
            pack_tree({path: b""})

    @pytest.mark.parametrize("blob", [b"", b"PK\x03\x04", pack_tree({"a": b"12"})[:-3]])
    def test_refuses_what_is_no_packed_tree(self, blob: bytes) -> None:
        with pytest.raises(Exception, match=r"packed|incomplete"):
            unpack_tree(blob)
