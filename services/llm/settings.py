"""What the model layer needs to know about its configuration; the caller fills it from the product's settings."""

from dataclasses import dataclass, field

from services.llm.vocabulary import ModelClass, Stage

OUTPUT_CAP_TOKENS = {ModelClass.L1: 30_000, ModelClass.L2: 5_000, ModelClass.L3: 5_000}
"""Longest answer per model class (V1-LLM-01)."""

CALL_SECONDS = 600.0
CHUNK_SECONDS = 60.0

MEASURED_STAGES = frozenset({Stage.SPEC_EXTRACTION, Stage.TEST_GENERATION})
"""Stages answered by measuring the code even when a provider is configured: each item must link to evidence that
exists."""


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """Provider, models by class and bounds. With no model named, everything goes to `iama-rules`.

    Args:
        provider_base_url: an OpenAI-compatible server; None lets LiteLLM address the vendor named in the model.
        api_key: key of the provider; never shown, logged or recorded.
        model_l1: model name as the server (or LiteLLM, without a base URL) knows it; None means not configured.
        allow_fallback: whether `iama-rules` answers when the provider does not.
        context_tokens: the model's window where it is smaller than what the plan allows.
        call_seconds: longest whole call; `chunk_seconds` is the longest silence inside one.
        native_json: ask the provider for JSON output; off for servers that refuse the option (V1-LLM-08).
    """

    provider_base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    model_l1: str | None = None
    model_l2: str | None = None
    model_l3: str | None = None
    allow_fallback: bool = True
    output_cap_tokens: dict[ModelClass, int] = field(default_factory=lambda: dict(OUTPUT_CAP_TOKENS))
    context_tokens: int | None = None
    call_seconds: float = CALL_SECONDS
    chunk_seconds: float = CHUNK_SECONDS
    native_json: bool = True
    measured_stages: frozenset[Stage] = MEASURED_STAGES

    @property
    def models(self) -> dict[ModelClass, str]:
        """Return the configured models by class; empty when nothing is configured."""
        named = {ModelClass.L1: self.model_l1, ModelClass.L2: self.model_l2, ModelClass.L3: self.model_l3}
        return {model_class: name for model_class, name in named.items() if name}

    @property
    def is_hosted(self) -> bool:
        """Whether source text may leave this machine (decides how found secrets are handled)."""
        return bool(self.models)
