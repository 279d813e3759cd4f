"""A question of the web process reaches the model worker and its answer comes back; nothing of it is kept."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from services.artifacts import service as artifacts
from services.artifacts.packing import pack_tree
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.infra.unit_of_work import unit_of_work
from services.llm.fake import FakeGateway, ScriptedAnswer
from services.llm.schemas import ConversionOutput, Half
from services.llm.service import LlmService
from services.llm.settings import LlmSettings
from services.specs import service as specs
from services.specs.schemas import ConversionPreview
from services.tables.repositories import RepositoryWorkspace
from services.workflow import model_layer, questions, spec_edits
from tests.support.bench import Bench, Workspace
from tests.support.servers import RunningServers

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITTEN = {"bdd": [{"item_key": "", "title": "Sums", "given": "", "when_action": "total", "then_outcome": "a sum"}]}
SETTINGS = LlmSettings(provider_base_url="http://127.0.0.1:9/v1", model_l1="small", model_l2="big")
BEHAVIOUR = {"id": "B-1", "title": "t", "given": "", "when_action": "w", "then_outcome": "o", "evidence": []}


@pytest.fixture(autouse=True)
def hosted(servers: RunningServers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider is configured, and web and worker share a Redis of their own."""
    monkeypatch.setenv("REDIS_URL", servers.empty_redis_url())
    monkeypatch.setattr(spec_edits, "llm_settings", lambda: SETTINGS)
    monkeypatch.setattr(questions, "WAIT_SECONDS", 5)
    yield


def _provider(
    monkeypatch: pytest.MonkeyPatch, *answers: ScriptedAnswer, settings: LlmSettings = SETTINGS
) -> FakeGateway:
    gateway = FakeGateway(answers)
    service = LlmService(settings, gateway, model_layer.SNAPSHOTS)
    monkeypatch.setattr(model_layer, "_service", lambda: service)
    return gateway


def _written(**output: object) -> ScriptedAnswer:
    return ScriptedAnswer((ConversionOutput.model_validate(output).model_dump_json(),))


async def _spec(bench: Bench, workspace: Workspace) -> tuple[UUID, str]:
    """A job with its stored source and a ready spec; its id and the spec's token."""
    job_id = bench.job(workspace, "WAITING_SPEC_APPROVAL", spec_status="READY")
    blob = await artifacts.write_blob(
        workspace.person, pack_tree({"shop.py": b"def total(prices):\n    return sum(prices)\n"})
    )
    async with unit_of_work(workspace.platform) as uow:
        tree = artifacts.add_artifact(uow, job_id, ArtifactType.FULL_FILES, blob, name="source")
        uow.session.add(
            RepositoryWorkspace(
                tenant_id=uow.tenant_id, job_id=job_id, full_name="shop", branch="main", tree_artifact_id=tree
            )
        )
        row = await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[BEHAVIOUR], sdd=[], parent=None)
        return job_id, row.revision_token


async def _serve(bench: Bench, workspace: Workspace) -> None:
    """Do what relay and model worker do: take the task, answer the question, twice."""
    while True:
        rows = bench.rows(
            "DELETE FROM outbox_events WHERE task = 'answer_question' AND tenant_id = %s RETURNING queue, payload",
            workspace.tenant_id,
        )
        for row in rows:
            assert row["queue"] == "models"
            assert set(row["payload"]) == {"question_id", "tenant_id"}
            assert await questions.answer(row["payload"]["question_id"], workspace.tenant_id)
            assert await questions.answer(row["payload"]["question_id"], workspace.tenant_id) == "no question"
            return
        await asyncio.sleep(0.05)


async def _convert(bench: Bench, workspace: Workspace, words: str, *, served: bool = True) -> ConversionPreview:
    job_id, token = await _spec(bench, workspace)
    worker = asyncio.create_task(_serve(bench, workspace)) if served else None
    try:
        return await spec_edits.convert_sentences(
            workspace.person, job_id, text=words, half=Half.BOTH, revision_token=token
        )
    finally:
        if worker:
            worker.cancel()


class TestConvertSentences:
    async def test_shows_what_the_configured_model_made_of_them(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gateway = _provider(monkeypatch, _written(bdd=WRITTEN["bdd"], left_over=["Hm."]))
        shown = await _convert(bench, workspace, "Totals are sums. Hm.")
        assert shown.bdd_items is not None
        assert [(item.id, item.title, item.origin) for item in shown.bdd_items] == [("B-02", "Sums", "MODEL")]
        assert (shown.route, shown.model_class_used, shown.left_over) == ("hosted", "L2", ["Hm."])
        assert "Totals are sums." in gateway.calls[0].messages[1].content

    async def test_restructures_here_when_nobody_answers(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(questions, "WAIT_SECONDS", 0.2)
        shown = await _convert(bench, workspace, "total([]) returns 0.", served=False)
        assert shown.bdd_items is not None
        assert (shown.route, shown.bdd_items[0].then_outcome) == ("iama-rules", "it returns 0")

    async def test_says_that_nobody_answers_where_policy_forbids_another_way(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(questions, "WAIT_SECONDS", 0.2)
        monkeypatch.setattr(spec_edits, "llm_settings", lambda: replace(SETTINGS, allow_fallback=False))
        with pytest.raises(IamaError) as refused:
            await _convert(bench, workspace, "total([]) returns 0.", served=False)
        assert refused.value.code == "MODEL_PROVIDER_UNAVAILABLE"

    async def test_passes_a_refusal_on(
        self, bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _provider(monkeypatch, ScriptedAnswer(("no json",)), ScriptedAnswer(("still none",)))
        with pytest.raises(IamaError) as refused:
            await _convert(bench, workspace, "total([]) returns 0.")
        assert refused.value.code == "MODEL_OUTPUT_INVALID"
