"""Planning `method_to_function` and `function_to_method`: the object and the first argument change places."""

import ast
from collections.abc import Collection

from services.core.tree import Tree
from services.engine.extracting.events import own_nodes
from services.engine.extracting.free_name import require_free_member, require_free_module_name
from services.engine.extracting.layout import unit_of
from services.engine.framework_hooks import entry_point_hazards, hook_hazards
from services.engine.hazards import Hazard, HazardKind
from services.engine.inlining.brackets import acts, fitted
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.signatures.bodies import renamed, require_new_name
from services.engine.signatures.calls import UnfitCallError, argument_list, bind, read_arguments
from services.engine.signatures.edits import Edits
from services.engine.signatures.import_edits import ImportEdits
from services.engine.signatures.item_list import Slot
from services.engine.signatures.operations import FunctionToMethod, MethodToFunction, RenameParameter, ReorderParameters
from services.engine.signatures.relocation import (
    behind,
    header_names,
    indent_at,
    lifted,
    remove_definition,
    require_followers,
    require_single,
    scopes_of,
)
from services.engine.signatures.signature import changed_signature, parameter_list, read_signature, written_slots
from services.engine.signatures.usage_model import CallPlace, Definition, Usages, open_method
from services.engine.signatures.usages import find_usages
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits

_METHOD_MARKS = frozenset({"staticmethod", "classmethod", ""})


def plan_method_to_function(tree: Tree, operation: MethodToFunction, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    usages = find_usages(tree, operation.path, operation.symbol)
    definition = require_single(usages)
    scopes = scopes_of(usages, definition.path)
    name = operation.new_name or usages.name
    top = _outermost_class(definition, scopes.root.node)
    _require_movable(definition)
    require_followers(usages, limits, calls_only=True)
    require_free_module_name(scopes, name, [])
    edits, imports = Edits(usages.project), ImportEdits(usages.project)
    for place in sorted(usages.calls, key=_end):
        _call_function(edits, imports, place, definition, name)
    if name != usages.name:
        start = scopes.source.text.index(usages.name, scopes.source.offset(definition.node.lineno, 0) + 3)
        edits.add(definition.path, [Splice(start, start + len(usages.name), name)])
    text = lifted(edits, definition, indent_at(scopes.source, top), without=("staticmethod", "classmethod"))
    remove_definition(edits, scopes, definition)
    edits.add(definition.path, [behind(scopes.source, top, text, 2, definition.node)])
    imports.write(edits)
    hazards = [*_hazards(tree, usages, definition, operation.symbol), *open_method(definition)]
    return TreeEdits(edits.contents(), tuple(dict.fromkeys(hazards)))


def _end(place: CallPlace) -> tuple[str, int, int]:
    return place.path, place.call.end_lineno or 0, place.call.end_col_offset or 0


def _outermost_class(definition: Definition, module: ast.AST) -> ast.stmt:
    if definition.owner is None:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, definition.location, "It is no method.")
    body: list[ast.stmt] = module.body  # type: ignore[attr-defined]
    outer = definition.owner[1].partition(".")[0]
    found = next((item for item in body if isinstance(item, ast.ClassDef) and item.name == outer), None)
    if found is None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, "Its class stands inside a block.")
    return found


def _require_movable(definition: Definition) -> None:
    """Refuse what means something in a class only. Raises `RefusedError`."""
    node = definition.node
    strange = sorted(definition.marks - _METHOD_MARKS)
    reasons = [(node.lineno, f"The decorator {item} expects a method.") for item in strange]
    if node.name.startswith("__"):
        reasons.append((node.lineno, "Its name works in a class only."))
    for item in [*own_nodes(node.body)]:
        name = item.id if isinstance(item, ast.Name) else item.attr if isinstance(item, ast.Attribute) else ""
        if name in ("super", "__class__") or (name.startswith("__") and not name.endswith("__")):
            reasons.append((item.lineno, f"{name} works in a class only."))  # type: ignore[attr-defined]
    holder = definition.scope.parent
    shared = header_names(definition) & set(holder.bindings) if holder is not None else set()
    reasons += [(node.lineno, f"Its signature reads {item} of the class.") for item in sorted(shared)]
    for line, reason in reasons:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{definition.path}:{line}", reason)


def _call_function(edits: Edits, imports: ImportEdits, place: CallPlace, definition: Definition, name: str) -> None:
    """Write `object.method(…)` as `function(object, …)`."""
    function, source = place.call.func, edits.source(place.path)
    if not isinstance(function, ast.Attribute):
        detail = "The class body itself calls it, before the function would be defined."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, detail)
    imports.require(place.path, definition.path, name)
    _require_visible(place, name)
    if place.bound:
        value = function.value
        start = source.offset(value.lineno, value.col_offset)
        text = edits.text(place.path, start, source.offset(value.end_lineno or 0, value.end_col_offset or 0))
        found = edits.items(place.path, argument_list(source, place.call))
        first = found.items[0].text if len(found.items) == 1 else ""
        bare = len(place.call.args) == 1 and isinstance(place.call.args[0], ast.GeneratorExp) and first[:1] != "("
        kept = [Slot(f"({first})", 0)] if bare else [Slot("", index) for index in range(len(found.items))]
        edits.arrange(place.path, found, [Slot(text), *kept])
    start = source.offset(function.lineno, function.col_offset)
    edits.add(place.path, [Splice(start, source.offset(function.end_lineno or 0, function.end_col_offset or 0), name)])


def _require_visible(place: CallPlace, name: str) -> None:
    owner = place.scope.resolve(name)
    if owner is not None and owner.kind != "module":
        raise RefusedError(RefusalCode.SHADOWED, place.location, f"{name} means something else here.")


