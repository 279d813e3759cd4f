"""The rule set that discloses modules which import each other while they load; it changes nothing."""

import ast
from collections.abc import Iterator

from services.engine.hazards import Hazard, HazardKind
from services.engine.module_names import absolute_module, modules_by_name
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FUNCTIONS, view_of

_FOUND = "Modules import each other while they load: {path}."
_RULE = "CIRCULAR-IMPORT"
_MESSAGE = "Circular imports found, nothing changed; move what both sides need into a third module"


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    graph = {path: _imported(path, text, given) for path, text in given.originals.items()}
    for cycle in _cycles(graph):
        output.hazards.append(Hazard(HazardKind.CIRCULAR_IMPORT, cycle[0], None, _FOUND.format(path=" → ".join(cycle))))
        output.count(_RULE, _MESSAGE)
    return output


def _imported(path: str, text: str, given: RuleInput) -> list[str]:
    """Return the files of the tree that a file imports at its top level, without those for type checking."""
    view = view_of(path, text)
    names = modules_by_name(given.tree)
    own = given.project.modules[path].name
    found: dict[str, None] = {}
    for node in _statements(view.module.body) if view else ():
        modules = [item.name for item in node.names]
        if isinstance(node, ast.ImportFrom):
            base = absolute_module(path, own, node.module, node.level)
            modules = [f"{base}.{item.name}" if f"{base}.{item.name}" in names else base for item in node.names]
        found |= dict.fromkeys(names[module] for module in modules if module in names and names[module] != path)
    return list(found)


def _statements(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _statements(node.orelse)
        elif not isinstance(node, FUNCTIONS):
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, name, []))


def _cycles(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """Yield a shortest way round through each file that starts one, each set of files once."""
    seen: set[frozenset[str]] = set()
    for start in sorted(graph):
        way = _way_round(graph, start)
        if way and frozenset(way) not in seen:
            seen.add(frozenset(way))
            yield [*way, start]


def _way_round(graph: dict[str, list[str]], start: str) -> list[str]:
    ways: list[list[str]] = [[start]]
    reached = {start}
    for way in ways:
        for target in graph.get(way[-1], ()):
            if target == start:
                return way
            if target not in reached:
                reached.add(target)
                ways.append([*way, target])
    return []


CIRCULAR_IMPORTS = RuleSet(
    "circular-imports",
    "Modules that import each other while they load",
    "Nothing is changed: each cycle is said with the shortest way round.",
    "NONE",
    _fix,
    options=("tests",),
)
