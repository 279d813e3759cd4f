"""Goals that are sets of rules: the pipeline is run until it finds nothing more."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.blocks import changed_splices
from services.engine.catalogue.sources import declared_floor, editable_sources, is_below, protected_files, target_of
from services.engine.goals import Goal
from services.engine.hazards import Hazard, HazardKind
from services.engine.project_model import ProjectModel
from services.engine.rules.lint import includes_tests
from services.engine.rules.model import RuleInput, RuleOutput
from services.engine.rules.registry import pipeline
from services.engine.source import SourceText

MAX_ROUNDS = 4


@dataclass
class RulesPlan:
    """What the rules make of a tree: contents of changed files, operations after them, and what is to be said."""

    contents: dict[str, bytes] = field(default_factory=dict)
    output: RuleOutput = field(default_factory=RuleOutput)
    hazards: list[Hazard] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


def plan_rules(
    tree: Tree,
    project: ProjectModel,
    goal: Goal,
    level: ProposalLevel,
    protected: tuple[str, ...],
    only: Collection[str] | None = None,
) -> RulesPlan:
    """Run the rule sets of a goal over the files it may change.

    Args:
        only: Look at these files alone; None is every file the goal covers.
    Raises:
        RefusedError: the goal's path is not in the tree.
    """
    covered = editable_sources(tree, project, goal, level, protected)
    sources = {path: source for path, source in covered.items() if only is None or path in only}
    before = {path: source.text for path, source in sources.items()}
    output = _run(RuleInput(before, tree, project, goal, level, target_of(goal, tree), before), goal, level)
    texts = {path: text for path, text in output.texts.items() if text != before[path]}
    plan = RulesPlan({path: _stored(sources[path], text) for path, text in texts.items()}, output)
    plan.hazards = _version_hazards(tree, goal, bool(texts)) + output.hazards + _unreadable(tree, project, goal, texts)
    left = protected_files(tree, project, goal, level, protected)
    plan.steps = [*_steps(output, goal, level), *([f"Left alone, protected: {', '.join(left)}."] if left else [])]
    return plan


def _run(given: RuleInput, goal: Goal, level: ProposalLevel) -> RuleOutput:
    """Repeat the pipeline on what it changed until nothing changes; the first round sees every file."""
    total = RuleOutput()
    texts = dict(given.texts)
    for _ in range(MAX_ROUNDS):
        changed: set[str] = set()
        for rule_set in pipeline(goal.kind, level):
            output = rule_set.fix(given.having(texts))
            changed |= {path for path, text in output.texts.items() if text != texts[path]}
            texts |= output.texts
            total.join(output)
        if not changed or total.requests:
            break
        texts = {path: texts[path] for path in changed}
    return total


def _stored(source: SourceText, text: str) -> bytes:
    return source.splice(changed_splices(source.text, text))


def _version_hazards(tree: Tree, goal: Goal, is_changed: bool) -> list[Hazard]:
    floor = declared_floor(tree)
    if goal.target is None or floor is None or not is_changed or int(floor[2:]) >= int(goal.target[2:]):
        return []
    sentence = f"The project declares Python {floor} or newer; the changed code may need {goal.target}."
    place = "pyproject.toml" if "pyproject.toml" in tree else "setup.py"
    return [Hazard(HazardKind.VERSION_FLOOR, place, None, sentence)]


def _unreadable(tree: Tree, project: ProjectModel, goal: Goal, texts: dict[str, str]) -> list[Hazard]:
    return [
        Hazard(HazardKind.UNREADABLE_FILE, module.path, module.problem_line, f"Left as it is. {module.problem}")
        for module in project.unparsable
        if is_below(goal, tree, module.path) and module.path not in texts
    ]


def _steps(output: RuleOutput, goal: Goal, level: ProposalLevel) -> list[str]:
    tests = goal.tests if goal.tests is not None else includes_tests(level)
    where = "code and tests" if tests else "code, not tests"
    if not output.taken:
        return [f"Looked at {where}; no rule of this level found anything to change."]
    counted = sorted(output.taken.items(), key=lambda item: (-item[1], item[0]))
    return [f"{output.messages[rule].rstrip('.')} ({rule}, {count}×)." for rule, count in counted]
