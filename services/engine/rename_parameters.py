"""References to a name inside a function: the name itself, and for a parameter overrides and keyword arguments."""

import ast
from collections.abc import Iterator

from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import dotted_name
from services.engine.rename_members import Family
from services.engine.rename_names import bound_in
from services.engine.rename_places import PlaceKind, Places
from services.engine.scopes import CallUse, Scope

_PARTIALS = ("functools.partial", "partial", "functools.partialmethod", "partialmethod")
_OWN_SIGNATURE = frozenset({"__init__", "__new__", "__post_init__"})


def function_places(project: ProjectScopes, path: str, owner: Scope, name: str) -> Places:
    """Find every place of `name`, bound in the function `owner`; a parameter of a method moves in overrides too."""
    places = Places(project, path, name, owner)
    functions = [(path, owner)]
    if name in _keyword_names(owner):
        functions += [item for item in _overrides(project, path, owner) if name in _keyword_names(item[1])]
    for item, scope in functions:
        bound_in(places, item, scope, (item,))
    if name in _keyword_names(owner):
        _keywords(places, {id(scope) for _, scope in functions})
    return places


def _keyword_names(scope: Scope) -> set[str]:
    """Return the parameters of a function that a call can name."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    return {item.arg for item in (*scope.node.args.args, *scope.node.args.kwonlyargs)}


def _overrides(project: ProjectScopes, path: str, owner: Scope) -> Iterator[tuple[str, Scope]]:
    """Yield the methods of related classes that override the function or that it overrides."""
    holder = owner.parent
    name = owner.qualified_name.rpartition(".")[2]
    if holder is None or holder.kind != "class" or name in _OWN_SIGNATURE:
        return
    family = Family(project, (path, holder.qualified_name), name)
    for key, scope in family.defining.items():
        for inner in scope.children:
            if inner is not owner and inner.kind == "function" and inner.qualified_name == f"{key[1]}.{name}":
                yield key[0], inner


def _keywords(places: Places, targets: set[int]) -> None:
    for path, scopes in places.project.modules.items():
        for call in scopes.calls:
            for keyword, named in _named(places, path, call, targets):
                if keyword.arg == places.name and named:
                    start = scopes.source.offset(keyword.lineno, keyword.col_offset)
                    places.add(path, start, PlaceKind.KEYWORD)
                elif (keyword.arg == places.name and named is None) or (keyword.arg is None and named):
                    sentence = f"A call may pass {places.name} by keyword; whether it does cannot be told."
                    hazard = Hazard(HazardKind.KEYWORD_EXPANSION, path, call.node.lineno, sentence)
                    places.hazards.append(hazard)


def _named(places: Places, path: str, call: CallUse, targets: set[int]) -> Iterator[tuple[ast.keyword, bool | None]]:
    """Yield the keywords of a call, and whether it calls one of the functions; None where that cannot be told."""
    if not any(keyword.arg in (places.name, None) for keyword in call.node.keywords):
        return
    callee: ast.expr = call.node.func
    if dotted_name(callee) in _PARTIALS and call.node.args:
        callee = call.node.args[0]
    entity = places.project.expression(path, call.scope, callee)
    function = places.project.function(entity)
    named: bool | None = None if entity is None else False
    if function is not None:
        named = id(function[1]) in targets
    for keyword in call.node.keywords:
        yield keyword, named
