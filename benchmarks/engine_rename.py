"""B12: whole-project renames on Django's source distribution beside rope and jedi.

Every side starts a process of its own that reads the unpacked distribution, works out the edits of one rename and
then of a second one, and writes nothing. Compared are the time from process start to the first edits, the time of the
second rename in the same process, peak memory, and the lines each side would change, against a key checked by hand:
every line of a Python file with the name as a word, without the exceptions listed here with their reason.
"""

import difflib
import json
import os
import re
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, finish, goal, is_small, ratio
from benchmarks.machine import ROOT

DJANGO = ("django", "5.2.19", "ad03d8abc51dbff95ebf34b27123cf0c26a3b62db7ba0cd520783686362533d1")
JEDI = "jedi==0.19.2"
RENAMES = (
    ("django/utils/encoding.py", "force_str", "def force_str(", "to_text"),
    ("django/http/response.py", "HttpResponseRedirect", "class HttpResponseRedirect(", "RedirectAnswer"),
)
FIRST_BAR, SECOND_BAR, MEMORY_GOAL_MB = 3.0, 1.0, 1024
TURNS = 3
Lines = set[tuple[str, int]]

NOT_CODE = {
    ("django/http/request.py", 812): "comment",
    ("django/db/models/base.py", 1296): "comment",
    ("django/utils/encoding.py", 48): "docstring",
    ("django/shortcuts.py", 31): "docstring",
    ("tests/httpwrappers/tests.py", 580): "docstring",
    ("tests/httpwrappers/tests.py", 608): "string: expected repr()",
    ("tests/httpwrappers/tests.py", 615): "docstring",
    ("tests/httpwrappers/tests.py", 624): "string: expected repr()",
}


def main() -> int:
    """Measure the three sides and print figures; the smaller of the two ratios to rope decides."""
    with tempfile.TemporaryDirectory(prefix="iama-bench-") as folder:
        from tests.support.real_packages import SourceDistribution, fetch

        with tarfile.open(fetch(SourceDistribution(*DJANGO))) as archive:
            archive.extractall(folder, filter="data")
        tree = str(next(Path(folder).iterdir()))
        turns = 1 if is_small() else TURNS
        keys = [_key(Path(tree), word) for _, word, _, _ in RENAMES]
        sides = {name: [_measured(name, tree) for _ in range(turns)] for name in ("engine", "rope", "jedi")}
    for name, runs in sides.items():
        print(_line(name, runs))
    found = {name: _lines(runs[0]) for name, runs in sides.items()}
    _explain(found, keys)
    first = median(run["first"] for run in sides["rope"]) / median(run["first"] for run in sides["engine"])
    second = median(run["second"] for run in sides["rope"]) / median(run["second"] for run in sides["engine"])
    print(goal("engine_rename memory", max(run["memory_mb"] for run in sides["engine"]), "MB", MEMORY_GOAL_MB))
    print(Figure("engine_rename second", second, "x", SECOND_BAR, at_least=True, decides=True))
    return finish(ratio("engine_rename", min(first, second * FIRST_BAR / SECOND_BAR), FIRST_BAR))


def _measured(side: str, tree: str) -> dict[str, float]:
    """Run one side in a new process; `first` counts from its start."""
    runner = [sys.executable]
    if side == "jedi":
        runner = [sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--isolated", "--with", JEDI, "python"]
        subprocess.run([*runner, "-c", "import jedi"], check=True, capture_output=True)
    began = time.time()
    command = [*runner, __file__, side, tree]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=_environment())
    answer = json.loads(done.stdout.splitlines()[-1])
    return {**answer, "first": answer["first_at"] - began}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _line(name: str, runs: list[dict[str, float]]) -> str:
    first, second = median(run["first"] for run in runs), median(run["second"] for run in runs)
    lines = sum(len(item) for item in _lines(runs[0]))
    return f"{name:<8} first {first:7.2f} s  second {second:7.2f} s  {runs[0]['memory_mb']:5.0f} MB  {lines} lines"


