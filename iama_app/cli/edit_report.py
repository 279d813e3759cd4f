"""What `iama edit` prints: outcomes, hazards and the diff as text, or everything as one JSON document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iama_app.cli.edit_planning import Planned
from services.core.tree import Tree
from services.engine.apply import OperationOutcome, OperationStatus
from services.engine.diff import FileDiff, file_diffs, unified_patch
from services.engine.hazards import Hazard


@dataclass(frozen=True, slots=True)
class Ending:
    """How the command ends: its status, one sentence, and whether the folder was written."""

    exit_status: int
    sentence: str
    written: bool = False


def as_text(before: Tree, planned: Planned, ending: Ending) -> str:
    """Return outcomes, hazards, changed files and the diff, the sentence last."""
    lines = [_outcome_line(outcome, ending) for outcome in planned.result.outcomes]
    lines += [f"  {step}" for step in (*planned.steps, *planned.result.notes)]
    if planned.hazards:
        lines += ["", f"Hazards ({len(planned.hazards)})", *(_hazard_line(hazard) for hazard in planned.hazards)]
    diff = unified_patch(before, planned.result.tree)
    lines += ["", diff, ending.sentence] if diff else ["", ending.sentence]
    return "\n".join(lines).lstrip("\n")


def as_json(before: Tree, planned: Planned, ending: Ending) -> str:
    """Return the one document of `--json`."""
    answer = {
        **_ending(ending),
        "document": planned.document.model_dump(mode="json"),
        "outcomes": [_outcome(outcome) for outcome in planned.result.outcomes],
        "hazards": [_hazard(hazard) for hazard in planned.hazards],
        "notes": [*planned.steps, *planned.result.notes],
        "diff": unified_patch(before, planned.result.tree),
        "files": [_file(item) for item in file_diffs(before, planned.result.tree)],
    }
    return json.dumps(answer, ensure_ascii=True, indent=2)


def refusal_as_json(ending: Ending, reason: Mapping[str, Any]) -> str:
    """Return the document of `--json` for a request that gave no edit document; `reason` holds the code."""
    empty: dict[str, Any] = {"document": None, "outcomes": [], "hazards": [], "notes": [], "diff": "", "files": []}
    return json.dumps({**_ending(ending), **empty, "reason": dict(reason)}, indent=2)


def _ending(ending: Ending) -> dict[str, Any]:
    return {"exit_status": ending.exit_status, "message": ending.sentence, "written": ending.written}


def _outcome_line(outcome: OperationOutcome, ending: Ending) -> str:
    is_pending = outcome.status is OperationStatus.APPLIED and not ending.written
    status = "WOULD_APPLY" if is_pending else outcome.status.value
    line = f"{status:<15} {outcome.index} {outcome.op} {outcome.path}"
    if outcome.status is OperationStatus.REFUSED:
        line += f"\n{'':<15} {outcome.code} at {outcome.location}: {outcome.remedy}"
    return line


def _hazard_line(hazard: Hazard) -> str:
    return f"  {hazard.kind.value:<17} {hazard.location}: {hazard.sentence}"


def _outcome(outcome: OperationOutcome) -> dict[str, Any]:
    return {
        "index": outcome.index,
        "op": outcome.op,
        "path": outcome.path,
        "status": outcome.status.value,
        "code": outcome.code,
        "location": outcome.location,
        "remedy": outcome.remedy,
    }


def _hazard(hazard: Hazard) -> dict[str, Any]:
    return {"kind": hazard.kind.value, "path": hazard.path, "line": hazard.line, "sentence": hazard.sentence}


def _file(item: FileDiff) -> dict[str, Any]:
    return {
        "path": item.path,
        "old_path": item.old_path,
        "change": item.change.value,
        "additions": item.additions,
        "deletions": item.deletions,
        "base_fingerprint": item.base_fingerprint,
        "result_fingerprint": item.result_fingerprint,
    }
