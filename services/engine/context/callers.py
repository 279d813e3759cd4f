"""Who uses the targets: functions outside that call them, and tests that name what they define."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from services.engine.context.model import LineRange, Slice, SliceKind
from services.engine.project_model import CallSite, FunctionModel, ModuleModel, ProjectModel, TestFunctionModel

TELLING_CHARACTERS = 3
"""Shorter names say nothing about what a test is about."""

Names = Mapping[str, frozenset[str]]
"""Target path → names that it defines, members with their class."""


def slices_of_callers(project: ProjectModel, targets: Sequence[ModuleModel], names: Names) -> Iterator[Slice]:
    """Yield each function outside the targets that calls one of their names through an import, weighted by calls."""
    for module in project.modules.values():
        if module.path in names or module.is_test:
            continue
        bound = _bound_targets(module, targets, names)
        if not bound:
            continue
        calls: Counter[str | None] = Counter(call.caller for call in module.calls if _reaches(call.callee, bound))
        functions = {item.qualified_name: item for item in module.functions}
        for caller, count in calls.items():
            if caller in functions:
                reason = f"calls the targets, {count} place{'s' if count > 1 else ''}"
                yield Slice(module.path, SliceKind.CALLER, caller or "", reason, _lines(functions[caller]), count)
        if not calls.keys() & functions.keys():
            yield from _top_level(module, [call for call in module.calls if _reaches(call.callee, bound)])


def slices_of_tests(project: ProjectModel, targets: Sequence[ModuleModel], names: Names) -> Iterator[Slice]:
    """Yield each test function that names something the targets define, weighted by how many names.

    In a test file that imports a target every name counts twice.
    """
    telling = {
        part
        for found in names.values()
        for name in found
        for part in name.split(".")
        if len(part) >= TELLING_CHARACTERS
    }
    telling = {name for name in telling if not name.startswith("__")}
    for module in project.modules.values():
        if not module.is_test or module.path in names:
            continue
        functions = {item.qualified_name: item for item in module.functions}
        factor = 2 if _bound_targets(module, targets, names) else 1
        for test in module.tests:
            mentioned = test.mentions & telling
            if mentioned and test.qualified_name in functions:
                yield _test_slice(test, functions[test.qualified_name], sorted(mentioned), factor)


def _test_slice(test: TestFunctionModel, function: FunctionModel, mentioned: list[str], factor: int) -> Slice:
    reason = f"tests {', '.join(mentioned[:3])}{' and more' if len(mentioned) > 3 else ''}"
    weight = len(mentioned) * factor
    return Slice(test.path, SliceKind.TEST, test.qualified_name, reason, _lines(function), weight)


def _top_level(module: ModuleModel, calls: Sequence[CallSite]) -> Iterator[Slice]:
    if calls:
        ranges = tuple(LineRange(line, line) for line in sorted({call.line for call in calls}))
        yield Slice(module.path, SliceKind.CALLER, "", "calls the targets outside functions", ranges, len(calls))


def _bound_targets(module: ModuleModel, targets: Sequence[ModuleModel], names: Names) -> dict[str, frozenset[str]]:
    """Map each name bound by importing from a target to what may follow it; empty: the name itself is the target's."""
    by_name = {target.name: names[target.path] for target in targets}
    bound: dict[str, frozenset[str]] = {}
    for item in module.imports:
        whole_name = f"{item.module}.{item.name}" if item.name else item.module
        if whole_name in by_name:
            prefix = item.bound_as if item.name or item.bound_as != item.module.partition(".")[0] else item.module
            bound[prefix] = by_name[whole_name]
        elif item.module in by_name and item.name in by_name[item.module]:
            bound[item.bound_as] = frozenset()
    return bound


def _reaches(callee: str, bound: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a dotted callee goes through one of the bound names."""
    for prefix, members in bound.items():
        if callee == prefix or callee.startswith(f"{prefix}."):
            rest = callee[len(prefix) + 1 :].partition(".")[0]
            return not members or rest in members
    return False


def _lines(function: FunctionModel) -> tuple[LineRange, ...]:
    return (LineRange(function.line, function.end_line),)
