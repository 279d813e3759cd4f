"""The row of a sandbox stands before its volume, so that no end of a worker hides one."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.canon.tasks import ItemKind
from services.core.actor import Actor
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.sandbox import service as sandbox
from services.sandbox.port import IsolationLevel, SandboxSpec
from services.sandbox.volume import Volume, create_volume
from services.workflow import leases, sessions
from services.workflow.handlers import sandboxes
from services.workflow.outcomes import Claim, ItemCancelledError
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


class _Session:
    """What a provider gives back: a volume on disk and nothing that runs."""

    provider_name = "bubblewrap"

    def __init__(self, volume: Volume) -> None:
        self.volume, self.ref = volume, volume.ref

    def attestation(self) -> dict[str, Any]:
        return {"level": "SHARED_KERNEL"}

    async def wipe(self) -> object:
        return await sandbox.wipe(self.ref)


class _Provider:
    """Opens volumes in the data folder; `at_open` sees the reference before anything is made."""

    name, level = "bubblewrap", IsolationLevel.SHARED_KERNEL

    def __init__(self) -> None:
        self.at_open: Any = lambda ref: None

    async def open(self, spec: SandboxSpec) -> _Session:
        self.at_open(spec.ref)
        return _Session(create_volume(sandbox.sandbox_folder(), lambda _ref: None, spec.ref))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> _Provider:
    """The one provider of this machine."""
    made = _Provider()

    async def select(*_: Any, **__: Any) -> _Provider:
        return made

    monkeypatch.setattr(sandbox, "select_provider", select)
    return made


async def _claim(bench: Bench, workspace: Workspace) -> Claim:
    job_id = bench.job(workspace, "REMOTE_EXECUTION_QUEUED")
    step_id = bench.item(workspace, job_id, ItemKind.PROVISION_SANDBOX)
    claim = await leases.claim(step_id, workspace.tenant_id, "w")
    assert claim is not None
    return claim


async def _open(claim: Claim) -> sessions.JobSession:
    class _Source:
        tree = {"shop.py": b"x = 1\n"}

    source: Any = _Source()
    return await sessions.open_session(claim, source)


def _row(bench: Bench, job_id: UUID) -> dict[str, Any]:
    return bench.row("SELECT * FROM remote_execution_sessions WHERE job_id = %s", job_id)


def _volumes() -> set[str]:
    folder: Path = sandbox.sandbox_folder()
    return {item.name for item in folder.iterdir() if item.name != "wiped"} if folder.exists() else set()


async def _erase_all(claim: Claim, actor: Actor) -> None:
    class _Ports:
        async def log(self, message: str, level: str = "INFO") -> None: ...

    ports: Any = _Ports()
    outcome = await sandboxes.wipe_sandbox(claim, ports)
    async with unit_of_work(actor) as uow:
        for write in outcome.writes:
            await write(uow)
        assert await queries.live_sessions(uow, claim.job_id) == []


class TestOpenSession:
    async def test_has_its_row_before_its_volume(self, bench: Bench, workspace: Workspace, provider: _Provider) -> None:
        claim = await _claim(bench, workspace)
        seen: list[dict[str, Any]] = []
        provider.at_open = lambda ref: seen.append(_row(bench, claim.job_id))
        live = await _open(claim)
        assert [(row["status"], row["sandbox_id"]) for row in seen] == [("QUEUED", live.session.ref)]
        row = _row(bench, claim.job_id)
        assert (row["status"], row["started_at"] is not None) == ("RUNNING", True)
        await _erase_all(claim, workspace.platform)

    async def test_erases_what_it_opened_after_the_job_had_closed_the_row(
        self, bench: Bench, workspace: Workspace, provider: _Provider
    ) -> None:
        claim = await _claim(bench, workspace)
        provider.at_open = lambda ref: bench.run(
            "UPDATE remote_execution_sessions SET status = 'WIPED' WHERE sandbox_id = %s", ref
        )
        before = _volumes()
        with pytest.raises(ItemCancelledError):
            await _open(claim)
        assert _volumes() == before
        assert _row(bench, claim.job_id)["status"] == "WIPED"


class TestWipeSandbox:
    @pytest.mark.parametrize("came_to", ["nothing", "half a volume", "a whole volume"])
    async def test_closes_a_session_whose_opening_was_cut_off(
        self, bench: Bench, workspace: Workspace, provider: _Provider, came_to: str
    ) -> None:
        claim = await _claim(bench, workspace)

        def cut_off(ref: str) -> None:
            if came_to == "half a volume":
                (sandbox.sandbox_folder() / ref / "workspace").mkdir(parents=True)
            elif came_to == "a whole volume":
                create_volume(sandbox.sandbox_folder(), lambda _ref: None, ref)
            raise OSError("killed here")

        provider.at_open = cut_off
        before = _volumes()
        with pytest.raises(OSError, match="killed"):
            await _open(claim)
        await _erase_all(claim, workspace.platform)
        assert _volumes() == before
        evidence = bench.row("SELECT * FROM secure_wipe_evidence WHERE job_id = %s", claim.job_id)
        assert (evidence["verified"], len(evidence["evidence_hash"])) == (True, 64)
        assert _row(bench, claim.job_id)["billable_seconds"] == 0
