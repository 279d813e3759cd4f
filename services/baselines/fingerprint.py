"""The fingerprint of a failure: equal for the same failure, blind to line numbers, addresses, times and chance."""

import hashlib
import re
from collections.abc import Iterable

from services.baselines.schemas import SuiteRun, TestOutcome

_VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "uuid"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "hex"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\b"), "time"),
    (re.compile(r"(?<=[:\w])(?:,? line |:)\d+\b"), ""),
    (re.compile(r"/(?:tmp|var/folders)/[^\s:'\"]*"), "/tmp"),
    (re.compile(r"\d{5,}"), "n"),
)


def failure_fingerprint(*runs: SuiteRun, lost: Iterable[str] = ()) -> str | None:
    """Hash sorted failing test ids, error classes and locations of one proof; None when nothing failed.

    Line numbers, addresses, times and random values do not enter, so two runs of one defect agree.

    Args:
        lost: ids that were green before and are not now; those without a failure of their own count as missing.
    """
    red = {name for run in runs for name in run.red}
    gone = {"\0".join((normalise(name), "Lost", "")) for name in lost if name not in red}
    facts = sorted(gone | {fact for run in runs for fact in _facts(run)})
    if not facts:
        return None
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def normalise(text: str) -> str:
    """Take out of a name or place what changes from run to run."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text


def _facts(run: SuiteRun) -> Iterable[str]:
    for name in run.red:
        found = run.outcomes.get(name)
        yield "\0".join((normalise(name), *_kind_and_place(found)))


def _kind_and_place(found: TestOutcome | None) -> tuple[str, str]:
    if found is None:
        return "NoResult", ""
    return found.error_class or "", normalise(found.location or "")
