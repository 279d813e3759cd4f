"""Refusals of the model layer. Their data never holds prompts, answers, source text or keys."""

from services.canon.errors import IamaError


class ProviderUnavailableError(IamaError):
    """The provider refused, failed or fell silent. `data`: reason, http_status?, retry_after_seconds?."""

    code = "MODEL_PROVIDER_UNAVAILABLE"


class OutputInvalidError(IamaError):
    """The answer did not fit its schema or caps, also after one repair. `data`: reason, problems[]."""

    code = "MODEL_OUTPUT_INVALID"


class ContextTooLargeError(IamaError):
    """Targets and the interfaces they need exceed the cap. `data`: tokens, limit_tokens."""

    code = "CONTEXT_CAP_EXCEEDED"


class ContextBlockedError(IamaError):
    """Files that the change needs may not be read as source. `data.files[]`: path, reason_code, guidance."""

    code = "CONTEXT_FILES_BLOCKED"


class ChangeNotSafeError(IamaError):
    """An understood goal that the engine refuses to carry out. `data`: refusal, location."""

    code = "CHANGE_NOT_SAFE"


class SecretInContextError(IamaError):
    """A secret stands in a file that would have left the machine. `data`: places[] as `path:line`, never the value."""

    code = "SECRET_DETECTED"


class CallCancelledError(Exception):
    """The caller withdrew the request; whatever arrived is discarded."""
