"""B11: the applier in memory and beside `git apply`; the start of `iama edit` beside its bare libraries.

In memory every operation carries file and block (or node) fingerprint, and every changed file must still parse; rates
are per second of processor time, since nothing waits. On disk both sides leave every file synced; ours is what
`iama edit --apply` does.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.figures import PAIRS, Figure, finish, in_turns, is_small, ratio, show_rates
from benchmarks.machine import ROOT
from iama_app.cli.edit_folder import Folder, write_folder
from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.diff import unified_patch
from services.engine.document import EditDocument, Operation, SearchReplace
from services.engine.node_operations import NodeReplace
from services.engine.source import text_fingerprint

FUNCTIONS = 40
SEARCH_GOAL, NODE_GOAL = 10_000, 300
GIT_BAR = 2.0
START_GOAL = 2.0
LIBRARIES = "import libcst.metadata, pydantic, typer"

Tree = dict[str, bytes]


def main() -> int:
    """Measure all three and print the figures; the ratio to `git apply` decides."""
    small = is_small()
    turns = 1 if small else PAIRS
    tree = _tree(20 if small else 500)
    cases = {
        "search_replace, 20 per file": _searches(tree, 20),
        "search_replace, 1 per file": _searches(tree, 1),
        "node_replace, 4 per file": _nodes(tree, 4),
        "node_replace, 1 per file": _nodes(tree, 1),
    }
    rates = in_turns([_applying(tree, document) for document in cases.values()], turns)
    medians = {name: show_rates(name, values, "ops/s") for name, values in zip(cases, rates, strict=True)}
    print(_rate_goal("search_replace", medians["search_replace, 20 per file"], SEARCH_GOAL))
    print(_rate_goal("node_replace", medians["node_replace, 1 per file"], NODE_GOAL))
    print(Figure("edit_start", _start(turns), "x", START_GOAL))
    return finish(ratio("engine_apply", _beside_git(small, turns), GIT_BAR))


def _tree(files: int) -> Tree:
    """Return modules of about five kilobytes."""
    body = "".join(_function(number, "value") for number in range(FUNCTIONS))
    return {f"pkg/m{index}.py": f'"""Module {index}."""\n\n{body}'.encode() for index in range(files)}


def _function(number: int, name: str) -> str:
    return f"def work_{number}({name}, other=None):\n    if {name} > {number}:\n        return {name} + {number}\n" \
           f"    return other\n\n\n"  # fmt: skip


def _searches(tree: Tree, each: int) -> EditDocument:
    operations: list[Operation] = []
    for path, content in tree.items():
        base = file_fingerprint(content)
        for number in range(each):
            search = f"        return value + {number}\n"
            operations.append(
                SearchReplace(
                    path=path, base_fingerprint=base, search=search, replace=search.replace("+", "-"),
                    block_fingerprint=text_fingerprint(search),
                )
            )  # fmt: skip
    return EditDocument(operations=operations)


def _nodes(tree: Tree, each: int) -> EditDocument:
    operations: list[Operation] = []
    for path, content in tree.items():
        base = file_fingerprint(content)
        for number in range(each):
            source, new = (_function(number, name).rstrip("\n") for name in ("value", "item"))
            operations.append(
                NodeReplace(
                    path=path, base_fingerprint=base, kind="FUNCTION", qualified_name=f"work_{number}",
                    node_fingerprint=text_fingerprint(source), text=new,
                )
            )  # fmt: skip
    return EditDocument(operations=operations)


def _applying(tree: Tree, document: EditDocument) -> Callable[[], float]:
    def run() -> float:
        began = time.process_time()
        result = apply_document(tree, document)
        seconds = time.process_time() - began
        assert result.applied
        return len(document.operations) / seconds

    return run


def _rate_goal(name: str, value: float, limit: float) -> Figure:
    return Figure(name, value, " ops/s", limit, at_least=True)


def _start(turns: int) -> float:
    """Return how often the bare import of the libraries fits into the whole of an `iama edit`."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.py").write_text("x = 1\n")
        edit = ["-m", "iama_app.cli", "edit", folder, "--goal", "Rename `x` in `a.py` to `y`", "--preview", "--json"]
        sides = in_turns([lambda: _seconds(["-c", LIBRARIES]), lambda: _seconds(edit)], turns)
    bare, ours = (median(values) for values in sides)
    print(f"  {'iama edit, from shell to end':<34} {ours * 1000:9.0f} ms beside {bare * 1000:.0f} ms for the imports")
    return ours / bare


def _seconds(words: list[str]) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)
    return time.perf_counter() - began


def _beside_git(small: bool, turns: int) -> float:
    """Return our files per second beside those of one `git apply` per file; one for all files is printed too."""
    tree = _tree(20 if small else 200)
    document = _searches(tree, 1)
    after = apply_document(tree, document).tree
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        root = Path(folder)
        patches = {path: _patch(root, path, tree, after) for path in tree}
        whole = root / "whole.patch"
        whole.write_text(unified_patch(tree, after))
        sides: list[Callable[[], float]] = [
            lambda: _files_per_second(root, tree, lambda: _written(root, tree, document)),
            lambda: _files_per_second(root, tree, lambda: _git_apply_and_sync(root, patches)),
            lambda: _files_per_second(root, tree, lambda: _git_apply(root, whole)),
        ]
        ours, each, at_once = in_turns(sides, turns)
    mine = show_rates("ours, fsync and rename per file", ours, "files/s")
    theirs = show_rates("git apply and fsync per file", each, "files/s")
    show_rates("git apply once, no fsync", at_once, "files/s")
    return mine / theirs


def _patch(root: Path, path: str, before: Tree, after: Tree) -> Path:
    place = root / f"{Path(path).stem}.patch"
    place.write_text(unified_patch({path: before[path]}, {path: after[path]}))
    return place


def _files_per_second(root: Path, tree: Tree, change: Callable[[], object]) -> float:
    for path, content in tree.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(content)
    began = time.perf_counter()
    change()
    seconds = time.perf_counter() - began
    assert all((root / path).read_bytes() != content for path, content in tree.items())
    return len(tree) / seconds


def _written(root: Path, tree: Tree, document: EditDocument) -> None:
    result = apply_document(tree, document)
    write_folder(Folder(root, tree, ()), result.tree, result.origins)


def _git_apply_and_sync(root: Path, patches: Mapping[str, Path]) -> None:
    for path, patch in patches.items():
        _git_apply(root, patch)
        with (root / path).open("rb") as file:
            os.fsync(file.fileno())


def _git_apply(root: Path, patch: Path) -> None:
    subprocess.run(["git", "apply", patch.name], cwd=root, check=True, env={**os.environ, "GIT_DIR": os.devnull})


if __name__ == "__main__":
    sys.exit(main())
