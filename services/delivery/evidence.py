"""The evidence record: an in-toto statement with one predicate of ours. Unknown is absent, never zero or "passed"."""

import hashlib
import json
from typing import Any

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://iama.dev/evidence/v1"


def statement(subjects: dict[str, str], predicate: dict[str, Any]) -> dict[str, Any]:
    """Return the statement over files (path → SHA-256) with everything None left out."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())],
        "predicateType": PREDICATE_TYPE,
        "predicate": _known(predicate),
    }


def record_hash(document: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON text."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value
