"""Planning `inline_function`: every call becomes the body, and the definition goes away."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile
from services.engine.extracting.extract_variable import why_not_before
from services.engine.extracting.layout import indent_of, line_text
from services.engine.extracting.removal import removed_statement
from services.engine.extracting.selection import FoundExpression, first_line
from services.engine.framework_hooks import entry_point_hazards, hook_hazards
from services.engine.hazards import Hazard, HazardKind
from services.engine.inlining.body import InlineBody, read_body
from services.engine.inlining.brackets import acts, chain_of, fitted, parents_of
from services.engine.inlining.call import Given, Inlined, inlined
from services.engine.inlining.carrying import Carrier
from services.engine.inlining.operations import InlineFunction
from services.engine.project import exported_names
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes, Scope
from services.engine.signatures.calls import UnfitCallError, argument_list, bind, read_arguments
from services.engine.signatures.edits import Edits
from services.engine.signatures.usage_model import CallPlace, Usages, open_method
from services.engine.signatures.usages import find_usages
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits


@dataclass
class _Plan:
    usages: Usages
    body: InlineBody
    edits: Edits
    carrier: Carrier
    hazards: list[Hazard] = field(default_factory=list)
    rooms: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    given_names: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    parents: dict[str, dict[int, ast.AST]] = field(default_factory=dict)

    def scopes(self, path: str) -> ModuleScopes:
        found = self.usages.project.scopes(path)
        assert found is not None
        return found

    def around(self, path: str) -> dict[int, ast.AST]:
        if path not in self.parents:
            self.parents[path] = parents_of(self.scopes(path).root.node)
        return self.parents[path]


def plan_inline_function(tree: Tree, operation: InlineFunction, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    usages = find_usages(tree, operation.path, operation.symbol)
    definition = usages.definitions[0]
    if len(usages.definitions) > 1:
        detail = f"{usages.name} is defined more than once; which body a call means cannot be told."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, usages.definitions[1].location, detail)
    scopes = usages.project.scopes(definition.path)
    assert scopes is not None
    body = read_body(definition, scopes)
    plan = _Plan(usages, body, Edits(usages.project), Carrier(usages.project, body))
    for place in sorted(usages.calls, key=_end):
        if _may_replace(place, operation, limits):
            _replace(plan, place)
    if not operation.keep_definition:
        _require_unused(plan, operation, limits)
        _remove(plan)
    for (path, start), texts in plan.rooms.items():
        plan.edits.add(path, [Splice(start, start, "".join(texts))])
    plan.carrier.imports.write(plan.edits)
    module = scopes.root.node
    assert isinstance(module, ast.Module)
    hazards = [*usages.hazards, *plan.hazards, *hook_hazards(definition.path, module, definition.node)]
    hazards += [*entry_point_hazards(tree, definition.path, operation.symbol), *open_method(definition)]
    return TreeEdits(plan.edits.contents(), tuple(dict.fromkeys(hazards)))


def _end(place: CallPlace) -> tuple[str, int, int]:
    return place.path, place.call.end_lineno or 0, place.call.end_col_offset or 0


def _may_replace(place: CallPlace, operation: InlineFunction, limits: EditLimits) -> bool:
    """Tell whether a call is replaced; refuse when it would be left without a definition."""
    if limits.allow(place.path) and place.is_certain and not place.is_partial and not place.is_super:
        return True
    if operation.keep_definition:
        return False
    reasons = {
        "This call may not be changed.": not limits.allow(place.path),
        "The object before the method cannot be told.": not place.is_certain,
        "`partial` and `super()` need the function itself.": True,
    }
    raise RefusedError(
        RefusalCode.UNSAFE_REFERENCE, place.location, next(key for key, is_so in reasons.items() if is_so)
    )


def _replace(plan: _Plan, place: CallPlace) -> None:
    parents = plan.around(place.path)
    chain = chain_of(parents, place.call)
    statement = next(item for item in reversed(chain) if isinstance(item, ast.stmt))
    source = plan.edits.source(place.path)
    target: ast.expr = place.call
    if isinstance(plan.body.definition.node, ast.AsyncFunctionDef):
        if not isinstance(chain[-1], ast.Await):
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, "The call is not awaited here.")
        target, chain = chain[-1], chain[:-1]
    plan.carrier.carry(place.path, place.scope, place.call.lineno)
    line = first_line(statement)
    indent = indent_of(line_text(source, line))
    given = plan.given_names.setdefault((place.path, line), set())
    taken = _taken(plan, place) | given
    made = inlined(plan.body, _given(plan, place), taken, indent, plan.around(plan.body.definition.path))
    given |= made.names
    start = source.offset(target.lineno, target.col_offset)
    end = source.offset(target.end_lineno or 0, target.end_col_offset or 0)
    if made.needs_room:
        found = FoundExpression(place.call, chain, start, end, statement)
        _require_room(plan, place, found, statement)
        room = plan.rooms.setdefault((place.path, source.line_starts[line - 1]), [])
        room.append("".join(f"{text}\n" for text in (*made.assignments, *made.lines)))
    if isinstance(statement, ast.Expr) and statement.value is target and not _keeps_result(made):
        plan.edits.add(place.path, [_emptied(plan, place, statement, made)])
    else:
        plan.edits.add(place.path, [Splice(start, end, _result(made, chain[-1], target))])


def _keeps_result(made: Inlined) -> bool:
    return made.value is not None and acts(made.value)


def _result(made: Inlined, parent: ast.AST, child: ast.expr) -> str:
    if made.result is None or made.value is None:
        return "None"
    return fitted(made.result, made.value, parent, child)


def _emptied(plan: _Plan, place: CallPlace, statement: ast.stmt, made: Inlined) -> Splice:
    """Take the statement of a call away whose result is not needed."""
    source = plan.edits.source(place.path)
    removed = removed_statement(source, statement, plan.around(place.path))
    if removed.replacement == "pass" and made.needs_room:
        line = source.line_starts[first_line(statement) - 1]
        end = min(removed.end + 1, len(source.text))
        room = plan.rooms.pop((place.path, line))
        return Splice(line, end, "".join(room))
    if made.needs_room:
        room = plan.rooms.pop((place.path, removed.start))
        return Splice(removed.start, removed.end, "".join(room))
    return removed


def _require_room(plan: _Plan, place: CallPlace, found: FoundExpression, statement: ast.stmt) -> None:
    scopes = plan.scopes(place.path)
    module = scopes.root.node
    assert isinstance(module, ast.Module)
    reason = why_not_before(AnchorFile(place.path, scopes.source, module, scopes), found)
    if not reason and place.scope.kind == "class":
        reason = "Variables of the body would become members of the class."
    if reason:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, reason)
    here = (place.call.lineno, place.call.col_offset)
    earlier = [
        item
        for item in ast.walk(statement)
        if isinstance(item, ast.Call | ast.Await) and (item.end_lineno or 0, item.end_col_offset or 0) <= here
    ]
    if earlier:
        sentence = "The body runs before what the statement evaluated first."
        plan.hazards.append(Hazard(HazardKind.EVALUATION_ORDER, place.path, place.call.lineno, sentence))


def _given(plan: _Plan, place: CallPlace) -> list[Given]:
    """Pair parameters with arguments, in the order of the call; defaults come last."""
    body, source = plan.body, plan.edits.source(place.path)
    signature = body.signature.without_first() if place.bound else body.signature
    items = plan.edits.items(place.path, argument_list(source, place.call))
    arguments = read_arguments(source, place.call, items)
    if any(item.kind in ("star", "expansion") for item in arguments):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, "What `*` or `**` passes cannot be told.")
    try:
        bound = bind(signature, arguments)
    except UnfitCallError as error:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, str(error)) from error
    given = _receiver(plan, place)
    for name, argument in sorted(bound.by_name.items(), key=lambda pair: pair[1].index):
        given.append(Given(name, argument.value, _tree(argument.value)))
    for param in signature.named:
        if param.name not in bound.by_name:
            given.append(_default(plan, place, param.name, param.default))
    return given


def _receiver(plan: _Plan, place: CallPlace) -> list[Given]:
    definition, function = plan.body.definition, place.call.func
    if definition.owner is None:
        return []
    value = function.value if isinstance(function, ast.Attribute) else None
    if value is None or (not place.bound and acts(value)):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, "The object before the method is not known.")
    _require_open(plan, place)
    if not place.bound:
        return []
    entity = plan.usages.project.expression(place.path, place.scope, value)
    if "classmethod" in definition.marks and (entity is None or entity.kind == "instance"):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, "The class of the object is not known.")
    source = plan.edits.source(place.path)
    start = source.offset(value.lineno, value.col_offset)
    text = plan.edits.text(place.path, start, source.offset(value.end_lineno or 0, value.end_col_offset or 0))
    return [Given(plan.body.signature.positional[0].name, text, _tree(text))]


def _require_open(plan: _Plan, place: CallPlace) -> None:
    """Refuse to take names that are private to a class out of it."""
    owner = plan.body.definition.owner
    scope: Scope | None = place.scope
    while scope is not None and (place.path, scope.qualified_name) != owner:
        scope = scope.parent
    for item in ast.walk(plan.body.definition.node):
        name = item.attr if isinstance(item, ast.Attribute) else ""
        if scope is None and name.startswith("__") and not name.endswith("__"):
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, f"{name} is private to the class.")


def _default(plan: _Plan, place: CallPlace, name: str, default: str | None) -> Given:
    if default is None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, f"The call has no value for {name}.")
    node = _tree(default)
    try:
        ast.literal_eval(node)
        is_literal = not isinstance(node, ast.List | ast.Dict | ast.Set)
    except ValueError:
        is_literal = False
    if not is_literal:
        detail = f"The default of {name} was worked out once, when the function was defined."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, detail)
    return Given(name, default, node)


def _tree(text: str) -> ast.expr:
    return ast.parse(f"({text}\n)", mode="eval").body


def _taken(plan: _Plan, place: CallPlace) -> set[str]:
    """Return the names that the scope of a call uses, and those that bodies put there before have got."""
    scope: Scope = place.scope
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    used = {name for inner in scope.walk() for name in (*inner.bindings, *(item.name for item in inner.references))}
    names = {*plan.body.locals, *(item.name for item in plan.body.signature.every)}
    own = plan.body.definition.scope
    if scope.kind == "module":
        used |= set(_names_inside(own)) & names if own.parent is not scope else set()
    return used


def _names_inside(scope: Scope) -> Iterator[str]:
    for inner in scope.walk():
        yield from inner.bindings


def _require_unused(plan: _Plan, operation: InlineFunction, limits: EditLimits) -> None:
    definition, name = plan.body.definition, plan.usages.name
    if not limits.allow(definition.path):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, definition.path, "The definition may not be changed.")
    for path, node in plan.usages.others:
        detail = f"{name} is used here without being called."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{node.lineno}", detail)
    unknown = [item for item in plan.usages.hazards if item.kind is HazardKind.UNKNOWN_RECEIVER]
    if unknown:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, unknown[0].location, unknown[0].sentence)
    for path, scopes in plan.usages.project.modules.items():
        module = scopes.root.node
        listed = (exported_names(module) or ()) if isinstance(module, ast.Module) else ()
        if definition.owner is None and name in listed:
            entity = plan.usages.project.member(plan.usages.project.name_of(path), name)
            if entity.path == definition.path:
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, f"{name} is listed in __all__.")


def _remove(plan: _Plan) -> None:
    definition = plan.body.definition
    parents = plan.around(definition.path)
    plan.edits.add(definition.path, [removed_statement(plan.body.scopes.source, definition.node, parents)])
    if definition.owner is None:
        plan.carrier.imports.drop(definition.path, plan.usages.name)
