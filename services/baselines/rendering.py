"""Generated test files as text: one class per function, one test per call, readable without knowing the generator."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.baselines import places
from services.baselines.schemas import CaseMode, GeneratedCase

SNAPSHOT_VERSION = 1


def render_files(
    folder: str, cases: Iterable[GeneratedCase], outcomes: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """Return the files of a suite: tests, what they share, the snapshot, an empty name map.

    Args:
        outcomes: Snapshot key (`test_file::Class.test`) → recorded outcome; None before recording.
    """
    by_file: dict[str, list[GeneratedCase]] = {}
    for case in cases:
        by_file.setdefault(case.test_id.split("::")[0], []).append(case)
    snapshot = {"version": SNAPSHOT_VERSION, "outcomes": dict(outcomes or {})}
    return {
        f"{folder}/__init__.py": b"",
        f"{folder}/behaviour.py": places.guest_file("behaviour.py"),
        f"{folder}/names.json": b"{}\n",
        f"{folder}/snapshot.json": (json.dumps(snapshot, indent=1, sort_keys=True) + "\n").encode(),
        **{path: _file(folder, found).encode() for path, found in by_file.items()},
    }


def snapshot_key(test_id: str) -> str:
    """Return the key of a test in the snapshot."""
    path, owner, name = test_id.split("::")
    return f"{path.rpartition('/')[2].removesuffix('.py')}::{owner}.{name}"


def test_file_name(folder: str, module: str) -> str:
    """Return the test file for a module, by dotted name."""
    return f"{folder}/test_{re.sub(r'[^A-Za-z0-9]+', '_', module).strip('_').lower() or 'root'}.py"


def class_name(qualified: str) -> str:
    """Return the test class of a function; names that differ only in case or underscores stay apart."""
    return "Test_" + qualified.replace(".", "__")


def _file(folder: str, cases: list[GeneratedCase]) -> str:
    module = cases[0].defined_at.split(":")[0]
    parts = [
        f'"""What `{module}` does: expectations found in the project, and outcomes recorded before the change."""\n',
        f"from {folder}.behaviour import BehaviourTest\n",
    ]
    by_class: dict[str, list[GeneratedCase]] = {}
    for case in cases:
        by_class.setdefault(case.test_id.split("::")[1], []).append(case)
    for name, found in by_class.items():
        parts.append(f"\nclass {name}(BehaviourTest):\n" + "\n".join(_test(case) for case in found))
    return "\n".join(parts)


def _test(case: GeneratedCase) -> str:
    lines = [f"    def {case.test_id.split('::')[2]}(self):", f"        # {_comment(case.source)}"]
    lines += [f"        {line}" for line in case.imports]
    for target, defined_at in _needed(case):
        name = target.split(":")[1].rpartition(".")[2]
        lines.append(f"        {name} = self.function({target!r}, {defined_at!r})")
    return "\n".join([*lines, f"        {_check(case)}", ""])


def _needed(case: GeneratedCase) -> list[tuple[str, str]]:
    """Functions and, where the call makes an instance, the class that a call names."""
    needed = [(case.target, case.defined_at), *case.also]
    owner = case.target.split(":")[1].rpartition(".")[0]
    if owner and re.search(rf"\b{owner}\(", case.call):
        needed.append((case.target.rpartition(".")[0], case.defined_at.rpartition(".")[0]))
    return needed


def _check(case: GeneratedCase) -> str:
    if case.mode is CaseMode.CHARACTERIZATION:
        return f"self.same_as_recorded(lambda: {case.call})"
    if case.raises is not None:
        return f"self.stops_with(lambda: {case.call}, {case.raises!r})"
    return (
        f"self.gives(lambda: {case.call}, {case.expected})"
        if case.expected is not None
        else f"self.holds(lambda: {case.call})"
    )


def _comment(source: str) -> str:
    return re.sub(r"[^\x20-\x7e]+", "?", source)[:200]
