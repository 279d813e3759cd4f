"""What was accepted in a preview: recognised by what it says, and counted where an approval names nothing else."""

from typing import Any
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction
from services.engine.hazards import Hazard, HazardKind
from services.infra.unit_of_work import unit_of_work
from services.specs import service as specs
from services.tables.jobs import StrategyProposal
from services.workflow import service
from services.workflow.handlers.analysis import _disclosed
from tests.support.bench import Bench, Workspace

LOOKUP = Hazard(HazardKind.DYNAMIC_LOOKUP, "a.py", 3, "Looks up by text.")
PUBLIC = Hazard(HazardKind.PUBLIC_NAME, "a.py", None, "A public name differs.")
BEHAVIOUR = {"id": "B-1", "title": "t", "given": "", "when_action": "w", "then_outcome": "o", "evidence": []}


def _plain(hazard: Hazard) -> dict[str, Any]:
    return {"kind": hazard.kind.value, "path": hazard.path, "line": hazard.line, "sentence": hazard.sentence}


class TestDisclosed:
    def test_recognises_a_hazard_by_what_it_says_and_where(self) -> None:
        moved = Hazard(LOOKUP.kind, LOOKUP.path, 4, LOOKUP.sentence)
        found = _disclosed([_plain(LOOKUP), _plain(PUBLIC), _plain(moved)], [LOOKUP.key, "HZ-other"])
        assert [(one["id"], one["accepted"]) for one in found] == [("H-1", True), ("H-2", False), ("H-3", False)]
        assert [one["key"] for one in found[:2]] == [LOOKUP.key, PUBLIC.key]


@pytest.mark.asyncio(loop_scope="session")
class TestApproval:
    async def _approve(
        self, bench: Bench, workspace: Workspace, previewed: list[str], **params: Any
    ) -> tuple[UUID, IamaError | None]:
        """Approve a spec whose proposal disclosed two hazards, some of them accepted in a preview."""
        job_id = bench.job(workspace, "WAITING_SPEC_APPROVAL", spec_status="READY")
        async with unit_of_work(workspace.platform) as uow:
            row = await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[BEHAVIOUR], sdd=[], parent=None)
            token = row.revision_token
            proposal = StrategyProposal(
                tenant_id=uow.tenant_id,
                job_id=job_id,
                level="STANDARD",
                title="Standard",
                summary="s",
                risk_score=1,
                hazards=_disclosed([_plain(LOOKUP), _plain(PUBLIC)], previewed),
            )
            uow.session.add(proposal)
            await uow.session.flush()
            proposal_id = proposal.id
        bench.run("UPDATE refactor_jobs SET selected_proposal_id = %s WHERE id = %s", proposal_id, job_id)
        params = {"revision_token": token, **params}
        try:
            await service.act(workspace.person, job_id, JobAction.APPROVE_SPEC, expected_revision=0, params=params)
        except IamaError as error:
            return job_id, error
        return job_id, None

    async def test_counts_what_was_accepted_in_a_preview(self, bench: Bench, workspace: Workspace) -> None:
        job_id, refused = await self._approve(bench, workspace, [LOOKUP.key, PUBLIC.key])
        assert refused is None and bench.state(job_id)["accepted_hazards"] == ["H-1", "H-2"]

    async def test_asks_about_the_others(self, bench: Bench, workspace: Workspace) -> None:
        _, refused = await self._approve(bench, workspace, [LOOKUP.key])
        assert refused is not None and refused.code == "HAZARD_NOT_ACCEPTED"
        assert [one["id"] for one in refused.data["hazards"]] == ["H-2"]

    async def test_takes_a_named_list_as_it_is(self, bench: Bench, workspace: Workspace) -> None:
        _, refused = await self._approve(bench, workspace, [LOOKUP.key, PUBLIC.key], accepted_hazards=["H-2"])
        assert refused is not None and [one["id"] for one in refused.data["hazards"]] == ["H-1"]
