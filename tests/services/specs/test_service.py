"""Spec revisions on a real database: optimistic lock, conflict payload, approval."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.specs import service as specs
from services.specs.schemas import BddItem, SpecView
from services.workflow import service as workflow
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _bdd(key: str = "b1", **fields: str) -> BddItem:
    return BddItem(**{"id": key, "title": "t", "given": "", "when_action": "w", "then_outcome": "o", **fields})


async def _drafted(bench: Bench, workspace: Workspace, status: str = "WAITING_SPEC_APPROVAL", **columns: Any) -> UUID:
    job_id = bench.job(workspace, status, spec_status="READY", **columns)
    async with unit_of_work(workspace.platform) as uow:
        await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[_bdd().model_dump()], sdd=[], parent=None)
    return job_id


async def _show(workspace: Workspace, job_id: UUID) -> SpecView:
    async with unit_of_work(workspace.person) as uow:
        return await specs.get_spec(uow, job_id)


async def _edit(workspace: Workspace, job_id: UUID, token: str, *items: BddItem) -> SpecView:
    return await workflow.edit_spec(workspace.person, job_id, revision_token=token, bdd=list(items), sdd=None)


async def _approve(workspace: Workspace, job_id: UUID, token: str | None = None) -> None:
    async with unit_of_work(workspace.person) as uow:
        await specs.approve_latest(uow, await require_job(uow, job_id), token)


class TestEditSpec:
    async def test_commits_a_revision_on_top_of_the_one_seen(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        seen = await _show(workspace, job_id)
        edited = await _edit(workspace, job_id, seen.revision_token, _bdd(title="new"))
        assert (edited.number, edited.bdd_items[0].title) == (2, "new")
        assert edited.revision_token != seen.revision_token
        assert bench.count("bdd_items", "revision_id = %s", [edited.revision_id]) == 1
        frames = bench.rows("SELECT payload FROM job_events WHERE job_id = %s AND type = 'spec_updated'", job_id)
        assert frames[-1]["payload"]["revision_token"] == edited.revision_token

    async def test_refuses_a_stale_edit_with_the_differences_per_field(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = await _drafted(bench, workspace)
        seen = await _show(workspace, job_id)
        theirs = await _edit(workspace, job_id, seen.revision_token, _bdd(title="theirs", given="theirs"))
        with pytest.raises(IamaError) as caught:
            await _edit(workspace, job_id, seen.revision_token, _bdd(title="mine", then_outcome="mine"))
        data = caught.value.data
        assert caught.value.code == "SPEC_REVISION_CONFLICT"
        assert data["current_revision_token"] == theirs.revision_token
        assert data["diff_payload"]["conflicts"] == [
            {"item_id": "b1", "field": "title", "base": "t", "mine": "mine", "theirs": "theirs"}
        ]
        merged = data["diff_payload"]["merged_bdd"][0]
        assert (merged["title"], merged["given"], merged["then_outcome"]) == ("theirs", "theirs", "mine")
        assert (await _show(workspace, job_id)).number == 2

    async def test_lets_one_of_many_racing_edits_win(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        token = (await _show(workspace, job_id)).revision_token
        edits = (_edit(workspace, job_id, token, _bdd(title=f"title {n}")) for n in range(8))
        answers = await asyncio.gather(*edits, return_exceptions=True)
        assert len([a for a in answers if isinstance(a, SpecView)]) == 1
        assert {a.code for a in answers if isinstance(a, IamaError)} == {"SPEC_REVISION_CONFLICT"}
        assert bench.count("spec_revisions", "job_id = %s", [job_id]) == 2

    async def test_writes_nothing_when_nothing_changed(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        seen = await _show(workspace, job_id)
        assert (await _edit(workspace, job_id, seen.revision_token, *seen.bdd_items)).number == 1

    async def test_refuses_an_empty_spec_and_repeated_ids(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        token = (await _show(workspace, job_id)).revision_token
        for items, code in (((), "SPEC_EMPTY"), ((_bdd(), _bdd()), "VALIDATION_FAILED")):
            with pytest.raises(IamaError) as caught:
                await _edit(workspace, job_id, token, *items)
            assert caught.value.code == code

    @pytest.mark.parametrize("state", ["WAITING_STRATEGY", "REMOTE_EXECUTION_QUEUED", "DELIVERED", "DEEP_FIX_ACTIVE"])
    async def test_is_refused_where_the_state_takes_no_edit(
        self, bench: Bench, workspace: Workspace, state: str
    ) -> None:
        job_id = await _drafted(bench, workspace, state)
        token = (await _show(workspace, job_id)).revision_token
        with pytest.raises(IamaError) as caught:
            await _edit(workspace, job_id, token, _bdd(title="new"))
        assert caught.value.code == "TRANSITION_NOT_ALLOWED"

    @pytest.mark.parametrize("state", ["GENERATING_TESTS", "BASELINE_VALIDATION", "REFACTORING", "SELF_HEALING"])
    async def test_while_working_stops_the_work_and_resets_in_one_commit(
        self, bench: Bench, workspace: Workspace, state: str
    ) -> None:
        from services.canon.tasks import ItemKind

        counters = {"attempt_count": 4, "attempt_total": 7, "identical_failure_count": 2, "cycle_number": 1}
        job_id = await _drafted(bench, workspace, state, failure_pattern_fingerprint="f", current_phase=2, **counters)
        step_id = bench.item(workspace, job_id, ItemKind.RUN_TESTS, status="RUNNING")
        token = (await _show(workspace, job_id)).revision_token
        await _edit(workspace, job_id, token, _bdd(title="new"))
        job = bench.state(job_id)
        assert (job["status"], job["cycle_number"], job["current_phase"]) == ("WAITING_SPEC_APPROVAL", 2, 1)
        assert (job["attempt_count"], job["attempt_total"], job["identical_failure_count"]) == (0, 0, 0)
        assert job["failure_pattern_fingerprint"] is None
        assert bench.step(step_id)["status"] == "CANCELLED"
        stamps = bench.rows(
            "SELECT xmin::text FROM refactor_jobs WHERE id = %s UNION SELECT xmin::text FROM workflow_steps "
            "WHERE id = %s UNION SELECT xmin::text FROM spec_revisions WHERE job_id = %s AND number = 2",
            job_id,
            step_id,
            job_id,
        )
        assert len(stamps) == 1


class TestApproveLatest:
    async def test_marks_who_and_when(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        await _approve(workspace, job_id)
        row = bench.row("SELECT * FROM spec_revisions WHERE job_id = %s", job_id)
        assert row["approved_by"] == workspace.user_id
        assert row["approved_at"] is not None

    async def test_refuses_a_revision_that_is_not_the_newest(self, bench: Bench, workspace: Workspace) -> None:
        with pytest.raises(IamaError) as caught:
            await _approve(workspace, await _drafted(bench, workspace), "an older token")
        assert caught.value.code == "SPEC_REVISION_CONFLICT"

    async def test_refuses_a_draft_still_being_written(self, bench: Bench, workspace: Workspace) -> None:
        with pytest.raises(IamaError) as caught:
            await _approve(workspace, bench.job(workspace, "WAITING_SPEC_APPROVAL", spec_status="DRAFTING"))
        assert caught.value.code == "SPEC_NOT_READY"

    async def test_refuses_a_rerun_with_the_approved_words(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        bench.put(job_id, approved_spec_revision_id=(await _show(workspace, job_id)).revision_id)
        with pytest.raises(IamaError) as caught:
            await _approve(workspace, job_id)
        assert caught.value.code == "SPEC_UNCHANGED"

    async def test_refuses_a_spec_without_behaviour(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "WAITING_SPEC_APPROVAL", spec_status="READY")
        async with unit_of_work(workspace.platform) as uow:
            await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[], sdd=[], parent=None)
        with pytest.raises(IamaError) as caught:
            await _approve(workspace, job_id)
        assert caught.value.code == "SPEC_EMPTY"


class TestGetSpec:
    async def test_hides_another_tenants_spec(self, bench: Bench, workspace: Workspace) -> None:
        job_id = await _drafted(bench, workspace)
        with pytest.raises(IamaError) as caught:
            await _show(bench.workspace(), job_id)
        assert caught.value.code == "JOB_NOT_FOUND"
