"""Planning `change_signature`: definitions, calls and bodies change together, or the operation is refused."""

import ast

from services.core.tree import Tree
from services.engine.framework_hooks import entry_point_hazards, hook_hazards
from services.engine.hazards import Hazard, HazardKind
from services.engine.names import is_test
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes
from services.engine.signatures.bodies import Span, renamed, require_new_name, require_unread
from services.engine.signatures.call_edits import CallEdits
from services.engine.signatures.edits import Edits
from services.engine.signatures.operations import ChangeSignature, SetDefault
from services.engine.signatures.overrides import fitted_changes
from services.engine.signatures.signature import (
    Signature,
    changed_signature,
    parameter_list,
    read_signature,
    written_slots,
)
from services.engine.signatures.usage_model import Definition, Usages
from services.engine.signatures.usages import find_usages
from services.engine.syntax import parse
from services.engine.tree_edits import EditLimits, TreeEdits

_PROPERTIES = frozenset({"property", "cached_property", "setter", "getter", "deleter"})
_HARMLESS = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "overload", "lru_cache", "cache", "final", "wraps"}
    | {"contextmanager", "asynccontextmanager", "deprecated", "no_type_check"}
)


def plan_change_signature(tree: Tree, operation: ChangeSignature, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    symbol = constructor_of(tree, operation.path, operation.symbol)
    usages = find_usages(tree, operation.path, symbol)
    main = main_definition(usages)
    if not limits.allow(main.path):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, main.path, "The definition may not be changed.")
    editable = _editable(usages, operation, limits)
    edits = Edits(usages.project)
    before = read_signature(edits.source(main.path), main.node)
    after = changed_signature(before, operation.changes, main.receiver, main.location)
    pairs = _fitted(edits, usages, operation, main, editable)
    for definition, (old, new) in pairs:
        _change_body(edits, _scopes(usages, definition.path), definition, old, new)
    known = {item.scope: {param.name for param in new.named} for item, (_, new) in pairs}
    calls = CallEdits(edits, before, after, known)
    calls.change(usages.calls, editable=editable)
    for definition, (old, new) in pairs:
        scopes = _scopes(usages, definition.path)
        _require_unread(definition, scopes, old, new, calls.dropped.get(definition.path, []))
        found = edits.items(definition.path, parameter_list(scopes.source, definition.node))
        edits.arrange(definition.path, found, written_slots(new))
    hazards = [*usages.hazards, *calls.hazards, *_left(usages, editable), *disclosed(tree, usages, main, symbol)]
    hazards += _defaults(operation, main)
    return TreeEdits(edits.contents(), tuple(dict.fromkeys(hazards)))


def constructor_of(tree: Tree, path: str, symbol: str) -> str:
    """Return the symbol itself or, when it names a class, that class's `__init__`."""
    parsed = parse(path, tree[path]) if path in tree else None
    body = parsed.module.body if parsed is not None and parsed.module is not None else []
    for part in symbol.split("."):
        found = next((item for item in body if isinstance(item, ast.ClassDef) and item.name == part), None)
        if found is None:
            return symbol
        body = found.body
    return f"{symbol}.__init__"


def main_definition(usages: Usages) -> Definition:
    """Return the definition that runs: the last that is no declared overload, in the file asked for.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` for a property, or a method that Python calls by its name.
    """
    first = usages.definitions[0]
    here = [item for item in usages.definitions if (item.path, item.owner) == (first.path, first.owner)]
    main = next((item for item in reversed(here) if "overload" not in item.marks), first)
    name = main.node.name
    if main.marks & _PROPERTIES:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, main.location, f"{name} is a property.")
    if name.startswith("__") and name.endswith("__") and name not in ("__init__", "__call__"):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, main.location, "Python itself calls it.")
    return main


def _editable(usages: Usages, operation: ChangeSignature, limits: EditLimits) -> frozenset[str]:
    paths = {item.path for item in usages.definitions} | {item.path for item in usages.calls}
    leaves = operation.tests == "leave"
    return frozenset(p for p in paths if limits.allow(p) and not (leaves and is_test(p) and p != operation.path))


def _scopes(usages: Usages, path: str) -> ModuleScopes:
    found = usages.project.scopes(path)
    assert found is not None
    return found


def _fitted(
    edits: Edits, usages: Usages, operation: ChangeSignature, main: Definition, editable: frozenset[str]
) -> list[tuple[Definition, tuple[Signature, Signature]]]:
    """Return, for each definition that changes, its signature before and after."""
    main_signature = read_signature(edits.source(main.path), main.node)
    pairs: list[tuple[Definition, tuple[Signature, Signature]]] = []
    for definition in usages.definitions:
        if definition.path not in editable:
            if not is_test(definition.path):
                detail = "An override would no longer fit, and its file may not be changed."
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)
            continue
        old = read_signature(edits.source(definition.path), definition.node)
        changes = fitted_changes(operation.changes, main_signature, old, main.receiver, definition.location)
        if changes:
            new = changed_signature(old, changes, definition.receiver, definition.location)
            pairs.append((definition, (old, new)))
    return pairs


def _change_body(edits: Edits, scopes: ModuleScopes, definition: Definition, old: Signature, new: Signature) -> None:
    for param in new.every:
        if param.old_name is None or param.old_name != param.name:
            require_new_name(definition, scopes, param.name)
        if param.old_name is not None and param.old_name != param.name:
            edits.add(definition.path, renamed(definition, scopes, param.old_name, param.name))


def _require_unread(
    definition: Definition, scopes: ModuleScopes, old: Signature, new: Signature, dropped: list[Span]
) -> None:
    kept = {param.old_name for param in new.every}
    for param in old.every:
        if param.name not in kept:
            require_unread(definition, scopes, param.name, dropped)


def _left(usages: Usages, editable: frozenset[str]) -> list[Hazard]:
    """Disclose overrides in tests that keep their signature."""
    sentence = "The override keeps its signature; calls that pass the change to it would fail."
    return [
        Hazard(HazardKind.CALLED_INDIRECTLY, item.path, item.node.lineno, sentence)
        for item in usages.definitions
        if item.path not in editable
    ]


def disclosed(tree: Tree, usages: Usages, main: Definition, symbol: str) -> list[Hazard]:
    """Disclose callers that no search finds: frameworks, decorators, names passed on, entry points."""
    found: list[Hazard] = []
    for item in usages.definitions:
        module = _scopes(usages, item.path).root.node
        assert isinstance(module, ast.Module)
        if item.node.name != "__init__":
            found += hook_hazards(item.path, module, item.node)
        strange = item.marks - _HARMLESS - {""}
        if strange:
            sentence = f"The decorator {sorted(strange)[0]} may call {usages.name} with arguments of its own."
            found.append(Hazard(HazardKind.DECORATED, item.path, item.node.lineno, sentence))
    for path, node in usages.others:
        sentence = f"{usages.name} is passed on here; how it is called then cannot be told."
        found.append(Hazard(HazardKind.CALLED_INDIRECTLY, path, node.lineno, sentence))
    return found + entry_point_hazards(tree, main.path, symbol)


def _defaults(operation: ChangeSignature, main: Definition) -> list[Hazard]:
    changed = [item for item in operation.changes if isinstance(item, SetDefault) and item.default is not None]
    return [
        Hazard(
            HazardKind.DEFAULT_CHANGED,
            main.path,
            main.node.lineno,
            f"Calls that leave {item.name} out get {item.default} from now on.",
        )
        for item in changed
    ]
