"""Reads the scopes of one module: a single walk over its syntax tree."""

import ast
import re
from collections.abc import Callable
from typing import Any

from services.engine.scopes import (
    AttributeUse,
    CallUse,
    FunctionNode,
    ImportedName,
    ModuleScopes,
    Occurrence,
    PatternUse,
    Scope,
    StringUse,
)
from services.engine.source import SourceText
from services.engine.syntax import parse_text


def read_scopes(source: SourceText, module: ast.Module) -> ModuleScopes:
    """Index one module. Raises `RecursionError` for expressions nested beyond Python's own limit."""
    root = Scope("module", "", None, module)
    found = ModuleScopes(source, root)
    _Indexer(found).body(module.body, root, is_documented=True)
    return found


_LEAVES = frozenset({ast.Load, ast.Store, ast.Del})


class _Indexer:
    def __init__(self, found: ModuleScopes) -> None:
        self.found = found
        self.source = found.source
        self._has_lazy_annotations = _has_lazy_annotations(found.root.node)
        self._is_lazy = False
        self._statement: ast.stmt | None = None
        self._is_ascii = self.source.text.isascii()
        self._starts = self.source.line_starts
        self._methods: dict[type[ast.AST], Callable[[Any, Scope], None]] = {}

    def body(self, statements: list[ast.stmt], scope: Scope, *, is_documented: bool = False) -> None:
        for index, node in enumerate(statements):
            if is_documented and index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                self.constant(node.value, scope, is_docstring=True)
            else:
                self.visit(node, scope)

    def visit(self, node: ast.AST, scope: Scope) -> None:
        kind = type(node)
        if kind not in self._methods:
            self._methods[kind] = getattr(self, f"on_{kind.__name__}", self.children)
        self._methods[kind](node, scope)

    def children(self, node: ast.AST, scope: Scope) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item, scope)
            elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                self.visit(value, scope)

    def at(self, node: ast.AST) -> int:
        return self.place(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self.place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def place(self, line: int, byte_column: int) -> int:
        if self._is_ascii:
            return self._starts[line - 1] + byte_column
        return self.source.offset(line, byte_column)

    def bind(self, scope: Scope, name: str, start: int, node: ast.AST) -> None:
        occurrence = Occurrence(name, start, start + len(name), node)
        owner = self._owner(scope, name)
        owner.bindings.setdefault(name, []).append(occurrence)

    def _owner(self, scope: Scope, name: str) -> Scope:
        where = scope.outer.get(name)
        if where == "global":
            return self.found.root
        if where == "nonlocal":
            return next((s for s in scope.lookup_chain() if s is not scope and name in s.bindings), scope)
        return scope

    def bind_behind(self, scope: Scope, word: str, node: FunctionNode | ast.ClassDef) -> None:
        """Bind a definition's name, which stands behind `def` or `class`."""
        text = self.source.text
        start = text.find(node.name, text.index(word, self.at(node)) + len(word), self.end(node))
        if start >= 0:
            self.bind(scope, node.name, start, node)

    def bind_found(self, scope: Scope, name: str, pattern: str, start: int, end: int, node: ast.AST) -> None:
        match = re.compile(pattern).search(self.source.text, start, end)
        if match is not None:
            self.bind(scope, name, match.end() - len(name), node)

    def on_FunctionDef(self, node: FunctionNode, scope: Scope) -> None:
        self.bind_behind(scope, "def", node)
        for decorator in node.decorator_list:
            self.visit(decorator, scope)
        inner = self._inner("function", node.name, scope, node)
        self.arguments(node.args, scope, inner)
        if node.returns is not None:
            self.annotation(node.returns, scope)
        self._declare(node.body, inner)
        self.body(node.body, inner, is_documented=True)

    on_AsyncFunctionDef = on_FunctionDef

    def on_Lambda(self, node: ast.Lambda, scope: Scope) -> None:
        inner = self._inner("function", "<lambda>", scope, node)
        self.arguments(node.args, scope, inner)
        self.visit(node.body, inner)

    def on_ClassDef(self, node: ast.ClassDef, scope: Scope) -> None:
        self.bind_behind(scope, "class", node)
        for item in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(item, scope)
        inner = self._inner("class", node.name, scope, node)
        self._declare(node.body, inner)
        self.body(node.body, inner, is_documented=True)

    def comprehension(self, node: ast.AST, scope: Scope) -> None:
        inner = self._inner("comprehension", "<comprehension>", scope, node)
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        for index, generator in enumerate(generators):
            self.visit(generator.iter, scope if index == 0 else inner)
            self.visit(generator.target, inner)
            for condition in generator.ifs:
                self.visit(condition, inner)
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                self.visit(getattr(node, name), inner)

    on_ListComp = on_SetComp = on_DictComp = on_GeneratorExp = comprehension

    def on_NamedExpr(self, node: ast.NamedExpr, scope: Scope) -> None:
        owner = scope
        while owner.kind == "comprehension" and owner.parent is not None:
            owner = owner.parent
        self.bind(owner, node.target.id, self.at(node.target), node)
        self.visit(node.value, scope)

    def on_Name(self, node: ast.Name, scope: Scope) -> None:
        if not isinstance(node.ctx, ast.Store):
            start = self.at(node)
            scope.references.append(Occurrence(node.id, start, start + len(node.id), node, self._is_lazy))
        else:
            self.bind(scope, node.id, self.at(node), node)

    def on_Assign(self, node: ast.Assign, scope: Scope) -> None:
        self.visit(node.value, scope)
        for target in node.targets:
            self._target(target, node, scope)

    def on_AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:
        self.annotation(node.annotation, scope)
        if node.value is not None:
            self.visit(node.value, scope)
        self._target(node.target, node, scope)

    def on_Attribute(self, node: ast.Attribute, scope: Scope) -> None:
        self.visit(node.value, scope)
        end = self.end(node)
        self.found.attributes.append(AttributeUse(node, scope, end - len(node.attr), end))
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            statement = self._statement or node
            self._assigned(node.value.id, Occurrence(node.attr, end - len(node.attr), end, statement), scope)

    def _assigned(self, receiver: str, item: Occurrence, scope: Scope) -> None:
        """Note `self.name = …` with the class around the method."""
        holder = scope.parent
        if holder is None or holder.kind != "class" or not isinstance(scope.node, FunctionNode):
            return
        arguments = scope.node.args
        if [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][:1] == [receiver]:
            holder.assigned.setdefault(item.name, []).append(item)

    def on_MatchClass(self, node: ast.MatchClass, scope: Scope) -> None:
        self.visit(node.cls, scope)
        place = self.end(node.cls)
        for pattern in node.patterns:
            self.visit(pattern, scope)
            place = self.end(pattern)
        for name, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
            start = self.source.text.find(name, place, self.at(pattern))
            if start >= 0:
                self.found.patterns.append(PatternUse(name, start, node.cls, scope))
            self.visit(pattern, scope)
            place = self.end(pattern)

    def on_Call(self, node: ast.Call, scope: Scope) -> None:
        self.found.calls.append(CallUse(node, scope))
        self._quoted_types(node, scope)
        self.children(node, scope)

    def _quoted_types(self, node: ast.Call, scope: Scope) -> None:
        """Types in quotes that `cast` and `TypeVar` take count as code."""
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        candidates = node.args[:1] if name == "cast" else []
        if name == "TypeVar":
            candidates = [*node.args[1:], *(item.value for item in node.keywords if item.arg == "bound")]
        for item in candidates:
            for part in ast.walk(item):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    self._quoted(part, part.value, scope)

    def on_Import(self, node: ast.Import, scope: Scope) -> None:
        for item in node.names:
            name = item.asname or item.name.partition(".")[0]
            start = self.end(item) - len(name) if item.asname else self.at(item)
            self.bind(scope, name, start, ImportedName(node, item))

    def on_ImportFrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        for item in node.names:
            if item.name == "*":
                self.found.star_imports.append(node)
                continue
            name = item.asname or item.name
            start = self.end(item) - len(name) if item.asname else self.at(item)
            self.bind(scope, name, start, ImportedName(node, item))

    def on_ExceptHandler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.type is not None:
            self.visit(node.type, scope)
        if node.name is not None and node.type is not None:
            pattern = rf"as\s+{node.name}\b"
            self.bind_found(scope, node.name, pattern, self.end(node.type), self.end(node), node)
        self.body(node.body, scope)

    def on_MatchAs(self, node: ast.MatchAs, scope: Scope) -> None:
        self.children(node, scope)
        if node.name is not None:
            self.bind(scope, node.name, self.end(node) - len(node.name), node)

    on_MatchStar = on_MatchAs

    def on_MatchMapping(self, node: ast.MatchMapping, scope: Scope) -> None:
        self.children(node, scope)
        if node.rest is not None:
            self.bind_found(scope, node.rest, rf"\*\*\s*{node.rest}\b", self.at(node), self.end(node), node)

    def declaration(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            for match in re.compile(rf"\b{name}\b").finditer(self.source.text, self.at(node), self.end(node)):
                scope.declarations.append(Occurrence(name, match.start(), match.end(), node))

    on_Global = on_Nonlocal = declaration

    def on_Constant(self, node: ast.Constant, scope: Scope) -> None:
        self.constant(node, scope)

    def constant(self, node: ast.Constant, scope: Scope, *, is_docstring: bool = False) -> None:
        if isinstance(node.value, str):
            self.found.strings.append(StringUse(node.value, self._content(node), node, scope, is_docstring))

    def annotation(self, node: ast.expr, scope: Scope) -> None:
        """Index an annotation; quoted parts count as code."""
        for item in ast.walk(node):
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                self._quoted(item, item.value, scope)
        outside, self._is_lazy = self._is_lazy, self._has_lazy_annotations
        self.visit(node, scope)
        self._is_lazy = outside

    def _quoted(self, node: ast.Constant, value: str, scope: Scope) -> None:
        start = self._content(node)
        if start < 0 or "\n" in value or not value.isascii():
            return
        try:
            names = [n for n in ast.walk(parse_text(value)) if isinstance(n, ast.Name)]
        except (SyntaxError, ValueError):
            return
        for name in names:
            place = start + name.col_offset
            scope.references.append(Occurrence(name.id, place, place + len(name.id), name, is_lazy=True))

    def arguments(self, args: ast.arguments, outer: Scope, inner: Scope) -> None:
        for item in (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg):
            if item is not None:
                self.bind(inner, item.arg, self.at(item), item)
                if item.annotation is not None:
                    self.annotation(item.annotation, outer)
        for default in (*args.defaults, *args.kw_defaults):
            if default is not None:
                self.visit(default, outer)

    def _inner(self, kind: str, name: str, scope: Scope, node: ast.AST) -> Scope:
        inner = Scope(kind, f"{scope.qualified_name}.{name}".lstrip("."), scope, node)
        scope.children.append(inner)
        return inner

    def _declare(self, body: list[ast.stmt], scope: Scope) -> None:
        """Note `global` and `nonlocal` first: they hold for the whole body."""
        pending: list[ast.AST] = list(body)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Global | ast.Nonlocal):
                kind = "global" if isinstance(node, ast.Global) else "nonlocal"
                scope.outer |= dict.fromkeys(node.names, kind)
            elif not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
                pending += [
                    child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler)
                ]

    def _target(self, target: ast.expr, node: ast.stmt, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self.bind(scope, target.id, self.at(target), node)
        else:
            self._statement = node if isinstance(target, ast.Attribute) else None
            self.visit(target, scope)
            self._statement = None

    def _content(self, node: ast.Constant) -> int:
        """Return where a literal's content begins, or -1 when source and value differ or it has several parts."""
        raw = self.source.text[self.at(node) : self.end(node)]
        match = re.match(r"[rRuU]?('''|\"\"\"|'|\")", raw)
        if match is None or raw[match.end() : -len(match[1])] != node.value:
            return -1
        return self.at(node) + match.end()


def _has_lazy_annotations(module: ast.AST) -> bool:
    """Tell whether the module begins with `from __future__ import annotations`."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(item.name == "annotations" for item in node.names)
        for node in module.body  # type: ignore[attr-defined]
    )
