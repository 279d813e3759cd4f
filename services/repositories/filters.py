"""Which files are source: cheap checks before any parser sees a byte (V1-FR-CTX-007, V2-FR-WF-007)."""

import math
import re
from collections import Counter

from services.canon.limits import FILE_MAX_BYTES, HIGH_ENTROPY_BITS, LINE_MAX_CHARACTERS
from services.repositories.schemas import FilterDecision

RUNNABLE_MAX_BYTES = 16 * 1024 * 1024
RULE_VERSION = 1

_COMPILED = (".pyc", ".pyo", ".so", ".dll", ".dylib", ".exe", ".o", ".a", ".class", ".jar", ".wasm", ".whl", ".egg")
_MINIFIED = re.compile(r"\.min\.(js|css|mjs)$")
_SECRETS = re.compile(
    rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY(?: BLOCK)?-----\s[A-Za-z0-9+/=\s]{200}"
    rb"|\bAKIA[0-9A-Z]{16}\b.{0,200}?[\"'][A-Za-z0-9/+=]{40}[\"']"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    rb"|\bsk_live_[A-Za-z0-9]{24,}\b"
    rb"|\bxox[baprs]-[0-9]{10,}-[A-Za-z0-9-]{20,}\b",
    re.DOTALL,
)
_SAMPLE_BYTES = 64 * 1024


def decide(path: str, mode: str, content: bytes) -> FilterDecision | None:
    """Return why a file is not source, or None when it may be read and edited."""
    for code, excluded, matches in _RULES:
        if matches(path, mode, content):
            return FilterDecision(path, code, len(content), excluded)
    return None


def _is_special(path: str, mode: str, content: bytes) -> bool:
    return mode not in ("100644", "100755", "100664")


def _is_secret(path: str, mode: str, content: bytes) -> bool:
    return _SECRETS.search(content[: FILE_MAX_BYTES * 4]) is not None


def _is_huge(path: str, mode: str, content: bytes) -> bool:
    return len(content) > RUNNABLE_MAX_BYTES


def _is_large(path: str, mode: str, content: bytes) -> bool:
    return len(content) > FILE_MAX_BYTES


def _is_compiled(path: str, mode: str, content: bytes) -> bool:
    return path.lower().endswith(_COMPILED)


def _is_binary(path: str, mode: str, content: bytes) -> bool:
    return b"\0" in content[:_SAMPLE_BYTES] and not content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _is_minified(path: str, mode: str, content: bytes) -> bool:
    return _MINIFIED.search(path.lower()) is not None


def _has_long_line(path: str, mode: str, content: bytes) -> bool:
    return max((len(line) for line in content.split(b"\n")), default=0) > LINE_MAX_CHARACTERS


def _has_high_entropy(path: str, mode: str, content: bytes) -> bool:
    sample = content[:_SAMPLE_BYTES]
    if len(sample) < 4096:
        return False
    total = len(sample)
    bits = -sum(count / total * math.log2(count / total) for count in Counter(sample).values())
    return bits > HIGH_ENTROPY_BITS


_RULES = (
    ("TYPE_NOT_ALLOWED", True, _is_special),
    ("SECRET_DETECTED", True, _is_secret),
    ("FILE_TOO_LARGE", True, _is_huge),
    ("FILE_TOO_LARGE", False, _is_large),
    ("COMPILED_ASSET", False, _is_compiled),
    ("BINARY_FILE", False, _is_binary),
    ("MINIFIED_BUNDLE", False, _is_minified),
    ("LINE_TOO_LONG", False, _has_long_line),
    ("HIGH_ENTROPY", False, _has_high_entropy),
)
"""(reason code, kept out of the sandbox too, predicate), first match wins."""
