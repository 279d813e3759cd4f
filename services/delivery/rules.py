"""Pure rules of delivery: names of branches, commit messages, sides of a packed result."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.core.tree import Tree
from services.core.wording import plural
from services.delivery.schemas import TRAILER

_BEFORE, _AFTER = "before/", "after/"


def branch_name(scope: list[str], job_id: UUID, when: datetime) -> str:
    """Return `refactor/<scope-slug>-<yyyymmdd>-<job8>`."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", scope[0] if scope and scope[0] != "." else "all").strip("-").lower()
    return f"refactor/{words[:60] or 'all'}-{when:%Y%m%d}-{str(job_id).replace('-', '')[-8:]}"


def commit_message(goal: str, job_id: UUID, evidence_hash: str, dropped: int) -> str:
    """Return the message with provenance: job, evidence record, co-author trailer."""
    lines = [goal[:72], ""]
    lines.append("Behaviour was proven before and after this change; the evidence record has the hash below.")
    if dropped:
        lines.append(f"Left out, because the proof did not hold with them: {plural(dropped, 'planned edit')}.")
    lines += ["", f"Job: {job_id}", f"Evidence-Record: {evidence_hash}", TRAILER, ""]
    return "\n".join(lines)


def pack_sides(before: Tree, after: Tree) -> dict[str, bytes]:
    """Return one tree that holds both sides of every changed file."""
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    sides = {_BEFORE + path: before[path] for path in changed if path in before}
    return sides | {_AFTER + path: after[path] for path in changed if path in after}


def unpack_sides(packed: Tree) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return (before, after) of the changed files."""
    before = {path.removeprefix(_BEFORE): content for path, content in packed.items() if path.startswith(_BEFORE)}
    after = {path.removeprefix(_AFTER): content for path, content in packed.items() if path.startswith(_AFTER)}
    return before, after


def changes(before: Tree, after: Tree, accepted: list[str] | None = None) -> Mapping[str, bytes | None]:
    """Return path → new content, None for a deletion, of the accepted files (None accepts all)."""
    paths = sorted({*before, *after})
    return {path: after.get(path) for path in paths if accepted is None or path in accepted}


RISK_NOTES = {
    "ASSERTION": "Every covered behaviour has an expectation that somebody wrote down.",
    "CHARACTERIZATION": "Some expectations are what the old code did when recorded, right or wrong.",
}
