"""Expressions that can stand anywhere: literals, harmless built-ins and values of the standard library."""

import ast
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from services.engine.project_model import FunctionModel
from services.specs.extracting.symbols import dotted_name

MAX_CHARACTERS = 400

_BUILTINS = frozenset(
    [
        "int",
        "float",
        "str",
        "bytes",
        "bool",
        "complex",
        "list",
        "tuple",
        "dict",
        "set",
        "frozenset",
        "range",
        "len",
        "sum",
        "abs",
        "min",
        "max",
        "sorted",
        "reversed",
        "iter",
        "enumerate",
        "zip",
        "map",
        "filter",
        "any",
        "all",
        "round",
        "repr",
        "ord",
        "chr",
        "divmod",
        "slice",
        "type",
        "isinstance",
        "bytearray",
        "callable",
        "next",
        "ValueError",
        "TypeError",
        "KeyError",
        "IndexError",
    ]
)
_MODULES = frozenset(
    {"datetime", "decimal", "fractions", "math", "operator", "string", "collections", "itertools", "functools", "re"}
)
_FROM_NOW = frozenset({"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"})
_NODES = (
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.Starred,
    ast.Name,
    ast.Attribute,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.Subscript,
    ast.Slice,
    ast.IfExp,
    ast.GeneratorExp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.comprehension,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)

Finder = Callable[[ast.expr], FunctionModel | None]


@dataclass(slots=True)
class Portable:
    """An expression that needs only `imports`, and the wanted functions it calls in order of appearance."""

    node: ast.expr
    imports: tuple[str, ...] = ()
    functions: tuple[FunctionModel, ...] = ()

    @property
    def source(self) -> str:
        """The expression as one line of Python."""
        return ast.unparse(self.node)


class NotPortableError(ValueError):
    """The expression depends on something outside itself."""


@dataclass(slots=True)
class _Rewriter(ast.NodeTransformer):
    """Replaces known names by their values and wanted functions by their bare names."""

    find: Finder
    values: Mapping[str, Portable]
    imported: Mapping[str, str]
    imports: dict[str, None] = field(default_factory=dict)
    functions: dict[int, FunctionModel] = field(default_factory=dict)
    bound: list[frozenset[str]] = field(default_factory=list)

    def visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, _NODES):
            raise NotPortableError(type(node).__name__)
        method = getattr(self, f"visit_{type(node).__name__}", self.generic_visit)
        return method(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = self.find(node.func)
        if function is None:
            return self.generic_visit(node)
        self.functions[len(self.functions)] = function
        arguments = [part for item in node.args for part in _flat(cast(ast.expr, self.visit(item)))]
        keywords = [cast(ast.keyword, self.visit(item)) for item in node.keywords]
        return ast.Call(ast.Name(function.name, ast.Load()), arguments, keywords)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if any(node.id in names for names in self.bound):
            return node
        if node.id in self.values:
            return self._known(self.values[node.id])
        if node.id in self.imported:
            return self._imported(node.id, node)
        if node.id in _BUILTINS:
            return node
        raise NotPortableError(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = dotted_name(node)
        if node.attr in _FROM_NOW or node.attr.startswith("_"):
            raise NotPortableError(node.attr)
        if dotted and dotted.split(".")[0] in self.imported and dotted.split(".")[0] not in self.values:
            return self._imported(dotted.split(".")[0], node)
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        arguments = node.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        return self._within(frozenset(item.arg for item in names if item), node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node, node.generators)

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node, node.generators)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._comprehension(node, node.generators)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node, node.generators)

    def _comprehension(self, node: ast.AST, generators: list[ast.comprehension]) -> ast.AST:
        names = {name.id for item in generators for name in ast.walk(item.target) if isinstance(name, ast.Name)}
        return self._within(frozenset(names), node)

    def _within(self, names: frozenset[str], node: ast.AST) -> ast.AST:
        self.bound.append(names)
        try:
            return self.generic_visit(node)
        finally:
            self.bound.pop()

    def _known(self, value: Portable) -> ast.AST:
        self.imports.update(dict.fromkeys(value.imports))
        for function in value.functions:
            self.functions[len(self.functions)] = function
        return copy.deepcopy(value.node)

    def _imported(self, name: str, node: ast.AST) -> ast.AST:
        line = self.imported[name]
        if line.split()[1].split(".")[0] not in _MODULES:
            raise NotPortableError(name)
        self.imports[line] = None
        return node


def portable(
    node: ast.expr, find: Finder, values: Mapping[str, Portable], imported: Mapping[str, str]
) -> Portable | None:
    """Return the expression with all names filled in; None when it depends on anything that cannot travel.

    Args:
        find: Recognises a callee that is a wanted function.
        values: Names with known expressions, already filled in.
        imported: Name → import statement, as the file has it.
    """
    rewriter = _Rewriter(find, values, imported)
    try:
        result = ast.fix_missing_locations(rewriter.visit(copy.deepcopy(node)))
        size = len(ast.unparse(result))
    except (NotPortableError, RecursionError, ValueError):
        return None
    functions = tuple(rewriter.functions.values())
    if size > MAX_CHARACTERS or not isinstance(result, ast.expr) or _ambiguous(functions):
        return None
    return Portable(result, tuple(rewriter.imports), functions)


def _flat(node: ast.expr) -> list[ast.expr]:
    """Write `f(*[1, 2])` as `f(1, 2)`."""
    return (
        list(node.value.elts)
        if isinstance(node, ast.Starred) and isinstance(node.value, ast.List | ast.Tuple)
        else [node]
    )


def _ambiguous(functions: tuple[FunctionModel, ...]) -> bool:
    return len({item.name for item in functions}) != len({(item.path, item.qualified_name) for item in functions})


def import_lines(module: ast.Module) -> dict[str, str]:
    """Map each name that absolute imports bind, anywhere in a module, to a statement that binds it."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for item in node.names:
                bound = item.asname or item.name.partition(".")[0]
                found[bound] = f"import {item.name} as {item.asname}" if item.asname else f"import {item.name}"
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                suffix = f" as {item.asname}" if item.asname else ""
                found[item.asname or item.name] = f"from {node.module} import {item.name}{suffix}"
    return found
