"""Writing a specification of what the code does today, from what the code itself shows; pure, nothing is executed.

Every behaviour names where it was seen. What was seen nowhere says so, instead of being made up.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS, SPEC_MAX_ITEMS
from services.core.tree import Tree
from services.engine.goals import Goal, GoalKind
from services.engine.project_model import FunctionModel, ProjectModel
from services.specs.extracting.examples import Example, read_examples
from services.specs.extracting.symbols import SymbolTable, Target
from services.specs.schemas import BddItem, SddItem

EXAMPLES_PER_ITEM = 10
SHOWN_EXAMPLES = 3
MAX_FUNCTIONS = 200
_ORIGIN = "MODEL"


def extract_items(
    project: ProjectModel, tree: Tree, touched_functions: Sequence[FunctionModel], goal: Goal | None = None
) -> tuple[list[BddItem], list[SddItem]]:
    """Describe the behaviour that a change must keep.

    Args:
        touched_functions: Functions that the change reaches, directly or by a call; empty means every public
            function in scope.
    Returns:
        Behaviours (one for results and, where seen, one for refusals of each function) and structural statements
        (one per file). `evidence` of a behaviour is a list of mappings with `kind`, `ref` (`path:line`), `target`,
        `defined_at`, `path`, `function` and, where an example was seen, `call`, `imports`, `also` (further functions
        that the call names) and one of `expected`, `raises`, `holds`.
    """
    functions = _chosen(project, touched_functions)
    symbols = SymbolTable(project, functions)
    examples: dict[tuple[str, str], list[Example]] = {}
    for example in read_examples(project, tree, symbols):
        examples.setdefault((example.function.path, example.function.qualified_name), []).append(example)
    behaviours: list[BddItem] = []
    for function in functions:
        behaviours += _behaviours(symbols, function, examples.get((function.path, function.qualified_name), []), goal)
    return behaviours[:SPEC_MAX_ITEMS], _structure(project, functions, goal)


def _chosen(project: ProjectModel, touched: Sequence[FunctionModel]) -> list[FunctionModel]:
    named = [item for item in touched if not item.is_nested]
    chosen = named or [item for item in project.functions() if item.is_public and not item.is_nested]
    return sorted(dict.fromkeys(chosen), key=lambda item: (not item.is_public, item.path, item.line))[:MAX_FUNCTIONS]


def _behaviours(
    symbols: SymbolTable, function: FunctionModel, examples: list[Example], goal: Goal | None
) -> list[BddItem]:
    results = [item for item in examples if item.raises is None]
    refusals = [item for item in examples if item.raises is not None]
    found = []
    if results or not refusals:
        found.append(_item(symbols, function, "result", results, goal))
    if refusals:
        found.append(_item(symbols, function, "refusal", refusals, goal))
    return found


def _item(
    symbols: SymbolTable, function: FunctionModel, variant: str, examples: list[Example], goal: Goal | None
) -> BddItem:
    kept = _spread(examples)
    name = function.qualified_name
    evidence = [_evidence(symbols, example) for example in kept] or [_unobserved(symbols.target(function))]
    return BddItem(
        id=f"bdd-{_digest(function.path, name, variant)}",
        title=_cut(_refusal_title(name, kept) if variant == "refusal" else _title(function), 160),
        given=_cut(_given(function, examples)),
        when_action=_cut(_when(name, kept)),
        then_outcome=_cut(_then(name, kept) + _renamed(function, goal)),
        evidence=evidence,
        origin=_ORIGIN,
    )


def _spread(examples: list[Example]) -> list[Example]:
    """Keep a bounded number: those with an expectation first, spread over all places they come from."""
    asserted = [item for item in examples if item.is_asserted]
    others = [item for item in examples if not item.is_asserted]
    kept = _every(asserted, EXAMPLES_PER_ITEM)
    return kept + _every(others, EXAMPLES_PER_ITEM - len(kept))


def _every(items: list[Example], number: int) -> list[Example]:
    if number <= 0:
        return []
    step = max(1, -(-len(items) // number))
    return items[::step]


def _evidence(symbols: SymbolTable, example: Example) -> dict[str, Any]:
    place = _place(symbols.target(example.function))
    facts: dict[str, Any] = {"kind": example.kind, "ref": example.ref, **place, "call": example.call}
    if example.also:
        targets = [symbols.target(item) for item in example.also]
        facts["also"] = [{"target": item.public, "defined_at": item.defined_at} for item in targets]
    if example.imports:
        facts["imports"] = list(example.imports)
    if example.expected is not None:
        facts["expected"] = example.expected
    elif example.raises is not None:
        facts["raises"] = example.raises
    elif example.holds:
        facts["holds"] = True
    return facts


def _unobserved(target: Target) -> dict[str, Any]:
    note = "No test, documented example or call with plain values was found."
    return {
        "kind": "UNOBSERVED",
        "ref": f"{target.function.path}:{target.function.line}",
        **_place(target),
        "note": note,
    }


def _place(target: Target) -> dict[str, str]:
    function = target.function
    return {
        "target": target.public,
        "defined_at": target.defined_at,
        "path": function.path,
        "function": function.qualified_name,
    }


def _title(function: FunctionModel) -> str:
    sentence = _first_sentence(function.docstring)
    return f"{function.qualified_name}: {sentence}" if sentence else f"{function.qualified_name} keeps its behaviour"


def _refusal_title(name: str, examples: list[Example]) -> str:
    return f"{name} refuses wrong input with {_listed(item.raises or '' for item in examples)}"


def _given(function: FunctionModel, examples: list[Example]) -> str:
    if not examples:
        return (
            f"`{function.qualified_name}{_short_signature(function)}` as it is today; no example of a call was found."
        )
    places = len({item.ref for item in examples})
    where = _listed(dict.fromkeys(item.ref for item in examples[:SHOWN_EXAMPLES]))
    return (
        f"The inputs seen in {where}."
        if places <= SHOWN_EXAMPLES
        else f"The inputs seen in {places} places, such as {where}."
    )


def _when(name: str, examples: list[Example]) -> str:
    shown = [f"`{item.call}`" for item in examples if len(item.call) <= 160][:SHOWN_EXAMPLES]
    return f"`{name}` is called, for example as {_listed(shown)}." if shown else f"`{name}` is called."


def _then(name: str, examples: list[Example]) -> str:
    shown = [text for text in map(_outcome, examples) if text][:SHOWN_EXAMPLES]
    if shown:
        return f"{'; '.join(shown)}."
    if examples:
        return "It gives the same result, or the same error, as the code does today."
    return (
        f"`{name}` does what it does today. Nobody has written down what that is, so it is recorded before the change."
    )


def _outcome(example: Example) -> str:
    if len(example.call) > 160 or len(example.expected or "") > 160:
        return ""
    if example.expected is not None:
        return f"`{example.call}` gives `{example.expected}`"
    if example.raises is not None:
        return f"`{example.call}` stops with `{example.raises}`"
    return f"`{example.call}` holds" if example.holds else ""


def _renamed(function: FunctionModel, goal: Goal | None) -> str:
    if goal is None or goal.kind is not GoalKind.RENAME or goal.symbol is None:
        return ""
    if function.qualified_name != goal.symbol or (goal.path or function.path) != function.path:
        return ""
    return f" It answers to its new name `{goal.new_name}` and does the same."


def _structure(project: ProjectModel, functions: Iterable[FunctionModel], goal: Goal | None) -> list[SddItem]:
    by_path: dict[str, list[FunctionModel]] = {}
    for function in functions:
        by_path.setdefault(function.path, []).append(function)
    return [
        SddItem(
            id=f"sdd-{_digest(path)}",
            component=_cut(path),
            responsibility=_cut(_responsibility(project, path, found)),
            interface_notes=_cut(_interface(found, goal)),
            origin=_ORIGIN,
        )
        for path, found in by_path.items()
    ]


def _responsibility(project: ProjectModel, path: str, functions: list[FunctionModel]) -> str:
    sentence = _first_sentence(project.modules[path].docstring)
    return sentence or f"Provides {_listed(f'`{item.qualified_name}`' for item in functions[:6])}."


def _interface(functions: list[FunctionModel], goal: Goal | None) -> str:
    public = [item for item in functions if item.is_public]
    if not public:
        return "Used inside the project only; nothing of it is called from outside."
    notes = [f"`{item.qualified_name}{_short_signature(item)}`{_renamed(item, goal)}" for item in public]
    return "These stay callable as they are: " + "; ".join(notes) + "."


def _short_signature(function: FunctionModel) -> str:
    names = [item.name if item.default is None else f"{item.name}={item.default}" for item in function.parameters]
    return f"({', '.join(names)})"


def _first_sentence(docstring: str | None) -> str:
    text = re.sub(r"\s+", " ", (docstring or "").strip().split("\n\n")[0]).strip()
    if not text or text.startswith((">>>", ":")):
        return ""
    sentence = re.split(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s", text)[0].strip(" :")
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _listed(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(word for word in words if word))
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)


def _cut(text: str, limit: int = SPEC_FIELD_MAX_CHARACTERS) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
