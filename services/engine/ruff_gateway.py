"""The door to ruff: source texts in, findings with their fixes out.

Runs the installed binary on copies in a folder of its own, without configuration, cache or network.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.engine.source import Splice

TIMEOUT_SECONDS = 300


class RuffFailedError(RuntimeError):
    """The binary is missing, was stopped, or answered something else than findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding that can be fixed. `edits` are offsets into the text given for `path`."""

    path: str
    rule: str
    message: str
    line: int
    is_safe: bool
    edits: tuple[Splice, ...]


def find_fixes(texts: Mapping[str, str], rules: Sequence[str], target: str) -> list[Finding]:
    """Return the fixable findings in all texts, ordered by path and place.

    Args:
        texts: path → source text with LF line endings; files that do not parse give no findings.
        target: Python version as `3.11`.
    Raises:
        RuffFailedError: ruff could not be run.
    """
    if not texts or not rules:
        return []
    with tempfile.TemporaryDirectory(prefix="iama-rules-") as folder:
        names = _write(Path(folder), texts)
        found = _run(folder, rules, target)
        findings = [item for row in found if (item := _finding(row, names, texts, Path(folder))) is not None]
    return sorted(findings, key=lambda item: (item.path, item.edits[0].start, item.rule))


def _write(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Store the texts under their own paths, which some rules look at; return real path → path."""
    names: dict[str, str] = {}
    for path, text in texts.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
        names[os.path.realpath(place)] = path
    return names


def _run(folder: str, rules: Sequence[str], target: str) -> list[dict[str, object]]:
    command = [
        _binary(),
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--quiet",
        "--no-respect-gitignore",
        "--output-format=json",
        f"--target-version=py{target.replace('.', '')}",
        f"--select={','.join(rules)}",
        "--line-length=120",
        "--exclude=",
        ".",
    ]
    environment = {"PATH": os.environ.get("PATH", ""), "RAYON_NUM_THREADS": "2", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
        return list(json.loads(done.stdout or b"[]"))
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise RuffFailedError(f"ruff gave no findings: {type(error).__name__}") from error


def _binary() -> str:
    from ruff import find_ruff_bin

    return str(find_ruff_bin())


def _finding(
    row: dict[str, object], names: Mapping[str, str], texts: Mapping[str, str], folder: Path
) -> Finding | None:
    fix = row.get("fix")
    path = names.get(os.path.realpath(folder / str(row["filename"])))
    if not isinstance(fix, dict) or path is None or row.get("code") is None:
        return None
    starts = _line_starts(texts[path])
    edits = tuple(
        Splice(_offset(starts, edit["location"]), _offset(starts, edit["end_location"]), edit["content"] or "")
        for edit in fix["edits"]
    )
    if not edits:
        return None
    line = row["location"]["row"] if isinstance(row["location"], dict) else 1
    is_safe = fix["applicability"] in ("safe", "always")
    return Finding(path, str(row["code"]), str(fix["message"] or row["message"]), line, is_safe, tuple(sorted(edits)))


def _line_starts(text: str) -> list[int]:
    starts = [0]
    while (found := text.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    starts.append(len(text))
    return starts


def _offset(starts: list[int], location: dict[str, int]) -> int:
    return starts[min(location["row"], len(starts)) - 1] + location["column"] - 1
