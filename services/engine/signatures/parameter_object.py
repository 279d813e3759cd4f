"""Planning `introduce_parameter_object`: parameters become fields of a dataclass."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.core.tree import Tree
from services.engine.extracting.free_name import require_free_module_name
from services.engine.extracting.layout import indent_of, line_text, unit_of
from services.engine.extracting.selection import first_line
from services.engine.hazards import Hazard, HazardKind
from services.engine.imports.statements import Wanted
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.signatures.bodies import reads_of, require_new_name
from services.engine.signatures.calls import Argument, UnfitCallError, argument_list, bind, read_arguments, rewrite
from services.engine.signatures.change_signature import constructor_of, disclosed, main_definition
from services.engine.signatures.edits import Edits
from services.engine.signatures.import_edits import ImportEdits
from services.engine.signatures.operations import IntroduceParameterObject
from services.engine.signatures.relocation import require_followers, require_single, scopes_of
from services.engine.signatures.signature import Param, Signature, parameter_list, read_signature, written_slots
from services.engine.signatures.usage_model import CallPlace, Definition, Usages
from services.engine.signatures.usages import find_usages
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits


@dataclass(frozen=True)
class _Grouping:
    before: Signature
    after: Signature
    fields: list[Param]
    bundle: Param


def plan_parameter_object(tree: Tree, operation: IntroduceParameterObject, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    symbol = constructor_of(tree, operation.path, operation.symbol)
    usages = find_usages(tree, operation.path, symbol)
    require_single(usages)
    definition = main_definition(usages)
    require_followers(usages, limits, calls_only=False)
    scopes = scopes_of(usages, definition.path)
    require_free_module_name(scopes, operation.class_name, [])
    edits, imports = Edits(usages.project), ImportEdits(usages.project)
    grouping = _grouping(read_signature(scopes.source, definition.node), definition, operation)
    require_new_name(definition, scopes, operation.parameter_name)
    _change_body(edits, usages, definition, grouping)
    hazards: list[Hazard] = []
    for place in sorted(usages.calls, key=lambda item: (item.call.end_lineno or 0, item.call.end_col_offset or 0)):
        hazards += _change_call(edits, imports, place, definition, grouping, operation)
    found = edits.items(definition.path, parameter_list(scopes.source, definition.node))
    edits.arrange(definition.path, found, written_slots(grouping.after))
    imports.draft(definition.path).add(Wanted("dataclasses", "dataclass"))
    imports.write(edits)
    edits.add(definition.path, [_class(edits, usages, definition, grouping, operation)])
    return TreeEdits(edits.contents(), tuple(dict.fromkeys([*hazards, *disclosed(tree, usages, definition, symbol)])))


def _grouping(before: Signature, definition: Definition, operation: IntroduceParameterObject) -> _Grouping:
    fixed = before.positional[: definition.receiver]
    named = {item.name: item for item in before.named if item not in fixed}
    missing = [name for name in operation.parameters if name not in named]
    if missing:
        detail = f"{missing[0]} is no parameter that can be bundled."
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, definition.location, detail)
    wanted = [item for item in before.named if item.name in operation.parameters]
    for item in wanted:
        _require_plain_default(item, definition)
    fields = [item for item in wanted if item.default is None] + [item for item in wanted if item.default is not None]
    optional = all(item.default is not None for item in wanted)
    default = f"{operation.class_name}()" if optional else None
    bundle = Param(operation.parameter_name, operation.class_name, default)
    rest = [item for item in before.positional if item not in wanted]
    index = min((before.positional.index(item) for item in wanted if item in before.positional), default=len(rest))
    if default is None:
        index = min(index, next((i for i, item in enumerate(rest) if item.default is not None), len(rest)))
    else:
        required = [i + 1 for i, item in enumerate(rest) if item.default is None]
        index = max([index, *required])
    keyword = tuple(item for item in before.keyword if item not in wanted)
    only = sum(item not in wanted for item in before.positional[: before.only])
    positional = (*rest[:index], bundle, *rest[index:])
    after = replace(before, positional=positional, only=only + (1 if index < only else 0), keyword=keyword)
    return _Grouping(before, after, fields, bundle)


def _require_plain_default(item: Param, definition: Definition) -> None:
    if item.default is None:
        return
    try:
        mutable = isinstance(ast.literal_eval(item.default), list | dict | set)
    except (ValueError, SyntaxError):
        mutable = False
    if mutable:
        detail = f"The default of {item.name} is shared by all calls; a dataclass does not take it."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)


def _change_body(edits: Edits, usages: Usages, definition: Definition, grouping: _Grouping) -> None:
    """Read fields in place of parameters; those that the body assigns are taken out of the object first."""
    source, own = edits.source(definition.path), definition.scope
    unpacked: list[str] = []
    for item in grouping.fields:
        declared = any(item.name in inner.outer for inner in own.walk())
        deleted = any(
            isinstance(getattr(read.node, "ctx", None), ast.Del) for _, read in reads_of(definition, item.name)
        )
        if len(own.bindings[item.name]) > 1 or declared or deleted:
            unpacked.append(item.name)
            continue
        for _, read in reads_of(definition, item.name):
            if source.text[read.start : read.end] != item.name:
                location = f"{definition.path}:{source.line_of(read.start)}"
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "The place of a name cannot be told.")
            edits.add(definition.path, [Splice(read.start, read.end, f"{grouping.bundle.name}.{item.name}")])
    if unpacked:
        body = definition.node.body
        is_documented = ast.get_docstring(definition.node, clean=False) is not None and len(body) > 1
        first = body[1] if is_documented else body[0]
        start = source.line_starts[first_line(first) - 1]
        indent = indent_of(line_text(source, first_line(first)))
        lines = [f"{indent}{name} = {grouping.bundle.name}.{name}\n" for name in unpacked]
        edits.add(definition.path, [Splice(start, start, "".join(lines))])


def _change_call(
    edits: Edits,
    imports: ImportEdits,
    place: CallPlace,
    definition: Definition,
    grouping: _Grouping,
    operation: IntroduceParameterObject,
) -> list[Hazard]:
    source = edits.source(place.path)
    before = grouping.before.without_first() if place.bound else grouping.before
    after = grouping.after.without_first() if place.bound else grouping.after
    found = edits.items(place.path, argument_list(source, place.call))
    arguments = read_arguments(source, place.call, found)
    spreads = any(item.kind in ("star", "expansion") for item in arguments)
    try:
        given = bind(before, arguments).by_name
        if spreads or place.is_partial:
            raise UnfitCallError("What the call passes cannot be told.")
        values = _constructed(given, grouping, operation.class_name)
        made = rewrite(before, after, arguments, values)
    except UnfitCallError as error:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, str(error)) from error
    if values:
        imports.require(place.path, definition.path, operation.class_name)
    edits.arrange(place.path, found, made.slots)
    acting = [item.index for item in arguments if item.acts]
    moved = [item for item in acting if any(item == arg.index for arg in made.dropped)]
    if moved and len(acting) > 1:
        sentence = "Arguments that act are evaluated in another order."
        return [Hazard(HazardKind.EVALUATION_ORDER, place.path, place.call.lineno, sentence)]
    return []


def _constructed(given: Mapping[str, Argument], grouping: _Grouping, class_name: str) -> dict[str, str]:
    """Return the construction of the object, empty where its default says the same."""
    parts = [f"{item.name}={given[item.name].value}" for item in grouping.fields if item.name in given]
    required = [item for item in grouping.fields if item.default is None and item.name not in given]
    if required:
        raise UnfitCallError(f"It has no value for {required[0].name}.")
    if not parts and grouping.bundle.default is not None:
        return {}
    return {grouping.bundle.name: f"{class_name}({', '.join(parts)})"}


def _class(
    edits: Edits, usages: Usages, definition: Definition, grouping: _Grouping, operation: IntroduceParameterObject
) -> Splice:
    """Put the dataclass in front of the top-level statement that holds the function."""
    scopes = scopes_of(usages, definition.path)
    module, source = scopes.root.node, scopes.source
    assert isinstance(module, ast.Module)
    top = next(item for item in module.body if any(node is definition.node for node in ast.walk(item)))
    unit = unit_of(source)
    lines = [f"@dataclass\nclass {operation.class_name}:"]
    for item in grouping.fields:
        default = f" = {item.default}" if item.default is not None else ""
        lines.append(f"{unit}{item.name}: {item.annotation or 'object'}{default}")
    line = first_line(top)
    while line > 1 and line_text(source, line - 1).startswith("#") and not line_text(source, line - 1).startswith("#!"):
        line -= 1
    start = source.line_starts[line - 1]
    return Splice(start, start, "\n".join(lines) + "\n\n\n")
