"""Writing a specification of what the code does today, from what the code itself shows; pure, nothing is executed.

Every behaviour names where it was seen. What was seen nowhere says so, instead of being made up.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS, SPEC_MAX_ITEMS
from services.core.tree import Tree
from services.engine.project_model import FunctionModel, ProjectModel
from services.engine.successors import Successor, Successors
from services.specs.extracting.examples import Example, read_examples
from services.specs.extracting.symbols import SymbolTable, Target
from services.specs.schemas import BddItem, SddItem

EXAMPLES_PER_ITEM = 10
SHOWN_EXAMPLES = 3
MAX_FUNCTIONS = 200
_ORIGIN = "MODEL"


def extract_items(
    project: ProjectModel, tree: Tree, touched_functions: Sequence[FunctionModel], successors: Successors | None = None
) -> tuple[list[BddItem], list[SddItem]]:
    """Describe the behaviour that a change must keep.

    Args:
        touched_functions: Functions that the change reaches, directly or by a call; empty means every public
            function in scope.
        successors: What the change makes of names, places and parameters; None where nobody knows.
    Returns:
        Behaviours (one for results and, where seen, one for refusals of each function) and structural statements
        (one per file). `evidence` of a behaviour is a list of mappings with `kind`, `ref` (`path:line`), `target`,
        `defined_at`, `path`, `function` and, where an example was seen, `call`, `imports`, `also` (further functions
        that the call names) and one of `expected`, `raises`, `holds`. Evidence of what the change takes away on purpose
        says so under `gone` and has no call.
    """
    change = successors or Successors()
    functions = _chosen(project, touched_functions)
    symbols = SymbolTable(project, functions)
    examples: dict[tuple[str, str], list[Example]] = {}
    for example in read_examples(project, tree, symbols):
        if any(change.gone(item.path, item.qualified_name) for item in (example.function, *example.also)):
            continue
        examples.setdefault((example.function.path, example.function.qualified_name), []).append(example)
    behaviours: list[BddItem] = []
    for function in functions:
        behaviours += _behaviours(symbols, function, examples.get((function.path, function.qualified_name), []), change)
    return behaviours[:SPEC_MAX_ITEMS], _structure(project, functions, change)


def _chosen(project: ProjectModel, touched: Sequence[FunctionModel]) -> list[FunctionModel]:
    named = [item for item in touched if not item.is_nested]
    chosen = named or [item for item in project.functions() if item.is_public and not item.is_nested]
    return sorted(dict.fromkeys(chosen), key=lambda item: (not item.is_public, item.path, item.line))[:MAX_FUNCTIONS]


def _behaviours(
    symbols: SymbolTable, function: FunctionModel, examples: list[Example], change: Successors
) -> list[BddItem]:
    results = [item for item in examples if item.raises is None]
    refusals = [item for item in examples if item.raises is not None]
    found = []
    if results or not refusals:
        found.append(_item(symbols, function, "result", results, change))
    if refusals:
        found.append(_item(symbols, function, "refusal", refusals, change))
    return found


def _item(
    symbols: SymbolTable, function: FunctionModel, variant: str, examples: list[Example], change: Successors
) -> BddItem:
    kept = _spread(examples)
    name = function.qualified_name
    gone = change.gone(function.path, name)
    nothing = _unobserved(symbols.target(function), gone)
    evidence = [_evidence(symbols, example) for example in kept] or [nothing]
    return BddItem(
        id=f"bdd-{_digest(function.path, name, variant)}",
        title=_cut(_refusal_title(name, kept) if variant == "refusal" else _title(function), 160),
        given=_cut(_given(function, examples)),
        when_action=_cut(_when(name, kept)),
        then_outcome=_cut(_goes(name, gone) if gone else _then(name, kept) + _renamed(function, change)),
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


def _unobserved(target: Target, gone: str | None) -> dict[str, Any]:
    note = "No test, documented example or call with plain values was found."
    facts: dict[str, Any] = {
        "kind": "UNOBSERVED",
        "ref": f"{target.function.path}:{target.function.line}",
        **_place(target),
        "note": gone or note,
    }
    return {**facts, "gone": gone} if gone else facts


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


def _goes(name: str, reason: str) -> str:
    return f"No test calls `{name}` after the change. {reason}"


def _renamed(function: FunctionModel, change: Successors) -> str:
    """Say under which name, where and how a function is called afterwards; empty when as today."""
    found = change.of.get((function.path, function.qualified_name))
    if found is None or found.gone:
        return ""
    told = [*_new_place(function, found)]
    if found.signature:
        told.append(f"It is called as `{found.now.rpartition('.')[2].rpartition(':')[2]}{found.signature}`")
    return f" {'. '.join(told)} and does the same." if told else ""


def _new_place(function: FunctionModel, found: Successor) -> list[str]:
    name = found.now.partition(":")[2]
    if found.path != function.path:
        return [f"It stands in `{found.path}` as `{name}`"]
    return [f"It answers to its new name `{_short(function, name)}`"] if name != function.qualified_name else []


def _short(function: FunctionModel, name: str) -> str:
    """Return the name alone where the owner stays, otherwise with its owner."""
    owner, _, last = name.rpartition(".")
    return last if owner == function.qualified_name.rpartition(".")[0] else name


def _structure(project: ProjectModel, functions: Iterable[FunctionModel], change: Successors) -> list[SddItem]:
    by_path: dict[str, list[FunctionModel]] = {}
    for function in functions:
        by_path.setdefault(function.path, []).append(function)
    return [
        SddItem(
            id=f"sdd-{_digest(path)}",
            component=_cut(path),
            responsibility=_cut(_responsibility(project, path, found)),
            interface_notes=_cut(_interface(path, found, change)),
            origin=_ORIGIN,
        )
        for path, found in by_path.items()
    ]


def _responsibility(project: ProjectModel, path: str, functions: list[FunctionModel]) -> str:
    sentence = _first_sentence(project.modules[path].docstring)
    return sentence or f"Provides {_listed(f'`{item.qualified_name}`' for item in functions[:6])}."


def _interface(path: str, functions: list[FunctionModel], change: Successors) -> str:
    public = [item for item in functions if item.is_public]
    gone = [item for item in public if change.gone(path, item.qualified_name)]
    notes = [_noted(item, change) for item in public if item not in gone]
    told = ["These stay callable as they are: " + "; ".join(notes) + "."] if notes else []
    told += [_goes(item.qualified_name, change.gone(path, item.qualified_name) or "") for item in gone]
    if change.added.get(path):
        told.append(f"New in this file: {_listed(f'`{name}`' for name in change.added[path])}.")
    return " ".join(told) or "Used inside the project only; nothing of it is called from outside."


def _noted(function: FunctionModel, change: Successors) -> str:
    return f"`{function.qualified_name}{_short_signature(function)}`{_renamed(function, change)}"


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
