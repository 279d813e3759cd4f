"""The unsigned statement of one session: what ran, behind which boundary, what was enforced, what was missing."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.core.clock import now
from services.sandbox import probe_store
from services.sandbox.port import Capabilities, IsolationLevel, Strength

DOCUMENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the session itself knows."""

    ref: str
    provider: str
    level: IsolationLevel
    record: Mapping[str, Any]
    program: Mapping[str, str]


def attest(facts: SessionFacts, root: Path) -> dict[str, Any]:
    """Return the statement as plain JSON data; unknown things are absent, never "passed"."""
    capabilities = probe_store.find(root, facts.provider, facts.program["binary_sha256"])
    phases = [_phase_statement(phase) for phase in facts.record["phases"]]
    document = {
        "document_version": DOCUMENT_VERSION,
        "signed": False,
        "session_ref": facts.ref,
        "job_id": facts.record["spec"]["job_id"],
        "provider": facts.provider,
        "level": facts.level.value,
        "program": dict(facts.program),
        "kernel": platform.release(),
        "interpreter": facts.record["interpreter"],
        "spec_hash": _hash(facts.record["spec"]),
        "phases": phases,
        "features": _features(capabilities),
        "degradations": degradations(facts.provider, facts.record["phases"], capabilities),
        "issued_at": now().isoformat(),
    }
    return {**document, "document_hash": _hash(document)}


def _phase_statement(phase: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("name", "net", "deps_writable", "limits", "deadline_seconds", "output_cap_bytes", "cgroup_limits")
    outcome = (
        "started_at",
        "ended_at",
        "attempts",
        "limit_hits",
        "exit",
        "counters",
        "egress_log_sha256",
        "processes_gone",
    )
    return {name: phase[name] for name in (*kept, *outcome) if name in phase}


def _features(capabilities: Capabilities | None) -> dict[str, Any]:
    if capabilities is None:
        return {}
    return {name: asdict(feature) for name, feature in sorted(capabilities.features.items())}


def degradations(provider: str, phases: list[Mapping[str, Any]], capabilities: Capabilities | None) -> list[str]:
    """Return in words what was weaker than the provider's best."""
    words = []
    if capabilities is None:
        words.append("This provider was not probed on this machine, so no feature of it is stated as enforced.")
    else:
        words += [
            f"{name.replace('_', ' ').capitalize()}: {feature.how}"
            for name, feature in sorted(capabilities.features.items())
            if feature.strength is not Strength.ENFORCED
        ]
    if any("memory" not in phase.get("cgroup_limits", ()) for phase in phases):
        words.append("Memory had no control group: the supervisor watched it twice a second and would have killed.")
    if any("cpu" not in phase.get("cgroup_limits", ()) for phase in phases):
        words.append("CPU time had no limit but the deadline.")
    if provider == "bubblewrap":
        words.append("Guest and host share one kernel: a kernel bug is a way out. For your own code only.")
    words.append("The volume was not encrypted; wiping overwrites and deletes, which is best effort.")
    return words


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
