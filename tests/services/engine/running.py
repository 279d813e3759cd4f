"""Running a tree of test sources with a Python of its own, to compare what a program does before and after."""

import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Any

from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.document import EditDocument
from services.engine.refusals import RefusedError
from services.engine.symbolic import plan_symbolic
from services.engine.tree_edits import EditLimits, TreeEdits

MAIN = "main.py"
ANY = EditLimits()


def ran(tree: dict[str, bytes], entry: str = MAIN) -> str:
    """Run one file of a tree and return what it printed; an uncaught exception shows as its last line."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in tree.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        command = [sys.executable, "-S", "-B", entry]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + (done.stderr.strip().splitlines()[-1] if done.returncode else "")


def one_file(source: str) -> dict[str, bytes]:
    """Return a tree of one dedented file."""
    return {MAIN: dedent(source).lstrip("\n").encode()}


def operation_on(model: Any, tree: dict[str, bytes], path: str, **fields: Any) -> Any:
    """Build an operation anchored on the present content of `path`."""
    return model(path=path, base_fingerprint=file_fingerprint(tree[path]), **fields)


def planned(tree: dict[str, bytes], operation: Any, limits: EditLimits = ANY) -> tuple[dict[str, bytes], TreeEdits]:
    """Return the tree after an operation, and the edits."""
    edits = plan_symbolic(tree, operation, limits)
    after = {**tree, **{path: content for path, content in edits.contents.items() if content is not None}}
    return {path: after[path] for path in after if edits.contents.get(path, b"") is not None}, edits


def refusal(tree: dict[str, bytes], operation: Any, limits: EditLimits = ANY) -> str:
    """Return `CODE location` of a refused operation, `` when it is not refused."""
    try:
        plan_symbolic(tree, operation, limits)
    except RefusedError as error:
        return f"{error.code} {error.location}"
    return ""


def applied_twice(tree: dict[str, bytes], operation: Any) -> tuple[list[str], list[str]]:
    """Return the statuses of a document applied once, and applied again to its result as a replay."""
    first = apply_document(tree, EditDocument(operations=[operation]))
    marked = operation.model_copy(update={"result_fingerprint": file_fingerprint(first.tree[operation.path])})
    second = apply_document(first.tree, EditDocument(operations=[marked]))
    return [item.status for item in first.outcomes], [item.status for item in second.outcomes]
