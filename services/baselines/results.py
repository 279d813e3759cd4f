"""Reading what the sandbox wrote: only signed lines in sequence count, and canaries must have ended as planned."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from services.baselines.errors import VerdictForgedError
from services.baselines.schemas import Outcome, TestOutcome

MAX_TESTS = 200_000
_TEXT_LIMIT = 2048
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\x1b\[[0-9;]*m")
_CAME_TO_ITS_END = (0, 1)
"""Exit status of the runner when every collected test had its turn."""
_OUTCOMES = frozenset(get_args(Outcome))


@dataclass(slots=True)
class Results:
    """Results of one run. `expected` are the ids the runner collected; canaries are taken out.

    `complete`: the runner came to its end and every expected test has a result.
    """

    outcomes: dict[str, TestOutcome] = field(default_factory=dict)
    expected: tuple[str, ...] = ()
    runner: str = "none"
    complete: bool = False
    canaries: dict[str, list[str]] = field(default_factory=dict)


def read_results(content: bytes, key: str) -> Results:
    """Read one results file.

    Lines without a valid signature or out of sequence are ignored, as is everything after them: what they say is
    then missing, and missing is not passed.
    Raises:
        VerdictForgedError: one test has two contradicting signed results.
    """
    found, canaries = Results(), dict[str, str]()
    for expected_sequence, line in enumerate(content.splitlines()[: MAX_TESTS * 2]):
        body = _verified(line, key)
        if body is None or body.get("seq") != expected_sequence:
            break
        _take(found, canaries, body)
    for test_id, name in canaries.items():
        ended = found.outcomes.pop(test_id, None)
        found.canaries.setdefault(name, []).append(ended.outcome if ended else "missing")
    found.expected = tuple(name for name in found.expected if name not in canaries)
    found.complete = found.complete and found.outcomes.keys() >= set(found.expected)
    return found


def check_canaries(found: Results, planned: Mapping[str, bool], *, label: str) -> int:
    """Compare canaries with the plan (name → must pass); returns how many there were.

    Where nothing passed, or the run did not come to its end, a canary that did not pass says nothing more: there is no
    pass to forge, and missing tests already count as not passed.
    Raises:
        VerdictForgedError: a canary ended otherwise than planned.
    """
    any_green = any(item.is_green for item in found.outcomes.values())
    for name, must_pass in planned.items():
        wanted = "passed" if must_pass else "failed"
        for ended in found.canaries.get(name) or ["missing"]:
            if ended == wanted or (ended != "passed" and not (any_green and found.complete)):
                continue
            verb = "pass" if must_pass else "fail"
            raise VerdictForgedError(
                sentence=f"A control test that must {verb} was reported as {ended} in the run of {label}.",
                suite=label,
                expected=wanted,
                reported=ended,
            )
    return sum(len(found.canaries.get(name, ())) for name in planned)


def _verified(line: bytes, key: str) -> dict[str, Any] | None:
    try:
        outer = json.loads(line)
        body, mac = outer["body"], outer["mac"]
        wanted = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
        inner = json.loads(body) if hmac.compare_digest(wanted, mac) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return inner if isinstance(inner, dict) else None


def _take(found: Results, canaries: dict[str, str], body: Mapping[str, Any]) -> None:
    match body["kind"]:
        case "start":
            found.runner = str(body["runner"])
        case "collected":
            found.expected = tuple(str(name) for name in body["ids"])
        case "canary":
            canaries[str(body["id"])] = str(body["name"])
        case "test" if body["outcome"] in _OUTCOMES:
            _add(found, _outcome(body))
        case "end":
            found.complete = body.get("code") in _CAME_TO_ITS_END


def _add(found: Results, item: TestOutcome) -> None:
    known = found.outcomes.get(item.test_id)
    if known is not None and known.is_green != item.is_green and known.error_class != "CollectionError":
        raise VerdictForgedError(sentence=f"Two results contradict each other for the test {item.test_id[:200]}.")
    found.outcomes[item.test_id] = item


def _outcome(body: Mapping[str, Any]) -> TestOutcome:
    return TestOutcome(
        test_id=str(body["id"]),
        outcome=body["outcome"],
        error_class=_short(body.get("error_class")),
        location=_short(body.get("location")),
        message=clean(str(body.get("message") or "")),
        duration_seconds=max(0.0, float(body.get("seconds") or 0.0)),
        timed_out=bool(body.get("overdue")),
    )


def clean(text: str) -> str:
    """Take control characters and colour codes out of customer output; at most 2 KB, the end is kept."""
    return _CONTROL.sub("", text).encode("utf-8", "replace")[-_TEXT_LIMIT:].decode("utf-8", "ignore")


def _short(value: object) -> str | None:
    return clean(str(value))[:300] if value else None
