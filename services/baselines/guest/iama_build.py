# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""Runs inside the sandbox: installs from a copy of the source and keeps files that the build generated.

Argument: one JSON object with `source`, `root`, `copy`, `target`, `overlay`, `uv`, `words`, `name`.
Exit status: that of the installer.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def main() -> int:
    plan = json.loads(sys.argv[1])
    copy = Path(plan["copy"])
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(plan["source"], copy, symlinks=True)
    project = copy / plan["root"]
    command = [
        plan["uv"],
        "pip",
        "install",
        "--python",
        sys.executable,
        "--target",
        plan["target"],
        "--compile-bytecode",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "PYTHON"))}
    code = subprocess.run([*command, *plan["words"]], cwd=project, env=environment).returncode
    if code == 0:
        keep_generated(plan)
    return code


def keep_generated(plan: dict) -> None:
    """Keep installed files of the project that its source lacks: version files, compiled modules."""
    target, source = Path(plan["target"]), Path(plan["source"]) / plan["root"]
    for record in target.glob("*.dist-info/RECORD"):
        if canonical(record.parent.name.split("-")[0]) != canonical(plan["name"] or ""):
            continue
        with record.open(newline="") as stream:
            names = [row[0] for row in csv.reader(stream) if row]
        for name in names:
            place = missing_place(source, name)
            if place is not None and (target / name).is_file():
                kept = Path(plan["overlay"]) / plan["root"] / place
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(target / name, kept)


def missing_place(source: Path, name: str) -> "Path | None":
    """Where an installed file would lie in the source, when its package is there and the file is not."""
    top = name.split("/")[0]
    if name.startswith((".", "/")) or "__pycache__" in name or top.endswith((".dist-info", ".data")) or "/" not in name:
        return None
    for folder in ("src", "lib", "."):
        if (source / folder / top).is_dir():
            return None if (source / folder / name).exists() else Path(folder) / name
    return None


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
