"""What a change plan measures: counted from the sources before and after, never estimated."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.core.tree import Tree, is_within
from services.engine.blocks import line_changes, split_lines
from services.engine.hazards import Hazard, HazardKind
from services.engine.names import is_python
from services.engine.project import read_project
from services.engine.project_model import FunctionModel, ModuleModel, ProjectModel
from services.engine.refusals import RefusedError
from services.engine.source import SourceText


@dataclass(frozen=True, slots=True)
class TouchedFunction:
    """A function whose lines change; lines are those before the change, from 1."""

    path: str
    qualified_name: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Measured facts. Lines count as touched once, on the old side, or on the new where only lines are added.

    `risk_score` is 1 (least) to 5. Complexities are 0 where the scope has no function.
    """

    files_changed: int
    files_in_scope: int
    lines_touched: int
    lines_in_scope: int
    functions_rewritten: int
    functions_in_scope: int
    highest_complexity_before: int
    highest_complexity_after: int
    public_names_changed: int
    call_sites: int
    dynamic_lookups: int
    operations: int
    risk_score: int
    touched_functions: tuple[TouchedFunction, ...] = field(default=())
    touched_paths: tuple[str, ...] = field(default=())
    rules: tuple[tuple[str, int], ...] = field(default=())


def measure(
    before: Tree,
    after: Tree,
    project: ProjectModel,
    *,
    operations: int,
    hazards: Iterable[Hazard],
    rules: dict[str, int],
) -> PlanFacts:
    """Count what a change does to the tree that `project` was read from."""
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    changed_project = read_project({path: after[path] for path in changed if path in after}, project.scope)
    touched_lines = {path: _touched_lines(path, before.get(path), after.get(path)) for path in changed}
    touched = tuple(_touched_functions(project, touched_lines))
    lines = sum(len(old) or added for old, added in touched_lines.values())
    dynamic = sum(hazard.kind is HazardKind.DYNAMIC_LOOKUP for hazard in hazards)
    public = _public_names_changed(project, changed_project, changed)
    in_scope = project.in_scope
    return PlanFacts(
        files_changed=len(changed),
        files_in_scope=sum(is_within(path, project.scope) for path in before),
        lines_touched=lines,
        lines_in_scope=sum(module.line_count for module in in_scope),
        functions_rewritten=len(touched),
        functions_in_scope=sum(len(module.functions) for module in in_scope),
        highest_complexity_before=_highest(project, ()),
        highest_complexity_after=max(_highest(project, changed), _highest(changed_project, ())),
        public_names_changed=public,
        call_sites=_call_sites(project, touched),
        dynamic_lookups=dynamic,
        operations=operations,
        risk_score=_risk(lines, sum(module.line_count for module in in_scope), public, dynamic, len(touched)),
        touched_functions=touched,
        touched_paths=tuple(changed),
        rules=tuple(sorted(rules.items())),
    )


def _touched_lines(path: str, old: bytes | None, new: bytes | None) -> tuple[set[int], int]:
    """Return the old lines that change (with the neighbours of insertions) and the count of lines added."""
    try:
        old_lines = split_lines(SourceText.read(path, old or b"").text)
        new_lines = split_lines(SourceText.read(path, new or b"").text)
    except RefusedError:
        return set(), 0
    touched: set[int] = set()
    added = 0
    for change in line_changes(old_lines, new_lines):
        touched |= set(range(change.start + 1, change.end + 1))
        added += change.new_end - change.new_start
    return touched, added


def _touched_functions(project: ProjectModel, touched: dict[str, tuple[set[int], int]]) -> Iterable[TouchedFunction]:
    for path, (lines, _) in sorted(touched.items()):
        module = project.modules.get(path)
        for item in module.functions if module else ():
            if any(item.line <= line <= item.end_line for line in lines):
                yield TouchedFunction(path, item.qualified_name, item.line, item.end_line)


def _highest(project: ProjectModel, without: Iterable[str]) -> int:
    left = set(without)
    functions: list[FunctionModel] = [f for m in project.in_scope if m.path not in left for f in m.functions]
    return max((item.complexity for item in functions), default=0)


def _public_names_changed(project: ProjectModel, after: ProjectModel, changed: list[str]) -> int:
    """Count per module outside the tests the names taken away, or added where that is more."""
    total = 0
    for path in changed:
        if not is_python(path):
            continue
        old, new = project.modules.get(path), after.modules.get(path)
        if not any(module.is_test for module in (old, new) if module is not None):
            total += max(len(_offered(old) - _offered(new)), len(_offered(new) - _offered(old)))
    return total


def _offered(module: ModuleModel | None) -> set[str]:
    if module is None:
        return set()
    methods = {f.qualified_name for f in module.functions if f.is_method and f.is_public and not f.is_nested}
    imported = {item.bound_as for item in module.imports} - set(module.exports or ())
    return (set(module.public_names) - imported) | methods


def _call_sites(project: ProjectModel, touched: Iterable[TouchedFunction]) -> int:
    names = {item.qualified_name.rpartition(".")[2] for item in touched}
    return sum(c.callee.rpartition(".")[2] in names for m in project.modules.values() for c in m.calls)


def _risk(lines: int, lines_in_scope: int, public: int, dynamic: int, functions: int) -> int:
    """Score from 1 to 5: one point each for breadth, depth, a changed interface and what cannot be followed."""
    points = [lines > 0.05 * max(lines_in_scope, 1) or lines > 200, functions > 20, public > 0, dynamic > 0]
    return 1 + sum(points)
