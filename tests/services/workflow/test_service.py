"""The verbs that steer a job, on real repositories: start, act, change the scope."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction
from services.core.ids import new_id
from services.jobs.schemas import JobView
from services.repositories import snapshots
from services.repositories.rules import LOCAL_ROOTS_VARIABLE
from services.workflow import service
from tests.support import git_repos
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = {"shop/prices.py": b"def total():\n    return 1\n", "shop/names.py": b"NAME = 'a'\n", "README.md": b"# shop\n"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository below an allowed folder."""
    monkeypatch.setenv(LOCAL_ROOTS_VARIABLE, str(tmp_path))
    return git_repos.make(tmp_path / "shop", FILES)


def _job(bench: Bench, workspace: Workspace, repository: Path, **columns: Any) -> UUID:
    base = {"source_url": repository.as_uri(), "target_paths": ["shop"]}
    return bench.job(workspace, **{**base, **columns})


async def _refused(work: Any) -> IamaError:
    with pytest.raises(IamaError) as caught:
        await work
    return caught.value


async def _act(workspace: Workspace, job_id: UUID, action: JobAction, revision: int = 0, **params: Any) -> JobView:
    return await service.act(workspace.person, job_id, action, expected_revision=revision, params=params)


class TestStart:
    async def test_pins_the_head_and_asks_for_the_source(
        self, bench: Bench, workspace: Workspace, repository: Path
    ) -> None:
        job_id = _job(bench, workspace, repository)
        view = await service.start(workspace.person, job_id, expected_revision=0)
        assert (view.status.value, view.state_revision) == ("REPO_SYNCING", 1)
        job = bench.state(job_id)
        assert (job["head_sha_at_start"], job["source_branch"]) == (git_repos.head(repository), "main")
        assert [row["kind"] for row in bench.steps(job_id)] == ["sync_repository"]
        assert bench.count("entitlement_snapshots", "job_id = %s", [job_id]) == 1
        checked = bench.row("SELECT * FROM repo_import_precheck_records WHERE job_id = %s", job_id)
        assert (checked["passed"], checked["file_count"]) == (True, 2)

    @pytest.mark.parametrize("text", [b"NAME = 'a'\n", b"NAME = 'not committed'\n"], ids=["clean", "dirty"])
    async def test_discloses_uncommitted_changes_in_the_log(
        self, bench: Bench, workspace: Workspace, repository: Path, text: bytes
    ) -> None:
        (repository / "shop" / "names.py").write_bytes(text)
        job_id = _job(bench, workspace, repository)
        await service.start(workspace.person, job_id, expected_revision=0)
        told = bench.count("job_events", "job_id = %s AND payload->>'message' = %s", [job_id, service.UNCOMMITTED])
        assert told == (b"not committed" in text)

    async def test_has_one_winner_when_started_often_at_once(
        self, bench: Bench, workspace: Workspace, repository: Path
    ) -> None:
        job_id = _job(bench, workspace, repository)
        starts = (service.start(workspace.person, job_id, expected_revision=0) for _ in range(4))
        answers = await asyncio.gather(*starts, return_exceptions=True)
        lost = [answer.code for answer in answers if isinstance(answer, IamaError)]
        assert lost == ["STATE_REVISION_CONFLICT"] * 3
        assert bench.count("quota_reservations", "job_id = %s", [job_id]) == 1
        assert len(bench.steps(job_id)) == 1

    async def test_blocks_a_scope_above_the_limit_without_reserving_anything(
        self, bench: Bench, workspace: Workspace, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "SCOPE_MAX_FILES", 1)
        job_id = _job(bench, workspace, repository)
        view = await service.start(workspace.person, job_id, expected_revision=0)
        assert view.status.value == "REPO_PRECHECK_BLOCKED"
        violation = bench.state(job_id)["failure_detail"]["violations"][0]
        assert (violation["code"], violation["found"]) == ("REPO_FILE_COUNT_LIMIT_EXCEEDED", 2)
        assert bench.count("quota_reservations", "job_id = %s", [job_id]) == 0
        assert bench.steps(job_id) == []

    async def test_refused_by_the_source_leaves_the_job_as_it_was(
        self, bench: Bench, workspace: Workspace, repository: Path
    ) -> None:
        job_id = _job(bench, workspace, repository, source_branch="gone")
        refusal = await _refused(service.start(workspace.person, job_id, expected_revision=0))
        assert refusal.code == "BRANCH_NOT_FOUND"
        job = bench.state(job_id)
        assert (job["status"], job["state_revision"]) == ("PENDING", 0)
        assert bench.count("repo_import_precheck_records", "job_id = %s", [job_id]) == 0

    async def test_refused_by_the_plan_leaves_the_job_as_it_was(
        self, bench: Bench, workspace: Workspace, repository: Path
    ) -> None:
        job_id = _job(bench, workspace, repository)
        bench.run(
            "INSERT INTO quota_balances (tenant_id, dimension, period_start, period_end, limit_units, committed) "
            "SELECT %s, 'DAILY_JOBS', day, day + interval '1 day', 1, 1 FROM date_trunc('day', now(), 'UTC') AS day",
            workspace.tenant_id,
        )
        refusal = await _refused(service.start(workspace.person, job_id, expected_revision=0))
        assert (refusal.code, "reset_at" in refusal.data) == ("DAILY_JOB_LIMIT_REACHED", True)
        assert (bench.state(job_id)["status"], bench.steps(job_id)) == ("PENDING", [])
        assert bench.count("billing_checkpoint_records", "job_id = %s", [job_id]) == 0

    async def test_says_that_a_check_takes_too_long(
        self, bench: Bench, workspace: Workspace, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def endless(*_: object) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr(service, "PREFLIGHT_SECONDS", 0.05)
        monkeypatch.setattr(service.repositories, "preflight", endless)
        job_id = _job(bench, workspace, repository)
        refusal = await _refused(service.start(workspace.person, job_id, expected_revision=0))
        assert refusal.code == "GIT_REMOTE_UNREACHABLE"


class TestAct:
    async def test_starts_a_job(self, bench: Bench, workspace: Workspace, repository: Path) -> None:
        job_id = _job(bench, workspace, repository)
        assert (await _act(workspace, job_id, JobAction.START)).status.value == "REPO_SYNCING"

    async def test_moves_the_job_and_audits_who_did(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY", state_revision=4)
        view = await _act(workspace, job_id, JobAction.CANCEL, 4, note="changed my mind")
        assert (view.status.value, view.failure_reason, view.state_revision) == ("FAILED", "USER_CANCELLED", 5)
        link = bench.row("SELECT * FROM audit_events WHERE job_id = %s AND event_type = 'job.action'", job_id)
        assert (link["body"]["action"], link["body"]["note"]) == ("CANCEL", "changed my mind")
        assert link["body"]["actor"]["user_id"] == str(workspace.user_id)

    @pytest.mark.parametrize(
        ("status", "action", "revision", "code"),
        [
            ("WAITING_STRATEGY", "CANCEL", 3, "STATE_REVISION_CONFLICT"),
            ("WAITING_STRATEGY", "APPROVE_SPEC", 4, "TRANSITION_NOT_ALLOWED"),
            ("FAILED", "CANCEL", 4, "TRANSITION_NOT_ALLOWED"),
            ("REPO_SYNCING", "START", 4, "TRANSITION_NOT_ALLOWED"),
            ("DEEP_FIX_ACTIVE", "CANCEL", 4, "DEEP_FIX_NOT_CANCELLABLE"),
            ("WAITING_INTERVENTION", "DEEP_FIX", 4, "STATE_NOT_AVAILABLE"),
            ("WAITING_STRATEGY", "SELECT_STRATEGY", 4, "VALIDATION_FAILED"),
        ],
    )
    async def test_refuses_what_does_not_fit_and_writes_nothing(
        self, bench: Bench, workspace: Workspace, status: str, action: str, revision: int, code: str
    ) -> None:
        job_id = bench.job(workspace, status, state_revision=4)
        refusal = await _refused(_act(workspace, job_id, JobAction(action), revision, level="NONE"))
        assert refusal.code == code
        assert bench.state(job_id)["state_revision"] == 4
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 0

    async def test_hides_jobs_of_other_workspaces(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(bench.workspace(), "WAITING_STRATEGY")
        assert (await _refused(_act(workspace, job_id, JobAction.CANCEL))).code == "JOB_NOT_FOUND"

    async def test_has_one_winner_when_two_act_on_one_revision(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        acts = (_act(workspace, job_id, JobAction.CANCEL) for _ in range(3))
        answers = await asyncio.gather(*acts, return_exceptions=True)
        assert sorted(getattr(answer, "code", "won") for answer in answers) == ["STATE_REVISION_CONFLICT"] * 2 + ["won"]
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 1

    async def test_takes_a_strategy_by_its_level(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        chosen = new_id()
        for level, row_id in (("STANDARD", chosen), ("CONSERVATIVE", new_id())):
            bench.insert(
                "strategy_proposals", id=row_id, tenant_id=workspace.tenant_id, job_id=job_id, level=level, title=level,
                summary="s", risk_score=1, generation=0,
            )  # fmt: skip
        view = await _act(workspace, job_id, JobAction.SELECT_STRATEGY, level="STANDARD")
        assert view.status.value == "WAITING_SPEC_APPROVAL"
        assert bench.state(job_id)["selected_proposal_id"] == chosen
        assert [row["kind"] for row in bench.steps(job_id)] == ["extract_spec"]


class TestChangeScope:
    async def test_frees_a_blocked_job(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REPO_PRECHECK_BLOCKED", failure_detail={"violations": []}, state_revision=1)
        view = await service.change_scope(
            workspace.person, job_id, expected_revision=1, path_scope=["shop"], branch="next"
        )
        assert (view.status.value, view.state_revision) == ("PENDING", 2)
        job = bench.state(job_id)
        assert (job["target_paths"], job["source_branch"], job["failure_detail"]) == (["shop"], "next", None)

    async def test_of_a_pending_job_moves_nothing(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, source_branch="main")
        await service.change_scope(workspace.person, job_id, expected_revision=0, path_scope=["pkg"], branch=None)
        job = bench.state(job_id)
        assert (job["target_paths"], job["source_branch"], job["state_revision"]) == (["pkg"], "main", 0)
        link = bench.row("SELECT body FROM audit_events WHERE job_id = %s", job_id)
        assert link["body"]["path_scope"] == ["pkg"]

    @pytest.mark.parametrize(
        ("status", "revision", "code"),
        [("WAITING_STRATEGY", 0, "TRANSITION_NOT_ALLOWED"), ("PENDING", 1, "STATE_REVISION_CONFLICT")],
    )
    async def test_is_refused_after_the_start_and_on_an_old_revision(
        self, bench: Bench, workspace: Workspace, status: str, revision: int, code: str
    ) -> None:
        job_id = bench.job(workspace, status)
        change = service.change_scope(
            workspace.person, job_id, expected_revision=revision, path_scope=["x"], branch=None
        )
        assert (await _refused(change)).code == code
        assert bench.state(job_id)["target_paths"] == ["."]
