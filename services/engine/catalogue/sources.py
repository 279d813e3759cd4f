"""Which files a set of rules may change, and what the project says about the Python it needs."""

import re

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree, is_within
from services.engine.catalogue.places import find_file_or_folder
from services.engine.goals import Goal, GoalKind
from services.engine.names import is_protected
from services.engine.project_model import ModuleModel, ProjectModel
from services.engine.refusals import RefusedError
from services.engine.rules.lint import includes_tests
from services.engine.source import SourceText

CLEAN_UP_TARGET = "3.9"
READS_PYTHON2 = frozenset({GoalKind.PYTHON3, GoalKind.MODERNISE})
_GENERATED = re.compile(r"@generated|do not edit|auto(?:matically)?[- ]generated", re.I)
_REQUIRES = re.compile(r"(?:requires-python|python_requires)\s*=\s*[\"']?\s*(?:>=|~=|\^)\s*3\.(\d+)")


def editable_sources(
    tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel, protected: tuple[str, ...]
) -> dict[str, SourceText]:
    """Return the sources a fix may change: in scope, below the goal's path, tests by level or option.

    Files that a generator writes are left: their next version would undo the change. Files that do not parse are
    there only for goals that read Python 2.

    Raises:
        RefusedError: the goal's path is not in the tree.
    """
    found: dict[str, SourceText] = {}
    for module in _candidates(tree, project, goal, level):
        if is_protected(module.path, protected):
            continue
        source = _source(tree, module, goal)
        if source is not None and not _GENERATED.search(source.text[:2000]):
            found[module.path] = source
    return found


def protected_files(
    tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel, protected: tuple[str, ...]
) -> list[str]:
    """Return the files that the goal covers and protection leaves as they are."""
    return [m.path for m in _candidates(tree, project, goal, level) if is_protected(m.path, protected)]


def is_below(goal: Goal, tree: Tree, path: str) -> bool:
    """Tell whether a file is one that the goal's path covers."""
    return goal.path is None or is_within(path, (find_file_or_folder(tree, goal.path),))


def target_of(goal: Goal, tree: Tree) -> str:
    """Return the Python version the result may need."""
    return goal.target or declared_floor(tree) or CLEAN_UP_TARGET


def declared_floor(tree: Tree) -> str | None:
    """Return the oldest Python the project declares to support, as `3.N`."""
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        found = _REQUIRES.search(tree.get(name, b"").decode("utf-8", "replace"))
        if found is not None:
            return f"3.{min(max(int(found[1]), 7), 14)}"
    return None


def _candidates(tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel) -> list[ModuleModel]:
    where = find_file_or_folder(tree, goal.path) if goal.path else "."
    tests = goal.tests if goal.tests is not None else includes_tests(level)
    below = [module for module in project.in_scope if is_within(module.path, (where,)) and module.path.endswith(".py")]
    return [module for module in below if tests or not module.is_test]


def _source(tree: Tree, module: ModuleModel, goal: Goal) -> SourceText | None:
    if module.problem and goal.kind not in READS_PYTHON2:
        return None
    try:
        return SourceText.read(module.path, tree[module.path])
    except RefusedError:
        return None
