"""Which files of a commit are kept, and which of those are source (V1-FR-CTX-007, V2-FR-WF-007)."""

from services.engine.context.admission import blocking_code, has_secret
from services.repositories.schemas import FilterDecision

RUNNABLE_MAX_BYTES = 16 * 1024 * 1024
RULE_VERSION = 1
_FILE_MODES = ("100644", "100755", "100664")


def decide(path: str, mode: str, content: bytes) -> FilterDecision | None:
    """Return why a file is not source, or None when it may be read and edited.

    Special entries, credentials and huge files are kept out of the sandbox too.
    """
    if mode not in _FILE_MODES:
        return FilterDecision(path, "TYPE_NOT_ALLOWED", len(content), True)
    if has_secret(content):
        return FilterDecision(path, "SECRET_DETECTED", len(content), True)
    if len(content) > RUNNABLE_MAX_BYTES:
        return FilterDecision(path, "FILE_TOO_LARGE", len(content), True)
    code = blocking_code(path, content)
    return FilterDecision(path, code, len(content), False) if code else None