def plan_function_to_method(tree: Tree, operation: FunctionToMethod, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    usages = find_usages(tree, operation.path, operation.symbol)
    definition = require_single(usages)
    scopes = scopes_of(usages, definition.path)
    owner = usages.project.class_scope(definition.path, operation.class_name)
    if owner is None or not isinstance(owner.node, ast.ClassDef):
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, definition.path, f"No class {operation.class_name}.")
    _require_free_function(definition, owner.bindings)
    require_followers(usages, limits, calls_only=True)
    require_free_member(tree, definition.path, owner.node, usages.name)
    edits, imports = Edits(usages.project), ImportEdits(usages.project)
    hazards = _hazards(tree, usages, definition, operation.symbol)
    _make_receiver(edits, definition, usages, operation.parameter)
    for place in sorted(usages.calls, key=_end):
        hazards += _call_method(edits, usages, place, definition, operation)
    indent = indent_at(scopes.source, owner.node) + unit_of(scopes.source)
    text = lifted(edits, definition, indent)
    remove_definition(edits, scopes, definition)
    edits.add(definition.path, [behind(scopes.source, owner.node, text, 1)])
    imports.drop(definition.path, usages.name)
    imports.write(edits)
    return TreeEdits(edits.contents(), tuple(dict.fromkeys(hazards)))


def _require_free_function(definition: Definition, members: Collection[str]) -> None:
    node = definition.node
    if definition.owner is not None or definition.scope.parent is None or definition.scope.parent.kind != "module":
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, definition.location, "It is no function of the module.")
    if node.decorator_list or node.name.startswith("__"):
        detail = "A decorated or private function would mean something else in a class."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)
    shared = sorted(name for name in header_names(definition) if name in members)
    if shared:
        detail = f"Its signature reads {shared[0]}, which is a member of the class."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)


def _make_receiver(edits: Edits, definition: Definition, usages: Usages, parameter: str) -> None:
    """Move the parameter to the front and call it `self`."""
    source = edits.source(definition.path)
    before = read_signature(source, definition.node)
    found = before.find(parameter)
    if found is None or found not in before.positional:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, definition.location, f"No positional parameter {parameter}.")
    order = [parameter, *(item.name for item in before.positional if item is not found)]
    changes = [ReorderParameters(order=order)]
    after = changed_signature(before, changes, 0, definition.location)
    if parameter != "self":
        scopes = scopes_of(usages, definition.path)
        require_new_name(definition, scopes, "self")
        after = changed_signature(after, [RenameParameter(name=parameter, new_name="self")], 0, definition.location)
        edits.add(definition.path, renamed(definition, scopes, parameter, "self"))
    slots = [
        Slot("self" if item.text.partition(":")[0].strip() == "self" else item.text, item.origin)
        for item in written_slots(after)
    ]
    edits.arrange(definition.path, edits.items(definition.path, parameter_list(source, definition.node)), slots)


def _call_method(
    edits: Edits, usages: Usages, place: CallPlace, definition: Definition, operation: FunctionToMethod
) -> list[Hazard]:
    """Write `function(…, object, …)` as `object.method(…)`."""
    source = edits.source(place.path)
    found = edits.items(place.path, argument_list(source, place.call))
    arguments = read_arguments(source, place.call, found)
    try:
        bound = bind(
            read_signature(source if place.path == definition.path else edits.source(definition.path), definition.node),
            arguments,
        )
    except UnfitCallError as error:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, str(error)) from error
    given = bound.by_name.get(operation.parameter)
    if given is None or bound.open_from is not None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, "The object cannot be told from the call.")
    node = ast.parse(f"({given.value}\n)", mode="eval").body
    attribute = ast.Attribute(node, usages.name, ast.Load())
    receiver = fitted(given.value, node, attribute, node)
    edits.arrange(place.path, found, [Slot("", item.index) for item in arguments if item is not given])
    function = place.call.func
    start = source.offset(function.lineno, function.col_offset)
    end = source.offset(function.end_lineno or 0, function.end_col_offset or 0)
    edits.add(place.path, [Splice(start, end, f"{receiver}.{usages.name}")])
    return _doubts(usages, place, definition, operation, given.index, [item.acts for item in arguments], acts(node))


def _doubts(
    usages: Usages,
    place: CallPlace,
    definition: Definition,
    operation: FunctionToMethod,
    index: int,
    acting: list[bool],
    receiver_acts: bool,
) -> list[Hazard]:
    found: list[Hazard] = []
    value = ([*place.call.args, *(item.value for item in place.call.keywords)])[index]
    entity = usages.project.expression(place.path, place.scope, value)
    if entity is None or (entity.kind, entity.path, entity.name) != ("instance", definition.path, operation.class_name):
        sentence = f"That the object is a {operation.class_name} cannot be told."
        found.append(Hazard(HazardKind.UNKNOWN_RECEIVER, place.path, place.call.lineno, sentence))
    if receiver_acts and any(acting[:index]):
        sentence = "The object is evaluated before the arguments that stood in front of it."
        found.append(Hazard(HazardKind.EVALUATION_ORDER, place.path, place.call.lineno, sentence))
    return found


def _hazards(tree: Tree, usages: Usages, definition: Definition, symbol: str) -> list[Hazard]:
    module = scopes_of(usages, definition.path).root.node
    assert isinstance(module, ast.Module)
    hooks = hook_hazards(definition.path, module, definition.node)
    return [*usages.hazards, *hooks, *entry_point_hazards(tree, definition.path, symbol)]
