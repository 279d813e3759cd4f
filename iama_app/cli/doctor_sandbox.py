"""What the sandboxes of this machine really enforce, and which Pythons guests can run."""

import asyncio
import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from iama_app.cli.doctor_findings import Finding, Status
from services.infra.paths import DATA_VARIABLE
from services.infra.settings import Settings

DEFAULT_PROVIDER = "gvisor"
_INSTALL = "sudo sh scripts/install_runsc.sh"


def sandbox_checks(settings: Settings) -> Iterator[Finding]:
    """Probe every provider and list interpreters."""
    if find_spec("services.sandbox.service") is None:
        yield Finding("sandbox", Status.MISSING, "the sandbox is not installed")
        return
    from services.sandbox.service import capabilities_report

    os.environ.setdefault(DATA_VARIABLE, str(settings.data_folder))
    report = asyncio.run(capabilities_report())
    yield from map(_provider, report["providers"])
    yield _choice(report["default"])
    yield _interpreters(report["interpreters"])


def _provider(found: dict[str, Any]) -> Finding:
    if not found["available"]:
        remedy = _INSTALL if found["provider"] == DEFAULT_PROVIDER else ""
        return Finding(found["provider"], Status.DEGRADED, f"not usable: {found['reason']}", remedy, found)
    strengths: dict[str, list[str]] = {}
    for name, feature in found["features"].items():
        strengths.setdefault(str(feature["strength"]), []).append(name)
    enforced, total = len(strengths.get("enforced", [])), len(found["features"])
    weaker = [f"{kind}: {', '.join(names)}" for kind, names in sorted(strengths.items()) if kind != "enforced"]
    sentence = f"{found['version']}, {found['level']}, {enforced} of {total} properties enforced"
    return Finding(found["provider"], Status.OK, "; ".join([sentence, *weaker]), data=found)


def _choice(default: str | None) -> Finding:
    if default is None:
        return Finding("default", Status.MISSING, "no sandbox works here, so no job can run tests", _INSTALL)
    if default != DEFAULT_PROVIDER:
        sentence = f"only {default} works: for your own code alone (`--own-code`)"
        return Finding("default", Status.DEGRADED, sentence, _INSTALL)
    return Finding("default", Status.OK, default)


def _interpreters(found: list[dict[str, Any]]) -> Finding:
    data = {"interpreters": found}
    if not found:
        return Finding("interpreters", Status.MISSING, "none that a guest could run", "Install a Python 3.", data)
    return Finding("interpreters", Status.OK, ", ".join(item["version"] for item in found), data=data)
