"""Last look before text leaves the machine: well-known shapes of credentials. Names places, never values."""

import re

SHAPES: tuple[re.Pattern[str], ...] = (
    re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36,}\b"),
    re.compile(r"\bgithub_pat_[0-9A-Za-z_]{22,}\b"),
    re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}\b"),
    re.compile(r"\b(?:sk|rk)_live_[0-9A-Za-z]{16,}\b"),
    re.compile(r"\bsk-(?:ant-|proj-)?[0-9A-Za-z_-]{32,}\b"),
    re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    re.compile(r"\beyJ[0-9A-Za-z_-]{10,2000}\.eyJ[0-9A-Za-z_-]{10,8000}\.[0-9A-Za-z_-]{10,}"),
)
"""The scan at sync is wider; this one guards what is about to be sent."""


def secret_places(label: str, text: str) -> list[str]:
    """Return `label:line` for every line that holds something shaped like a credential, in order."""
    return [
        f"{label}:{number}"
        for number, line in enumerate(text.splitlines(), start=1)
        if any(shape.search(line) for shape in SHAPES)
    ]
