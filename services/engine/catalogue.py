"""The catalogue: from an understood goal and a level to a document, its measured facts and its hazards.

What counts as safe is left to `rules` and `guards`, following a name to `rename`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree, file_fingerprint, is_within
from services.engine.apply import apply_document
from services.engine.blocks import changed_splices, document_between
from services.engine.document import EditDocument, RenameOptions, RenameSymbol
from services.engine.facts import PlanFacts, measure
from services.engine.fixes import FixedTexts, fix_texts
from services.engine.goals import Goal, GoalKind
from services.engine.hazards import Hazard, HazardKind
from services.engine.names import is_protected, is_python
from services.engine.project_model import ModuleModel, ProjectModel
from services.engine.protection import protected_entries
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename import RenameEdits, rename_edits
from services.engine.rules import includes_tests, rules_for
from services.engine.source import SourceText
from services.engine.syntax import parse

CLEAN_UP_TARGET = "3.9"
_REQUIRES = re.compile(r"(?:requires-python|python_requires)\s*=\s*[\"']?\s*(?:>=|~=|\^)\s*3\.(\d+)")


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """A change that could be made: the document, what it measures, its doubts, and its steps in plain words.

    A document without operations means that nothing was found; `steps` says what was looked for.
    """

    document: EditDocument
    facts: PlanFacts
    hazards: list[Hazard]
    steps: list[str]


def plan_change(tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel) -> ChangePlan:
    """Plan a goal at a level for the scope of `project`; the tree is not changed.

    Raises:
        RefusedError: a rename that cannot be done safely, or a path that is not there.
    """
    return _PLANNERS[goal.kind](tree, project, goal, level)


def _plan_fixes(tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel) -> ChangePlan:
    sources = _editable(tree, project, goal, level)
    target = goal.target or _declared_floor(tree) or CLEAN_UP_TARGET
    rules = rules_for(goal.kind, level)
    texts = {path: source.text for path, source in sources.items()}
    fixed = fix_texts(texts, rules, target, project, spare_unused=goal.kind is GoalKind.MODERNISE)
    after = {**tree, **{path: _stored(sources[path], text) for path, text in fixed.texts.items()}}
    hazards = _version_hazards(tree, goal, fixed) + _unreadable(project, goal)
    return _finished(
        tree, after, project, document_between(tree, after), hazards, _fix_steps(fixed, level), fixed.taken
    )


def _plan_rename(tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel) -> ChangePlan:
    path = _definition_file(tree, project, goal)
    wide = level is not ProposalLevel.CONSERVATIVE
    options = RenameOptions(tests=wide, docs=wide, receivers=wide)
    symbol, new_name = goal.symbol or "", goal.new_name or ""
    edits = rename_edits(tree, path, symbol, new_name, options, scope=project.scope)
    operation = RenameSymbol(
        path=path,
        base_fingerprint=file_fingerprint(tree[path]),
        result_fingerprint=file_fingerprint(edits.contents[path]),
        symbol=symbol,
        new_name=new_name,
        options=options,
    )
    after = {**tree, **edits.contents}
    document = EditDocument(operations=[operation])
    return _finished(tree, after, project, document, list(edits.hazards), _rename_steps(goal, path, edits), {})


_PLANNERS: dict[GoalKind, Callable[[Tree, ProjectModel, Goal, ProposalLevel], ChangePlan]] = {
    GoalKind.MODERNISE: _plan_fixes,
    GoalKind.CLEAN_UP: _plan_fixes,
    GoalKind.RENAME: _plan_rename,
}


def _finished(
    tree: Tree,
    after: Tree,
    project: ProjectModel,
    document: EditDocument,
    hazards: list[Hazard],
    steps: list[str],
    rules: dict[str, int],
) -> ChangePlan:
    result = apply_document(tree, document, scope=project.scope)
    if not result.applied or result.tree != dict(after):
        refused = next((o for o in result.outcomes if o.code is not None), None)
        code = refused.code if refused and refused.code else RefusalCode.ANCHOR_AMBIGUOUS
        raise RefusedError(code, (refused.location if refused else None) or "document")
    facts = measure(tree, after, project, operations=len(document.operations), hazards=hazards, rules=rules)
    if facts.public_names_changed:
        paths = [item.path for item in project.in_scope if not item.is_test and item.path in facts.touched_paths]
        sentence = f"{facts.public_names_changed} public names differ; callers outside the repository may use them."
        hazards = [*hazards, Hazard(HazardKind.PUBLIC_NAME, paths[0] if paths else ".", None, sentence)]
    return ChangePlan(document, facts, hazards, steps)


def _editable(tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel) -> dict[str, SourceText]:
    """Return the sources a fix may change: parsable, in scope, below the goal's path, tests by level.

    Files that the tree itself protects are left.
    """
    if goal.path is not None and not any(is_within(path, (goal.path,)) for path in tree):
        raise RefusedError(RefusalCode.FILE_MISSING, goal.path)
    found: dict[str, SourceText] = {}
    protected = protected_entries(tree)
    for module in project.in_scope:
        wanted = is_within(module.path, (goal.path,)) if goal.path else True
        if not wanted or module.problem or (module.is_test and not includes_tests(level)):
            continue
        source = parse(module.path, tree[module.path]).source
        if source is not None and module.path.endswith(".py") and not is_protected(module.path, protected):
            found[module.path] = source
    return found


def _stored(source: SourceText, text: str) -> bytes:
    return source.splice(changed_splices(source.text, text))


def _definition_file(tree: Tree, project: ProjectModel, goal: Goal) -> str:
    """Return the file of the definition; a folder stands for the one file below it that defines the symbol."""
    path = goal.path or "."
    if path in tree:
        return path
    below = [m for m in project.modules.values() if is_within(m.path, (path,)) and not m.is_test and is_python(m.path)]
    symbol = goal.symbol or ""
    names = [m.path for m in below if symbol in _defined_names(m)]
    if len(names) != 1:
        code = RefusalCode.ANCHOR_AMBIGUOUS if names else RefusalCode.FILE_MISSING
        raise RefusedError(code, path, f"{len(names)} files below define {symbol}.")
    return names[0]


def _defined_names(module: ModuleModel) -> set[str]:
    return {item.qualified_name for item in module.functions} | {item.qualified_name for item in module.classes}


def _declared_floor(tree: Tree) -> str | None:
    """Return the oldest Python the project declares to support, as `3.N`."""
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        found = _REQUIRES.search(tree.get(name, b"").decode("utf-8", "replace"))
        if found is not None:
            return f"3.{min(max(int(found[1]), 7), 14)}"
    return None


def _version_hazards(tree: Tree, goal: Goal, fixed: FixedTexts) -> list[Hazard]:
    floor = _declared_floor(tree)
    if goal.target is None or floor is None or not fixed.texts or int(floor[2:]) >= int(goal.target[2:]):
        return []
    sentence = f"The project declares Python {floor} or newer; the changed code may need {goal.target}."
    return [
        Hazard(HazardKind.VERSION_FLOOR, "pyproject.toml" if "pyproject.toml" in tree else "setup.py", None, sentence)
    ]


def _unreadable(project: ProjectModel, goal: Goal) -> list[Hazard]:
    return [
        Hazard(HazardKind.UNREADABLE_FILE, module.path, module.problem_line, f"Left as it is. {module.problem}")
        for module in project.unparsable
        if goal.path is None or is_within(module.path, (goal.path,))
    ]


def _fix_steps(fixed: FixedTexts, level: ProposalLevel) -> list[str]:
    where = "code and tests" if includes_tests(level) else "code, not tests"
    if not fixed.taken:
        return [f"Looked at {where}; no rule of this level found anything to change."]
    counted = sorted(fixed.taken.items(), key=lambda item: (-item[1], item[0]))
    return [f"{fixed.messages[rule].rstrip('.')} ({rule}, {count}×)." for rule, count in counted]


def _rename_steps(goal: Goal, path: str, edits: RenameEdits) -> list[str]:
    files = {place.path for place in edits.changed}
    steps = [f"Rename {goal.symbol} in {path} to {goal.new_name}: {len(edits.changed)} places in {len(files)} files."]
    if edits.aliases:
        steps.append(
            f"Keep the old name as an alias in {', '.join(edits.aliases)} for {len(edits.kept)} places that stay."
        )
    return steps
