"""What a model was shown, read over the API by those who may see the job."""

from pathlib import Path
from uuid import UUID

import pytest

from services.core.ids import new_id
from services.infra.unit_of_work import unit_of_work
from services.llm.schemas import ModelCallRecord, Usage
from services.llm.vocabulary import CallOutcome, ModelClass, RouteName, RouteReason, Stage
from services.tables.evidence import ModelCall
from services.tables.repositories import ContextFilterDecision
from tests.api.conftest import Person, actor_of, make_job
from tests.services.llm.shop import ask_refactor
from tests.services.llm.test_prompts import rendered

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_call(person: Person, job_id: UUID) -> ModelCallRecord:
    record = ModelCallRecord(
        call_id=new_id(), job_id=job_id, stage=Stage.REFACTOR_GENERATION, tier="MAX", model_class=ModelClass.L1,
        attempt_number=0, route=RouteName.HOSTED, route_reason=RouteReason.CONFIGURED, model_alias="coder",
        usage=Usage(9, 9), latency_ms=5, outcome=CallOutcome.OK, context=rendered(ask_refactor()).manifest,
    )  # fmt: skip
    actor = await actor_of(person)
    async with unit_of_work(actor) as uow:
        uow.session.add(
            ModelCall(
                id=record.call_id, tenant_id=actor.tenant_id, job_id=job_id, stage=record.stage.value, route="hosted",
                model_class="L1", model_alias="coder", attempt_number=0, outcome="OK", detail=record.stored_detail,
            )
        )  # fmt: skip
        uow.session.add(
            ContextFilterDecision(
                tenant_id=actor.tenant_id, job_id=job_id, path="web/app.min.js", reason_code="MINIFIED_BUNDLE"
            )
        )
    return record


class TestGetContextManifest:
    async def test_lists_slices_with_reason_and_tokens_and_what_was_kept_out(
        self, ada: Person, repository: Path
    ) -> None:
        job_id = UUID((await make_job(ada, repository))["job_id"])
        record = await add_call(ada, job_id)
        answer = (await ada.client.get(f"/v2/jobs/{job_id}/context-manifest")).json()
        assert (answer["model_call_id"], answer["stage"]) == (str(record.call_id), "refactor_generation")
        first = answer["slices"][0]
        assert (first["path"], first["reason"], first["pruned"]) == (
            "shop/prices.py",
            "in the scope of the change",
            False,
        )
        assert first["tokens"] > 0
        assert answer["blocked"][0]["reason_code"] == "MINIFIED_BUNDLE"
        assert answer["blocked"][0]["guidance"]
        assert "def gross" not in str(answer)

    async def test_is_empty_while_nothing_was_sent(self, ada: Person, repository: Path) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        answer = (await ada.client.get(f"/v2/jobs/{job_id}/context-manifest")).json()
        assert (answer["slices"], answer["blocked"], answer["model_call_id"]) == ([], [], None)

    async def test_is_absent_for_others(self, ada: Person, bob: Person, repository: Path) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        answer = await bob.client.get(f"/v2/jobs/{job_id}/context-manifest")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "JOB_NOT_FOUND")
