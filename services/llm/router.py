"""Which model answers: class by tier, stage and attempt; route by class and configuration. Tables, no calls."""

from dataclasses import dataclass, field

from services.canon.vocabulary import ProposalLevel
from services.llm.schemas import ChangePayload
from services.llm.settings import LlmSettings
from services.llm.vocabulary import ModelClass, RouteName, RouteReason, Stage

PHASE_OF_ATTEMPT = {**dict.fromkeys(range(4), 1), **dict.fromkeys(range(4, 7), 2), **dict.fromkeys(range(7, 11), 3)}
"""Repair attempt → phase; attempt 0 is the first pass."""

_ALWAYS_L1 = dict.fromkeys(("FREE", "PLUS", "PRO", "MAX", "ENTERPRISE"), ModelClass.L1)
_L2_ABOVE_FREE = {tier: ModelClass.L1 if tier == "FREE" else ModelClass.L2 for tier in _ALWAYS_L1}

CASCADE: dict[tuple[Stage, int], dict[str, ModelClass]] = {
    (Stage.PROPOSALS, 1): _ALWAYS_L1,
    (Stage.SPEC_EXTRACTION, 1): _ALWAYS_L1,
    (Stage.SPEC_CONVERSION, 1): _L2_ABOVE_FREE,
    (Stage.TEST_GENERATION, 1): _ALWAYS_L1,
    (Stage.REFACTOR_GENERATION, 1): _ALWAYS_L1,
    (Stage.REPAIR, 1): _ALWAYS_L1,
    (Stage.REPAIR, 2): _L2_ABOVE_FREE,
    (Stage.REPAIR, 3): _L2_ABOVE_FREE,
}
"""Ceiling of the model class per stage and phase; whether a phase may be entered is decided at the band border."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way to an answer: LiteLLM's model name, where it is served, and its bounds. None means unbounded."""

    name: RouteName
    reason: RouteReason
    model: str
    alias: str
    model_class: ModelClass
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    output_cap_tokens: int | None = None
    context_tokens: int | None = None
    call_seconds: float = 600.0
    chunk_seconds: float | None = None
    native_json: bool = False


def model_class_for(stage: Stage, tier: str, attempt: int) -> ModelClass:
    """Return the class that the cascade grants. Raises KeyError for an unknown tier or an attempt above 10."""
    phase = PHASE_OF_ATTEMPT[attempt] if stage is Stage.REPAIR else 1
    return CASCADE[stage, phase][tier]


def choose_route(stage: Stage, model_class: ModelClass, payload: ChangePayload, settings: LlmSettings) -> Route:
    """Return the route of one request.

    A class without a model of its own goes to the next weaker one that has one, and says so; never to a stronger.
    """
    served = _nearest_configured(model_class, settings)
    if served is None:
        return rules_route(payload, model_class, RouteReason.NOT_CONFIGURED, settings)
    if stage in settings.measured_stages:
        return rules_route(payload, model_class, RouteReason.MEASURED_STAGE, settings)
    reason = RouteReason.CONFIGURED if served is model_class else RouteReason.CLASS_DEGRADED
    return _hosted_route(served, reason, settings)


def rules_route(payload: ChangePayload, model_class: ModelClass, reason: RouteReason, settings: LlmSettings) -> Route:
    """Return the keyless route; its model name is the strategy's level."""
    level: ProposalLevel | None = getattr(payload, "level", None)
    variant = level.value.lower() if level else "all"
    return Route(
        RouteName.RULES,
        reason,
        model=f"{RouteName.RULES}/{variant}",
        alias=RouteName.RULES.value,
        model_class=model_class,
        call_seconds=settings.call_seconds,
    )


def fallback_route(failed: Route, payload: ChangePayload, settings: LlmSettings) -> Route | None:
    """Return the route to take after `failed` did not answer, or None where policy or the route leaves no other."""
    if failed.name is RouteName.RULES or not settings.allow_fallback:
        return None
    return rules_route(payload, failed.model_class, RouteReason.FALLBACK, settings)


def _nearest_configured(model_class: ModelClass, settings: LlmSettings) -> ModelClass | None:
    strengths = list(ModelClass)
    not_stronger = reversed(strengths[: strengths.index(model_class) + 1])
    return next((candidate for candidate in not_stronger if candidate in settings.models), None)


def _hosted_route(model_class: ModelClass, reason: RouteReason, settings: LlmSettings) -> Route:
    alias = settings.models[model_class]
    compatible = settings.provider_base_url is not None and not alias.startswith("openai/")
    return Route(
        RouteName.HOSTED,
        reason,
        model=f"openai/{alias}" if compatible else alias,
        alias=alias,
        model_class=model_class,
        api_base=settings.provider_base_url,
        api_key=settings.api_key,
        output_cap_tokens=settings.output_cap_tokens[model_class],
        context_tokens=settings.context_tokens,
        call_seconds=settings.call_seconds,
        chunk_seconds=settings.chunk_seconds,
        native_json=settings.native_json,
    )
