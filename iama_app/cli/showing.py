"""The terminal's view of a job: one line per state with its stage map, and per fact; the result at the end."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from services.canon.lifecycle import JobState
from services.canon.reasons import reason_sentence
from services.canon.vocabulary import STATE_WORDS, risk_word
from services.core.wording import plural
from services.delivery.schemas import DeliveryView
from services.feed.schemas import Frame
from services.jobs.schemas import JobView, ProposalView
from services.specs.schemas import BddItem
from state.jobs.present_spec import observed
from state.jobs.stage_map import TrackFacts, Visit, place, stations

STYLES = {"success": "green", "danger": "red", "warning": "yellow", "info": "cyan", "neutral": "bold", "paused": "blue"}
LEVELS = {"WARN": "yellow", "ERROR": "red", "FAIL": "red", "DENY": "yellow", "PASS": "green"}


class Display:
    """Writes progress to stderr; quiet when only a document is wanted."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False, quiet=quiet, soft_wrap=True)
        self._started = time.monotonic()
        self._visits: dict[JobState, Visit] = {}

    def frame(self, frame: Frame) -> None:
        """Show one fact."""
        match frame.type:
            case "state_change":
                self._state(frame)
            case "log_line":
                level = frame.payload["level"]
                self._line(f"{level:<5} {frame.payload['message']}", LEVELS.get(level, "dim"))
            case "attempt_end":
                word = "holds" if frame.payload["passed"] else "does not hold"
                self._line(f"attempt {frame.payload['attempt']} {word}", "green" if frame.payload["passed"] else "red")

    def _state(self, frame: Frame) -> None:
        state = JobState(frame.payload["state"])
        self._visits[state] = Visit(state, 0)
        word, fact = STATE_WORDS[state], frame.payload.get("fact")
        line = f"{track(state, self._visits)} {word.label}" + (f"  ({fact})" if fact else "")
        self._line(line, STYLES[word.token] + " bold")

    def _line(self, text: str, style: str) -> None:
        seconds = int(time.monotonic() - self._started)
        self._console.print(Text.assemble((f"{seconds // 60:02d}:{seconds % 60:02d} ", "dim"), (text, style)))

    def say(self, sentence: str, style: str = "bold") -> None:
        """Write one sentence."""
        self._line(sentence, style)


def track(state: JobState, visits: Mapping[JobState, Visit]) -> str:
    """Draw the stage map in one line: stations behind, the present one, those ahead."""
    order = stations(TrackFacts(state, visits=visits))
    at = order.index(place(state))
    return "━" * at + "●" + "─" * (len(order) - at - 1)


def strategies(proposals: Sequence[ProposalView]) -> str:
    """Return the strategies with their measured facts, one a line; what nobody measured is left out."""
    return "\n".join(f"  {one.level.value.lower():<14} {_measured(one)}" for one in proposals)


def _measured(one: ProposalView) -> str:
    counted = (("files_changed", "file"), ("operations", "edit"), ("lines_touched", "line"))
    found = [plural(one.facts[name], noun) for name, noun in counted if one.facts.get(name) is not None]
    risk = f"risk {risk_word(one.risk_score).value.lower()}"
    return ", ".join([*found, risk, plural(len(one.hazards), "hazard")])


def hazard_line(hazard: Mapping[str, Any]) -> str:
    """Return one hazard with its place."""
    place = ":".join(str(hazard[name]) for name in ("path", "line") if hazard.get(name))
    return ": ".join(part for part in (place, str(hazard["sentence"])) if part)


def behaviours(items: Sequence[BddItem]) -> str:
    """Return what the spec says the code does, one behaviour a paragraph, each marked by whether it was ever seen."""
    return "\n".join(_behaviour(item) for item in items)


def _behaviour(item: BddItem) -> str:
    seen = "observed" if observed(item.model_dump()) else "unobserved"
    steps = (("given", item.given), ("when", item.when_action), ("then", item.then_outcome))
    return "\n".join(
        [f"  {item.id}  {item.title}  [{seen}]", *(f"    {name:<5} {words}" for name, words in steps if words)]
    )


def summary(delivery: DeliveryView, branch: str | None, commit: str | None) -> str:
    """Return branch, changed files and evidence as text."""
    predicate: dict[str, Any] = delivery.evidence["predicate"]
    lines = [f"Branch {branch} at {(commit or '')[:12]}", ""]
    if delivery.dropped_operations:
        left = sorted({item["path"] for item in delivery.dropped_operations})
        edits = plural(len(delivery.dropped_operations), "edit")
        lines.append(f"Left out: {edits}, because the proof did not hold with them")
        lines += [*(f"  {path}" for path in left), ""]
    for item in delivery.diff_files:
        lines.append(f"  {item.change.lower():<9} {item.path}  +{item.additions} -{item.deletions}")
    generated = predicate["generated_tests"]
    lines += ["", f"Generated tests  {generated['passed_before']} of {generated['total']} before, "
              f"{generated['passed_after']} of {generated['total']} after"]  # fmt: skip
    own = predicate.get("own_suite")
    lines.append(f"Own suite        {own['verdict']}" if own else "Own suite        none was found")
    baseline = predicate["baseline"]
    lines.append(f"Baseline         {baseline['mode'].lower()}, {baseline['behaviours_covered']} of "
                 f"{baseline['behaviours_total']} behaviours covered")  # fmt: skip
    lines.append(f"Evidence         {delivery.evidence['record_hash']}")
    return "\n".join(lines)


def document(view: JobView, delivery: DeliveryView | None, **facts: Any) -> str:
    """Return the one JSON document of `--json`."""
    predicate: dict[str, Any] = delivery.evidence["predicate"] if delivery else {}
    own = predicate.get("own_suite") or {}
    answer = {
        "job_id": str(view.job_id),
        "state": view.status.value,
        "reason": facts["reason"],
        "message": reason_sentence(facts["reason"]),
        "branch": facts["branch"],
        "commit": facts["commit"],
        "files": [
            {"path": f.path, "change": f.change, "additions": f.additions, "deletions": f.deletions}
            for f in (delivery.diff_files if delivery else [])
        ],
        "own_suite": {"before": own.get("before"), "after": own.get("after")} if own else None,
        "generated_tests": predicate.get("generated_tests"),
        "dropped_operations": delivery.dropped_operations if delivery else [],
        "evidence_file": facts["evidence_file"],
        "failure_detail": facts["detail"],
        "duration_seconds": facts["duration_seconds"],
    }
    return json.dumps(answer, indent=2, default=str)
