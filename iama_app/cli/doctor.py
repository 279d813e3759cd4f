"""`iama doctor`: what is configured, degraded or missing, one check per line or as one JSON document."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

from iama_app.cli.doctor_binaries import binary_checks
from iama_app.cli.doctor_findings import Finding, Status
from iama_app.cli.doctor_parts import (
    data_checks,
    front_end_checks,
    installation_checks,
    integration_checks,
    model_checks,
    workflow_checks,
)
from iama_app.cli.doctor_sandbox import sandbox_checks
from iama_app.cli.terminal import result
from services.infra.settings import Settings

AREAS: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "installation": installation_checks,
    "data": data_checks,
    "front end": front_end_checks,
    "sandbox": sandbox_checks,
    "models": model_checks,
    "integrations": integration_checks,
    "workflow": workflow_checks,
    "binaries": binary_checks,
}
_MARKS = {Status.OK: "ok      ", Status.OFF: "off     ", Status.DEGRADED: "degraded", Status.MISSING: "MISSING "}


def findings(settings: Settings) -> dict[str, list[Finding]]:
    """Run every check; one that fails itself is a finding too, never the end of the report."""
    return {area: list(_safely(check, settings)) for area, check in AREAS.items()}


def doctor(settings: Settings, *, as_json: bool) -> int:
    """Print the report; return 1 when something needed is missing, else 0."""
    found = findings(settings)
    worst = any(item.status is Status.MISSING for items in found.values() for item in items)
    if as_json:
        areas = {area: [asdict(item) for item in items] for area, items in found.items()}
        result(json.dumps({"ok": not worst, "python": sys.version.split()[0], "areas": areas}, indent=2, default=str))
    else:
        for area, items in found.items():
            result(f"\n{area}")
            for item in items:
                result(f"  {_MARKS[item.status]}  {item.name}: {item.sentence}")
                if item.remedy:
                    result(f"            → {item.remedy}")
    return 1 if worst else 0


def _safely(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except Exception as error:  # a broken part must not hide the others
        yield Finding("check", Status.MISSING, f"could not be carried out: {type(error).__name__}: {error}")
