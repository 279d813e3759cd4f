"""Which edits a set of test failures points at: by file, by touched definition, by what the tests mention."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from services.core.tree import Tree
from services.engine.document import EditDocument, Operation, SearchReplace
from services.engine.node_operations import NodeAnchored
from services.engine.project_model import ProjectModel
from services.llm.rules.narrowing import Ranking, Subset
from services.llm.schemas import TestFailure

WEIGHT_MENTIONED = 4
WEIGHT_FILE = 3
WEIGHT_NAMESAKE = 2
SHORTEST_TELLING_NAME = 4

_WORD = re.compile(r"[A-Za-z_]\w*")


def rank_operations(
    document: EditDocument, failures: Sequence[TestFailure], project: ProjectModel, tree: Tree
) -> Ranking:
    """Order the operations of a document by how much the failures point at them; ties keep document order."""
    clues = [_Clues(failure, project) for failure in failures]
    scores = [_score(operation, clues, project, tree) for operation in document.operations]
    by_file: dict[str, int] = {}
    for operation, score in zip(document.operations, scores, strict=True):
        by_file[operation.path] = max(by_file.get(operation.path, 0), score)
    paths = [operation.path for operation in document.operations]
    order = sorted(range(len(scores)), key=lambda index: (-scores[index], -by_file[paths[index]], paths[index], index))
    return Ranking(
        order=tuple(order),
        implicated=Subset(index for index, score in enumerate(scores) if score),
        implicated_files=Subset(index for index, path in enumerate(paths) if by_file[path]),
    )


class _Clues:
    """What one failure names."""

    def __init__(self, failure: TestFailure, project: ProjectModel) -> None:
        self.test_id = failure.test_id
        self.text = f"{failure.location or ''}\n{failure.excerpt or ''}"
        self.stem = PurePosixPath(failure.test_id.partition("::")[0]).stem
        self.names = frozenset(_WORD.findall(self.text)) | _mentions(failure.test_id, project)


def _mentions(test_id: str, project: ProjectModel) -> frozenset[str]:
    path, *owners = test_id.split("::")
    name = ".".join(owners).partition("[")[0]
    module = project.modules.get(path)
    tests = [test for test in module.tests if test.qualified_name == name] if module else []
    return tests[0].mentions if tests else frozenset()


def _score(operation: Operation, clues: Sequence[_Clues], project: ProjectModel, tree: Tree) -> int:
    names = touched_names(operation, project, tree)
    return max((_weight(operation, names, clue) for clue in clues), default=0)


def _weight(operation: Operation, names: frozenset[str], clue: _Clues) -> int:
    weight = 0
    telling = [name for name in names if len(name) >= SHORTEST_TELLING_NAME]
    if names & clue.names or any(name in clue.test_id for name in telling):
        weight += WEIGHT_MENTIONED
    if operation.path in clue.text:
        weight += WEIGHT_FILE
    stem = PurePosixPath(operation.path).stem
    if clue.stem in (f"test_{stem}", f"{stem}_test"):
        weight += WEIGHT_NAMESAKE
    return weight


def touched_names(operation: Operation, project: ProjectModel, tree: Tree) -> frozenset[str]:
    """Return the simple names of the definitions that an operation changes; empty when it changes none by name."""
    match operation:
        case NodeAnchored():
            return frozenset(operation.qualified_name.split("."))
        case SearchReplace():
            return _names_around(operation, project, tree)
    return _named(operation)


def _named(operation: Operation) -> frozenset[str]:
    """Return the simple names that a symbolic operation speaks of, before and after."""
    symbols = [*getattr(operation, "symbols", ()), getattr(operation, "symbol", None)]
    symbols += [name for part in getattr(operation, "parts", ()) for name in part.symbols]
    symbols += [getattr(operation, field, None) for field in ("new_name", "class_name")]
    return frozenset(str(name).rpartition(".")[2] for name in symbols if name)


def _names_around(operation: SearchReplace, project: ProjectModel, tree: Tree) -> frozenset[str]:
    text = tree.get(operation.path, b"").decode("utf-8", "replace").replace("\r\n", "\n")
    before, found, _ = text.partition(operation.search)
    module = project.modules.get(operation.path)
    if not found or module is None:
        return frozenset()
    first = before.count("\n") + 1
    last = first + operation.search.rstrip("\n").count("\n")
    functions = [item for item in module.functions if item.line <= last and item.end_line >= first]
    return frozenset(part for item in functions for part in item.qualified_name.split("."))
