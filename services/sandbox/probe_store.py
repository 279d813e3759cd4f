"""Stored results of active probes, one file per provider, valid for one binary and one boot of the kernel."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from services.sandbox.port import Capabilities, Feature, IsolationLevel, Strength

FORMAT = 3
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FOLDER = "probes"


def boot_id() -> str:
    """Return the kernel's boot id; a new boot makes every stored result stale."""
    return BOOT_ID.read_text("ascii").strip()


def _file(root: Path, provider: str) -> Path:
    return root / FOLDER / f"{provider}.json"


def find(root: Path, provider: str, binary_sha256: str) -> Capabilities | None:
    """Return the stored result for this binary and boot, or None."""
    try:
        content = json.loads(_file(root, provider).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if [content.get("format"), content.get("boot_id")] != [FORMAT, boot_id()]:
        return None
    found = _read(content["capabilities"])
    return found if found.binary_sha256 == binary_sha256 else None


def save(root: Path, capabilities: Capabilities) -> None:
    """Store a result; replaced atomically."""
    target = _file(root, capabilities.provider)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_suffix(".new")
    content = {"format": FORMAT, "boot_id": boot_id(), "capabilities": asdict(capabilities)}
    draft.write_text(json.dumps(content, default=lambda value: value.isoformat(), indent=1), encoding="utf-8")
    draft.replace(target)


def _read(values: dict[str, object]) -> Capabilities:
    features = {
        name: Feature(Strength(feature["strength"]), feature["how"])
        for name, feature in dict(values["features"]).items()  # type: ignore[call-overload]
    }
    moment = datetime.fromisoformat(str(values["probed_at"]))
    typed = {**values, "features": features, "level": IsolationLevel(str(values["level"])), "probed_at": moment}
    return Capabilities(**typed)  # type: ignore[arg-type]
