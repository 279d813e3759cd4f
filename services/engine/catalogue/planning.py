"""Planning a goal step by step: each step sees what the ones before leave."""

from collections.abc import Sequence

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree, normalise_path
from services.core.wording import plural
from services.engine.catalogue.draft import Draft
from services.engine.catalogue.plans import ChangePlan
from services.engine.catalogue.requests import Context, is_structural, requests_for
from services.engine.catalogue.rules_plan import RulesPlan, plan_rules
from services.engine.facts import PlanFacts, measure
from services.engine.goals import Goal, GoalKind, goal_sentence
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import read_project
from services.engine.project_model import ProjectModel


def plan_change(
    tree: Tree, project: ProjectModel, goal: Goal, level: ProposalLevel, protected: Sequence[str] = ()
) -> ChangePlan:
    """Plan a goal at a level for the scope of `project`; the tree is not changed.

    Args:
        protected: Files, folders or glob patterns that may not change even inside the scope.
    Raises:
        RefusedError: a step that cannot be done safely, or a path or definition that is not there.
    """
    scope = tuple(normalise_path(item) for item in project.scope)
    plan = _Planning(Draft(tree, scope, protected), project, scope, level, tuple(protected))
    for step in goal.each:
        plan.take(step)
    return plan.finished(tree, project)


class _Planning:
    def __init__(
        self,
        draft: Draft,
        project: ProjectModel,
        scope: tuple[str, ...],
        level: ProposalLevel,
        protected: tuple[str, ...],
    ) -> None:
        self._draft = draft
        self._project: ProjectModel | None = project
        self._scope = scope
        self._level = level
        self._protected = protected
        self._hazards: list[Hazard] = []
        self._steps: list[str] = []
        self._rules: dict[str, int] = {}
        self._reshaped: set[str] = set()

    def take(self, goal: Goal) -> None:
        """Plan one step on the present tree."""
        if is_structural(goal.kind):
            self._structural(goal)
        else:
            self._rule_sets(goal)

    def finished(self, before: Tree, project: ProjectModel) -> ChangePlan:
        """Measure and describe the whole."""
        if self._level is ProposalLevel.COMPREHENSIVE:
            self._tidy()
        document = self._draft.document()
        hazards = list(dict.fromkeys([*self._hazards, *self._draft.hazards]))
        count = len(document.operations)
        facts = measure(before, self._draft.tree, project, operations=count, hazards=hazards, rules=self._rules)
        hazards += _public_names(facts, project)
        steps = [*self._steps, *dict.fromkeys(self._draft.notes)]
        return ChangePlan(document, facts, hazards, steps, self._draft.operations)

    def _structural(self, goal: Goal) -> None:
        context = Context(self._draft.tree, self._scope, self._level)
        before = dict(self._draft.tree)
        for request in requests_for(goal, context):
            self._draft.add(request)
        changed = [path for path in {*before, *self._draft.tree} if before.get(path) != self._draft.tree.get(path)]
        self._project = None if changed else self._project
        self._reshaped |= set(changed)
        said = f"{len(changed)} files change" if len(changed) != 1 else "1 file changes"
        self._steps.append(f"{goal_sentence(goal)}: {said if changed else 'nothing is left to change'}.")

    def _tidy(self) -> None:
        """Clean the files up that operations changed, by the rules of the lowest level; nothing else is looked at."""
        here = self._reshaped & set(self._draft.tree)
        if not here:
            return
        plan = self._run_rules(Goal(GoalKind.CLEAN_UP, tests=True), ProposalLevel.CONSERVATIVE, here)
        self._steps += plan.steps if plan.contents else []

    def _rule_sets(self, goal: Goal) -> None:
        plan = self._run_rules(goal, self._level, None)
        self._hazards += plan.hazards
        self._steps += plan.steps

    def _run_rules(self, goal: Goal, level: ProposalLevel, only: set[str] | None) -> RulesPlan:
        tree = self._draft.tree
        project = self._project or read_project(tree, list(self._scope))
        plan = plan_rules(tree, project, goal, level, self._protected, only)
        if plan.contents:
            self._draft.replace({**tree, **plan.contents})
            self._project = None
        for request in plan.output.requests:
            self._draft.add(request)
            self._project = None
        for rule, times in plan.output.taken.items():
            self._rules[rule] = self._rules.get(rule, 0) + times
        return plan


def _public_names(facts: PlanFacts, project: ProjectModel) -> list[Hazard]:
    if not facts.public_names_changed:
        return []
    paths = [item.path for item in project.in_scope if not item.is_test and item.path in facts.touched_paths]
    names = plural(facts.public_names_changed, "name")
    sentence = f"The public interface differs by {names}; callers outside the repository may use it."
    return [Hazard(HazardKind.PUBLIC_NAME, paths[0] if paths else ".", None, sentence)]
