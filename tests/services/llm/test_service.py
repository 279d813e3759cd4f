"""`run`: routed, streamed, validated, recorded; hosted answers from a script, `iama-rules` for real."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.document import EditDocument, SearchReplace
from services.engine.goals import GoalNotUnderstoodError
from services.llm import service as llm
from services.llm.context.redaction import Redactor
from services.llm.errors import (
    CallCancelledError,
    ChangeNotSafeError,
    ContextTooLargeError,
    OutputInvalidError,
    ProviderUnavailableError,
    SecretInContextError,
)
from services.llm.fake import FakeGateway, ScriptedAnswer
from services.llm.litellm_gateway import LiteLlmGateway
from services.llm.ports import CompletionGateway
from services.llm.schemas import (
    PatchOutput,
    ProposalsOutput,
    RefactorPayload,
    RepairOutput,
    RepairPayload,
    SpecOutput,
    SpecPayload,
    TestFailure,
    TestPayload,
    TestPlanOutput,
    Usage,
)
from services.llm.service import LlmService
from services.llm.settings import LlmSettings
from services.llm.vocabulary import CallOutcome, RouteName, RouteReason, Stage
from tests.services.llm.shop import ITEMS, SHOP, Records, Snapshots, Tools, ask, ask_refactor

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211")
HOSTED = LlmSettings(provider_base_url="http://127.0.0.1:9/v1", api_key="k", model_l1="gpt-4o-mini")
PRICES = "shop/prices.py"


def patch_text(**changes: str) -> str:
    operation = {
        "op": "search_replace",
        "path": PRICES,
        "base_fingerprint": file_fingerprint(SHOP[PRICES]),
        "search": "net * 1.19",
        "replace": "net * 119 / 100",
        **changes,
    }
    return json.dumps({"summary": "Exact.", "document": {"version": 1, "operations": [operation]}})


def hosted(*script: ScriptedAnswer, **changes: Any) -> tuple[LlmService, FakeGateway, Records]:
    gateway, records = FakeGateway(script), Records()
    settings = replace(HOSTED, **changes)
    return LlmService(settings, gateway, Snapshots(), tools=Tools(), recorder=records), gateway, records


class TestRunHosted:
    async def test_returns_a_typed_value_with_usage_and_one_record(self) -> None:
        service, gateway, records = hosted(ScriptedAnswer((patch_text(),), usage=Usage(900, 60)))
        result = await service.run(ask_refactor())
        assert isinstance(result.value, PatchOutput)
        assert result.value.document.operations[0].path == PRICES
        assert (result.route, result.model_alias) == (RouteName.HOSTED, "gpt-4o-mini")
        assert result.usage == Usage(900, 60)
        (record,) = records
        assert (record.call_id, record.outcome, record.usage) == (result.call_id, CallOutcome.OK, Usage(900, 60))

    async def test_asks_once_more_when_the_json_does_not_fit(self) -> None:
        wrong = ScriptedAnswer(('{"summary": "x", "document": {"operations": [{"op": "guess"}]}}',), usage=Usage(5, 5))
        service, gateway, records = hosted(wrong, ScriptedAnswer((patch_text(),), usage=Usage(6, 6)))
        result = await service.run(ask_refactor())
        assert result.schema_retry
        assert result.usage == Usage(11, 11)
        assert len(records) == 1
        question = gateway.calls[1].messages[-1].content
        assert "document.operations.0" in question

    async def test_asks_once_more_when_the_edits_do_not_apply(self) -> None:
        service, gateway, _ = hosted(
            ScriptedAnswer((patch_text(search="nowhere to be found"),)), ScriptedAnswer((patch_text(),))
        )
        assert (await service.run(ask_refactor())).schema_retry
        assert "ANCHOR_NOT_FOUND" in gateway.calls[1].messages[-1].content

    async def test_fails_closed_after_the_second_bad_answer(self) -> None:
        service, gateway, records = hosted(ScriptedAnswer(("no json",)), ScriptedAnswer(("none either",)))
        with pytest.raises(OutputInvalidError) as refusal:
            await service.run(ask_refactor())
        assert refusal.value.code == "MODEL_OUTPUT_INVALID"
        assert len(gateway.calls) == 2
        assert records[0].outcome is CallOutcome.OUTPUT_INVALID

    async def test_refuses_an_answer_that_was_counted_beyond_the_cap(self) -> None:
        service, _, _ = hosted(ScriptedAnswer((patch_text(),), usage=Usage(10, 30_001)))
        with pytest.raises(OutputInvalidError) as refusal:
            await service.run(ask_refactor())
        assert refusal.value.data["reason"] == "OUTPUT_CAP_EXCEEDED"

    async def test_records_a_withdrawn_call(self) -> None:
        service, _, records = hosted(ScriptedAnswer(("{", "}"), chunk_seconds=5))
        cancel = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, cancel.set)
        with pytest.raises(CallCancelledError):
            await service.run(ask_refactor(cancel=cancel))
        assert records[0].outcome is CallOutcome.CANCELLED

    async def test_sends_nothing_when_a_secret_stands_in_the_target(self) -> None:
        key = "AKIA" + "ABCDEFGHIJKLMNOP"
        service, gateway, records = hosted()
        service._snapshots = Snapshots({**SHOP, PRICES: f"\nKEY = '{key}'\n".encode()})
        with pytest.raises(SecretInContextError) as refusal:
            await service.run(ask_refactor())
        assert refusal.value.data == {"places": [f"{PRICES}:2"]}
        assert gateway.calls == []
        assert key not in repr(records)

    async def test_records_what_was_shown_beside_the_call(self) -> None:
        service, _, records = hosted(ScriptedAnswer((patch_text(),)))
        await service.run(ask_refactor())
        manifest = records[0].context
        assert manifest is not None
        assert [(item.path, item.kind) for item in manifest.slices][:2] == [
            (PRICES, "target"),
            ("shop/money.py", "interface"),
        ]

    async def test_refuses_for_size_before_anything_is_sent(self) -> None:
        service, gateway, records = hosted(context_tokens=20)
        with pytest.raises(ContextTooLargeError):
            await service.run(ask_refactor())
        assert gateway.calls == []
        assert records[0].detail["code"] == "CONTEXT_CAP_EXCEEDED"

    async def test_applies_edits_written_against_replaced_personal_data(self) -> None:
        source = b"OWNER = 'ida.fischer@shop.de'\nSHOP = 1\n"
        tree = {**SHOP, PRICES: source}
        shown = Redactor("snap-1").hide("OWNER = 'ida.fischer@shop.de'")
        answer = patch_text(search=shown, replace=f"KEEPER{shown[5:]}", base_fingerprint=file_fingerprint(source))
        service, gateway, _ = hosted(ScriptedAnswer(("no json",)), ScriptedAnswer((answer,)))
        service._snapshots = Snapshots(tree)
        result = await service.run(ask_refactor())
        assert apply_document(tree, result.value.document).tree[PRICES].startswith(b"KEEPER = 'ida.fischer@shop.de'\n")
        assert "ida.fischer" not in repr(gateway.calls)

    async def test_anchors_edits_of_pruned_files_in_the_whole_file(self) -> None:
        test = b"from shop.prices import gross\n\n\ndef other():\n    value = 1\n    return value\n\n\n" \
               b"def test_gross():\n    value = 1\n    assert gross(100) == 119.0\n"  # fmt: skip
        tree = {**SHOP, "tests/test_prices.py": test}
        answer = patch_text(
            path="tests/test_prices.py", search="    value = 1\n", replace="", base_fingerprint=file_fingerprint(test)
        )
        service, _, _ = hosted(ScriptedAnswer((answer,)))
        service._snapshots = Snapshots(tree)
        payload = RefactorPayload(goal="Tidy", path_scope=["shop", "tests"], level=ProposalLevel.STANDARD)
        result = await service.run(ask(Stage.REFACTOR_GENERATION, payload, PatchOutput))
        after = apply_document(tree, result.value.document).tree["tests/test_prices.py"]
        assert after == test[:-len(b"    value = 1\n    assert gross(100) == 119.0\n")] + (
            b"    assert gross(100) == 119.0\n"
        )  # fmt: skip


class TestRunFallback:
    DOWN = ProviderUnavailableError(reason="RATE_LIMITED", http_status=429, retry_after_seconds=7.0)

    async def test_lets_the_rules_answer_when_the_provider_does_not(self) -> None:
        service, _, records = hosted(ScriptedAnswer(error=self.DOWN))
        result = await service.run(ask_refactor("Clean up"))
        assert (result.route, result.route_reason) == (RouteName.RULES, RouteReason.FALLBACK)
        assert [record.outcome for record in records] == [CallOutcome.PROVIDER_UNAVAILABLE, CallOutcome.OK]
        assert records[0].detail["retry_after_seconds"] == 7.0

    async def test_stays_with_the_provider_for_a_goal_that_only_a_model_reaches(self) -> None:
        service, _, records = hosted(ScriptedAnswer(error=self.DOWN))
        with pytest.raises(ProviderUnavailableError):
            await service.run(ask_refactor("Fix the rounding bug"))
        assert [record.outcome for record in records] == [CallOutcome.PROVIDER_UNAVAILABLE, CallOutcome.REFUSED]

    async def test_reports_the_provider_when_policy_forbids_another(self) -> None:
        service, _, _ = hosted(ScriptedAnswer(error=self.DOWN), allow_fallback=False)
        with pytest.raises(ProviderUnavailableError) as refusal:
            await service.run(ask_refactor("Clean up"))
        assert refusal.value.data["retry_after_seconds"] == 7.0


class TestRunAgainstAProvider:
    """The whole way with LiteLLM and a provider that nobody of this project wrote."""

    async def test_repairs_malformed_json_over_the_wire(self, aimock: str, litellm_gateway: LiteLlmGateway) -> None:
        settings = replace(HOSTED, provider_base_url=f"{aimock}/v1")
        service = LlmService(settings, litellm_gateway, Snapshots())
        result = await service.run(ask_refactor("RENAME-LIKE GOAL"))
        assert result.schema_retry
        assert result.value.summary == "Nothing to do."
        assert result.usage.llm_tokens_in >= 30


@pytest.fixture(params=["litellm", "fake"])
def keyless(request: pytest.FixtureRequest) -> tuple[LlmService, Records, Snapshots]:
    real = request.param == "litellm"
    gateway: CompletionGateway = request.getfixturevalue("litellm_gateway") if real else FakeGateway()
    records, snapshots = Records(), Snapshots()
    return LlmService(LlmSettings(), gateway, snapshots, tools=Tools(), recorder=records), records, snapshots


Keyless = tuple[LlmService, Records, Snapshots]


class TestRunRules:
    """Every stage without a key, through the same door."""

    async def test_proposes_three_measured_strategies(self, keyless: Keyless) -> None:
        service, records, snapshots = keyless
        payload = SpecPayload(goal="Modernise to Python 3.11")
        result = await service.run(ask(Stage.PROPOSALS, payload, ProposalsOutput))
        assert [proposal.level for proposal in result.value.proposals] == list(ProposalLevel)
        assert result.value.proposals[1].facts.operations >= 1
        assert result.value.proposals[1].facts.files == 1
        assert result.value.proposals[1].facts.estimate_seconds
        assert (result.route, result.usage) == (RouteName.RULES, Usage(0, 0))
        assert snapshots.asked == ["snap-1"]
        assert records[0].route_reason is RouteReason.NOT_CONFIGURED

    async def test_writes_edits_that_apply(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        result = await service.run(ask_refactor("Modernise to Python 3.11"))
        after = apply_document(SHOP, result.value.document, scope=[PRICES])
        assert after.applied
        assert b"f'costs {net}'" in after.tree[PRICES].replace(b'"', b"'")

    async def test_says_what_it_looked_for_when_nothing_applies(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        result = await service.run(ask_refactor("Modernise to Python 3.11", scope="shop/money.py"))
        assert result.value.document.operations == []
        assert "Nothing to change" in result.value.summary

    async def test_leaves_protected_files_alone_and_says_so(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        payload = RefactorPayload(goal="Modernise to Python 3.11", level=ProposalLevel.STANDARD, protected=[PRICES])
        result = await service.run(ask(Stage.REFACTOR_GENERATION, payload, PatchOutput))
        assert result.value.document.operations == []
        assert any(PRICES in step for step in result.value.steps)

    async def test_hands_measuring_stages_to_the_tools(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        spec = await service.run(ask(Stage.SPEC_EXTRACTION, SpecPayload(goal="Clean up"), SpecOutput))
        assert spec.value == ITEMS
        plan = TestPayload(goal="Clean up", items=spec.value)
        tests = await service.run(ask(Stage.TEST_GENERATION, plan, TestPlanOutput))
        assert [case.item_key for case in tests.value.cases] == ["b1"]

    async def test_repairs_by_leaving_edits_out(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        fingerprint = file_fingerprint(SHOP[PRICES])
        operations = [
            SearchReplace(path=PRICES, base_fingerprint=fingerprint, search="net * 1.19", replace="net * 1.2"),
            SearchReplace(path=PRICES, base_fingerprint=fingerprint, search="costs", replace="is"),
        ]
        payload = RepairPayload(
            goal="Clean up",
            level=ProposalLevel.STANDARD,
            document=EditDocument(operations=operations),
            failures=[TestFailure(test_id="tests/test_prices.py::test_gross")],
        )
        result = await service.run(ask(Stage.REPAIR, payload, RepairOutput, attempt=1))
        assert result.value.kept == [1]
        assert result.value.document is not None
        assert result.value.document.operations == [operations[1]]

    async def test_says_which_goals_it_cannot_do(self, keyless: Keyless) -> None:
        service, records, _ = keyless
        with pytest.raises(GoalNotUnderstoodError) as refusal:
            await service.run(ask_refactor("Fix the rounding bug"))
        assert "changes behaviour" in refusal.value.sentence
        assert refusal.value.data["examples"]
        assert records[0].outcome is CallOutcome.REFUSED

    async def test_refuses_a_rename_of_what_is_not_there(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        payload = SpecPayload(goal="Rename `missing` in `shop/prices.py` to `found`")
        with pytest.raises(ChangeNotSafeError) as refusal:
            await service.run(ask(Stage.PROPOSALS, payload, ProposalsOutput))
        assert refusal.value.data["refusal"] == "ANCHOR_NOT_FOUND"
        assert "shop/prices.py" in refusal.value.sentence

    async def test_answers_many_at_once_without_mixing_them(self, keyless: Keyless) -> None:
        service, _, _ = keyless
        requests = [ask_refactor("Modernise to Python 3.11"), ask_refactor("Modernise to Python 3.11", "shop/money.py")]
        first, second = await asyncio.gather(*[service.run(request) for request in requests])
        assert first.value.document.operations
        assert not second.value.document.operations


class TestModuleRun:
    async def test_refuses_before_it_is_configured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(llm, "_configured", [])
        with pytest.raises(RuntimeError, match="not configured"):
            await llm.run(ask_refactor())

    async def test_uses_what_was_configured_last(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(llm, "_configured", [])
        llm.configure(LlmService(LlmSettings(), FakeGateway(), Snapshots()))
        assert (await llm.run(ask_refactor("Clean up"))).route is RouteName.RULES
