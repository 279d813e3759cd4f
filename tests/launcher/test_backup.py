"""A data folder of an earlier schema is saved, restored elsewhere and started: tables come up to date, data stay."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from iama_app.cli.data_folder import held_data_folder
from iama_app.cli.migration import migrate_apart
from services.core.ids import new_id
from services.infra.crypto import LocalKeyProvider, new_data_key, seal
from services.infra.embedded.processes import free_port
from services.infra.embedded.servers import running_servers
from services.infra.migrate import alembic_config, downgrade
from services.infra.paths import DATA_VARIABLE
from services.infra.settings import load_settings
from tests.support.bench import Bench, Workspace
from tests.support.installation import Installation, running_installation

EARLIER, CROSSED = "0002_guards", "0003_reversals"
PLAIN = b"--- a/shop.py\n+++ b/shop.py\n"
NOT_SAVED = ("scratch", "sandbox", "logs", "lock", "run.json")
"""What the runbook leaves out of a backup."""


@dataclass(frozen=True)
class _Saved:
    """What was in the folder when it was saved."""

    archive: Path
    email: str
    password: str
    job_id: UUID
    artifact_id: UUID


def _workspace(bench: Bench, email: str) -> Workspace:
    row = bench.row(
        "SELECT t.id AS tenant_id, u.id AS user_id FROM users u JOIN tenants t ON t.user_id = u.id WHERE u.email = %s",
        email,
    )
    made = Workspace(row["tenant_id"], row["user_id"], new_id())
    bench.insert("projects", id=made.project_id, tenant_id=made.tenant_id, owner_id=made.user_id, name="P")
    return made


def _deliver(bench: Bench, workspace: Workspace, data: Path) -> tuple[UUID, UUID]:
    """Put a delivered job with one sealed file into the folder."""
    until = datetime.now(UTC) + timedelta(days=9)
    job_id, artifact_id, key = (
        bench.job(workspace, "DELIVERED", completed_at=datetime.now(UTC), artifact_expires_at=until),
        new_id(),
        new_data_key(),
    )
    provider = LocalKeyProvider(data / "keys" / "master.key")
    ids = {"tenant_id": workspace.tenant_id}
    wrapped = provider.wrap(key, str(workspace.tenant_id))
    bench.insert("tenant_data_keys", **ids, wrapped_key=wrapped, provider_ref=provider.ref, version=1, status="ACTIVE")
    (data / "artifacts" / "aa").mkdir(parents=True)
    (data / "artifacts" / "aa" / "file").write_bytes(seal(key, PLAIN, f"artifact:{workspace.tenant_id}"))
    bench.insert(
        "job_artifacts",
        **ids,
        id=artifact_id,
        job_id=job_id,
        artifact_type="PATCH",
        name="change.patch",
        media_type="text/x-diff",
        retention_policy_version="1.0",
        storage_key="aa/file",
        content_hash=hashlib.sha256(PLAIN).hexdigest(),
        size_bytes=len(PLAIN),
        kms_key_ref="local/tenant-1",
        expires_at=until,
    )
    return job_id, artifact_id


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> _Saved:
    """A backup, made as the runbook says, of a folder whose tables are those of an earlier version."""
    folder = tmp_path_factory.mktemp("saved")
    data = folder / "data"
    with pytest.MonkeyPatch.context() as patch, held_data_folder(data):
        patch.setenv(DATA_VARIABLE, str(data))
        patch.setenv("IAMA_PORT", str(free_port()))
        with running_servers(data) as servers:
            migrated = migrate_apart(load_settings(), servers.admin_url)
            downgrade(servers.admin_url, EARLIER)
            bench = Bench(servers.admin_url)
            job_id, artifact_id = _deliver(bench, _workspace(bench, migrated.email), data)
            bench.connection.close()
    archive = folder / "iama-backup.tar"
    left_out = [f"--exclude={name}" for name in NOT_SAVED]
    subprocess.run(["tar", "--create", "--file", str(archive), *left_out, "--directory", str(data), "."], check=True)
    assert migrated.password is not None
    return _Saved(archive, migrated.email, migrated.password, job_id, artifact_id)


@pytest.fixture(scope="module")
def restored(saved: _Saved, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The backup in another folder, started."""
    data = tmp_path_factory.mktemp("restored") / "data"
    data.mkdir()
    subprocess.run(
        ["tar", "--extract", "--same-permissions", "--file", str(saved.archive), "--directory", str(data)], check=True
    )
    with running_installation(data) as running:
        yield running


def _admin_url(installation: Installation) -> str:
    port = (installation.data / "pg" / "postmaster.pid").read_text().splitlines()[3]
    password = (installation.data / "keys" / "postgres.password").read_text().strip()
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _token(installation: Installation, saved: _Saved) -> dict[str, str]:
    body = {"email": saved.email, "password": saved.password}
    answer = httpx.post(f"{installation.url}/api/v1/auth/login", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class TestRestoredFolder:
    def test_brings_its_tables_up_to_date(self, restored: Installation) -> None:
        from alembic.script import ScriptDirectory

        newest = ScriptDirectory.from_config(alembic_config("postgresql://x/y")).get_current_head()
        with psycopg.connect(_admin_url(restored)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert found == (newest,)
        assert newest != EARLIER

    def test_keeps_accounts_and_opens_sealed_files(self, restored: Installation, saved: _Saved) -> None:
        url = f"{restored.url}/api/v2/jobs/{saved.job_id}/artifacts/{saved.artifact_id}/download"
        answer = httpx.get(url, headers=_token(restored, saved), timeout=30)
        assert (answer.status_code, answer.content) == (200, PLAIN)

    def test_gives_jobs_of_before_what_the_migration_brings(self, restored: Installation, saved: _Saved) -> None:
        with psycopg.connect(_admin_url(restored)) as connection:
            found = connection.execute(
                "SELECT t.kind, t.fires_at = j.artifact_expires_at FROM workflow_timers t "
                "JOIN refactor_jobs j ON j.id = t.job_id WHERE j.id = %s",
                [saved.job_id],
            ).fetchall()
        assert found == [("ARTIFACT_EXPIRY", True)]

    def test_holds_keys_for_its_owner_only(self, restored: Installation) -> None:
        modes = {entry.name: entry.stat().st_mode & 0o077 for entry in (restored.data / "keys").iterdir()}
        assert set(modes.values()) == {0}
        assert (restored.data / "keys").stat().st_uid == os.geteuid()


class TestMigrationThatIsCrossed:
    def test_is_one_of_the_steps_between(self) -> None:
        from alembic.script import ScriptDirectory

        steps = ScriptDirectory.from_config(alembic_config("postgresql://x/y"))
        between = [step.revision for step in steps.iterate_revisions("head", EARLIER)]
        assert CROSSED in between
