"""Which class and which route: read from tables, degraded downwards only, measured stages kept here."""

import pytest

from services.canon.vocabulary import ProposalLevel
from services.llm.router import choose_route, fallback_route, model_class_for
from services.llm.schemas import ChangePayload, RefactorPayload
from services.llm.settings import LlmSettings
from services.llm.vocabulary import ModelClass, RouteName, RouteReason, Stage

PAYLOAD = ChangePayload(goal="Clean up")
L1_ONLY = LlmSettings(provider_base_url="http://models.internal/v1", api_key="very-private", model_l1="qwen/coder")
L2_ONLY = LlmSettings(model_l2="anthropic/claude")


class TestModelClassFor:
    @pytest.mark.parametrize(
        ("stage", "tier", "attempt", "expected"),
        [
            (Stage.PROPOSALS, "ENTERPRISE", 0, ModelClass.L1),
            (Stage.REPAIR, "MAX", 3, ModelClass.L1),
            (Stage.REPAIR, "PLUS", 4, ModelClass.L2),
            (Stage.REPAIR, "FREE", 6, ModelClass.L1),
            (Stage.REPAIR, "ENTERPRISE", 10, ModelClass.L2),
        ],
    )
    def test_follows_the_cascade(self, stage: Stage, tier: str, attempt: int, expected: ModelClass) -> None:
        assert model_class_for(stage, tier, attempt) is expected

    def test_knows_every_stage_and_tier(self) -> None:
        for stage in Stage:
            for tier in ("FREE", "PLUS", "PRO", "MAX", "ENTERPRISE"):
                assert [model_class_for(stage, tier, attempt) for attempt in range(11)]

    def test_has_no_eleventh_attempt(self) -> None:
        with pytest.raises(KeyError):
            model_class_for(Stage.REPAIR, "MAX", 11)


class TestChooseRoute:
    @pytest.mark.parametrize(
        ("settings", "stage", "asked", "route", "reason"),
        [
            (LlmSettings(), Stage.REPAIR, ModelClass.L2, RouteName.RULES, RouteReason.NOT_CONFIGURED),
            (L1_ONLY, Stage.PROPOSALS, ModelClass.L1, RouteName.HOSTED, RouteReason.CONFIGURED),
            (L1_ONLY, Stage.REPAIR, ModelClass.L2, RouteName.HOSTED, RouteReason.CLASS_DEGRADED),
            (L1_ONLY, Stage.TEST_GENERATION, ModelClass.L1, RouteName.RULES, RouteReason.MEASURED_STAGE),
            (L2_ONLY, Stage.PROPOSALS, ModelClass.L1, RouteName.RULES, RouteReason.NOT_CONFIGURED),
        ],
    )
    def test_reads_the_table(
        self, settings: LlmSettings, stage: Stage, asked: ModelClass, route: RouteName, reason: RouteReason
    ) -> None:
        chosen = choose_route(stage, asked, PAYLOAD, settings)
        assert (chosen.name, chosen.reason) == (route, reason)

    def test_addresses_a_compatible_server_by_its_own_model_name(self) -> None:
        route = choose_route(Stage.PROPOSALS, ModelClass.L1, PAYLOAD, L1_ONLY)
        assert (route.model, route.alias) == ("openai/qwen/coder", "qwen/coder")
        assert route.output_cap_tokens == 30_000

    def test_leaves_a_vendor_name_as_it_is(self) -> None:
        route = choose_route(Stage.REPAIR, ModelClass.L2, PAYLOAD, L2_ONLY)
        assert (route.model, route.output_cap_tokens) == ("anthropic/claude", 5_000)

    def test_names_the_level_for_the_rules(self) -> None:
        payload = RefactorPayload(goal="Clean up", level=ProposalLevel.STANDARD)
        route = choose_route(Stage.REFACTOR_GENERATION, ModelClass.L1, payload, LlmSettings())
        assert route.model == "iama-rules/standard"

    def test_never_shows_the_key(self) -> None:
        route = choose_route(Stage.PROPOSALS, ModelClass.L1, PAYLOAD, L1_ONLY)
        assert "very-private" not in repr(route) + repr(L1_ONLY)


class TestFallbackRoute:
    def test_leads_to_the_rules_only_where_allowed(self) -> None:
        route = choose_route(Stage.PROPOSALS, ModelClass.L1, PAYLOAD, L1_ONLY)
        other = fallback_route(route, PAYLOAD, L1_ONLY)
        assert other is not None
        assert (other.name, other.reason) == (RouteName.RULES, RouteReason.FALLBACK)
        assert fallback_route(other, PAYLOAD, L1_ONLY) is None