def _lines(run: dict[str, float]) -> list[Lines]:
    return [{(path, line) for path, line in found} for found in run["lines"]]  # type: ignore[attr-defined]


def _key(tree: Path, word: str) -> Lines:
    """Return the lines of Python files that hold the name in code."""
    pattern = re.compile(rf"\b{word}\b".encode())
    found: Lines = set()
    for path in tree.rglob("*.py"):
        name = path.relative_to(tree).as_posix()
        found |= {(name, line) for line, text in enumerate(path.read_bytes().split(b"\n"), 1) if pattern.search(text)}
    return found - NOT_CODE.keys()


def _explain(found: dict[str, list[Lines]], keys: list[Lines]) -> None:
    """Print recall and precision of every side on the key, and where they differ."""
    for index, (_, word, _, _) in enumerate(RENAMES):
        key = keys[index]
        for side, lines in found.items():
            hit = len(lines[index] & key)
            recall, precision = hit / len(key), hit / max(len(lines[index]), 1)
            print(f"  {word} {side:<7} recall {recall:.3f}  precision {precision:.3f}  of {len(key)} lines")
        for side in ("rope", "jedi"):
            more = sorted(found[side][index] - found["engine"][index])
            print(f"  {word}: {side} alone changes {len(more)} lines {more[:5]}")


def engine(tree: str) -> Iterator[tuple[float, Lines]]:
    """Rename with our engine."""
    from services.engine.document import RenameOptions
    from services.engine.rename import rename_edits

    root = Path(tree)
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    options = RenameOptions(tests=True)
    for path, word, _, new_name in RENAMES:
        edits = rename_edits(contents, path, word, new_name, options)
        yield time.time(), {(place.path, place.line) for place in edits.changed if place.path.endswith(".py")}


def rope(tree: str) -> Iterator[tuple[float, Lines]]:
    """Rename with rope."""
    from rope.base.project import Project
    from rope.refactor.rename import Rename

    project = Project(tree, ropefolder=None, ignore_syntax_errors=True)
    for path, word, head, new_name in RENAMES:
        resource_ = project.get_resource(path)
        changes = Rename(project, resource_, resource_.read().index(head) + head.index(word)).get_changes(new_name)
        done = time.time()
        lines: Lines = set()
        for change in changes.changes:
            lines |= {(change.resource.path, line) for line in _changed(change.resource.read(), change.new_contents)}
        yield done, lines


def jedi(tree: str) -> Iterator[tuple[float, Lines]]:
    """Rename with jedi."""
    from jedi import Project, Script

    root = Path(tree)
    project = Project(tree)
    for path, word, head, new_name in RENAMES:
        text = (root / path).read_text()
        line = text[: text.index(head)].count("\n") + 1
        found = Script(text, path=root / path, project=project).rename(line, head.index(word), new_name=new_name)
        changed = {file: item.get_new_code() for file, item in found.get_changed_files().items()}
        done = time.time()
        lines: Lines = set()
        for file, after in changed.items():
            name = Path(file).relative_to(root).as_posix()
            lines |= {(name, line) for line in _changed(Path(file).read_text(), after)}
        yield done, lines


def _changed(before: str, after: str) -> Iterator[int]:
    old, new = before.splitlines(), after.splitlines()
    for tag, start, end, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from range(start + 1, end + 1)


SIDES: dict[str, Callable[[str], Iterator[tuple[float, Lines]]]] = {"engine": engine, "rope": rope, "jedi": jedi}


def child(side: str, tree: str) -> int:
    """Carry both renames out on one side and print times, memory and lines as JSON."""
    answers: list[Lines] = []
    marks: list[float] = []
    began = time.time()
    spent: list[float] = []
    for done, lines in SIDES[side](tree):
        marks.append(done)
        spent.append(done - began)
        answers.append(lines)
        began = time.time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"first_at": marks[0], "second": spent[1], "memory_mb": memory, "lines": [sorted(a) for a in answers]}
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(child(*sys.argv[1:]) if len(sys.argv) == 3 and sys.argv[1] in SIDES else main())
