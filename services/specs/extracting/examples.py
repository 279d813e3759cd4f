"""Examples of wanted functions: assertions in tests, docstring examples, calls in code. Nothing is executed."""

import ast
import doctest
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.core.tree import Tree
from services.engine.project_model import FunctionModel, ProjectModel
from services.engine.syntax import parse
from services.specs.extracting.literals import Portable, import_lines, portable
from services.specs.extracting.symbols import SymbolTable, dotted_name

EvidenceKind = Literal["EXISTING_TEST", "DOCSTRING_EXAMPLE", "OBSERVED_CALL"]
MAX_ROWS = 6

_EQUAL = frozenset(
    {
        "assertEqual",
        "assertEquals",
        "assertListEqual",
        "assertDictEqual",
        "assertTupleEqual",
        "assertSetEqual",
        "assertSequenceEqual",
        "assertMultiLineEqual",
    }
)
_RAISES = frozenset({"raises", "assertRaises"})


@dataclass(frozen=True, slots=True)
class Example:
    """One call seen at `ref` (`path:line`). At most one of `expected`, `raises` and `holds` is set.

    `expected`: source of the value that the call must equal. `holds`: the call is a condition that must be true.
    `also`: further functions of the project that the call names.
    """

    kind: EvidenceKind
    ref: str
    call: str
    function: FunctionModel
    imports: tuple[str, ...] = ()
    expected: str | None = None
    raises: str | None = None
    holds: bool = False
    also: tuple[FunctionModel, ...] = ()

    @property
    def is_asserted(self) -> bool:
        """Whether somebody wrote down what must come out."""
        return self.expected is not None or self.raises is not None or self.holds


def read_examples(project: ProjectModel, tree: Tree, symbols: SymbolTable) -> list[Example]:
    """Collect the examples of all wanted functions, those with an expectation first; one per call."""
    from_tests: list[Example] = []
    from_docs: list[Example] = []
    from_calls: list[Example] = []
    for path, module in project.modules.items():
        content = tree.get(path, b"")
        if module.problem or not symbols.mentions_wanted(content.decode("utf-8", "replace")):
            continue
        parsed = parse(path, content).module
        if parsed is None:
            continue
        reader = _FileReader(path, parsed, symbols)
        if module.is_test:
            from_tests += reader.tests()
        else:
            from_calls += reader.calls()
        from_docs += reader.docstrings()
    ordered = sorted([*from_tests, *from_docs, *from_calls], key=lambda item: not item.is_asserted)
    found: dict[tuple[str, str, str], Example] = {}
    for item in ordered:
        found.setdefault((item.function.path, item.function.qualified_name, item.call), item)
    return list(found.values())


@dataclass(slots=True)
class _FileReader:
    path: str
    module: ast.Module
    symbols: SymbolTable
    imported: dict[str, str] = field(init=False)
    bound: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.imported = import_lines(self.module)

    def tests(self) -> Iterator[Example]:
        """Examples of every test function, with simple assignments, loops and parameters filled in."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                for values in self._rows(node):
                    yield from self._statements(node.body, dict(values))

    def calls(self) -> Iterator[Example]:
        """Calls outside tests whose arguments can stand alone."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.Call):
                yield from self._call(node, {}, "OBSERVED_CALL")

    def docstrings(self) -> Iterator[Example]:
        """Doctest examples of wanted functions in this file's docstrings."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                text = ast.get_docstring(node, clean=False)
                if text and ">>>" in text:
                    yield from self._doctest(text, node.body[0].lineno)

    def _doctest(self, text: str, first_line: int) -> Iterator[Example]:
        try:
            examples = doctest.DocTestParser().get_examples(text)
        except ValueError:
            return
        values: dict[str, Portable] = {}
        self.bound, before = {}, dict(self.imported)
        for example in examples:
            for statement in _parsed(example.source):
                self._doctest_import(statement)
                line = first_line + example.lineno
                if isinstance(statement, ast.Expr):
                    yield from self._documented(statement.value, example, values, line)
                else:
                    yield from self._statements([statement], values, "DOCSTRING_EXAMPLE", line)
        self.bound, self.imported = {}, before

    def _doctest_import(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.imported.update(import_lines(ast.Module([statement], [])))
        if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            self.bound.update({item.asname or item.name: f"{statement.module}.{item.name}" for item in statement.names})
        elif isinstance(statement, ast.Import):
            self.bound.update({item.asname: item.name for item in statement.names if item.asname})
            self.bound.update(
                {name: name for item in statement.names if not item.asname for name in [item.name.split(".")[0]]}
            )

    def _documented(
        self, node: ast.expr, example: doctest.Example, values: Mapping[str, Portable], line: int
    ) -> Iterator[Example]:
        found = self._portable(node, values)
        if found is None:
            return
        raises = (example.exc_msg or "").split(":")[0].rpartition(".")[2].strip() or None
        expected = None if raises or example.options else _literal_text(example.want)
        yield from self._example("DOCSTRING_EXAMPLE", line, found, expected=expected, raises=raises)

    def _rows(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[dict[str, Portable]]:
        """Parameter rows of a test; one empty row for a test without parameters."""
        rows: list[dict[str, Portable]] = [{}]
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and (dotted_name(decorator.func) or "").endswith("parametrize"):
                found = self._parameter_rows(decorator)
                rows = [{**left, **right} for right in found for left in rows][:MAX_ROWS]
        return rows

    def _parameter_rows(self, decorator: ast.Call) -> list[dict[str, Portable]]:
        if len(decorator.args) < 2 or not isinstance(decorator.args[1], ast.List | ast.Tuple):
            return [{}]
        names = _names(decorator.args[0])
        return [self._bind(names, _parameters(row)) for row in _spread(decorator.args[1].elts)] or [{}]

    def _bind(
        self, names: list[str], row: ast.expr, values: Mapping[str, Portable] | None = None
    ) -> dict[str, Portable]:
        cells = [row] if len(names) == 1 else (row.elts if isinstance(row, ast.Tuple | ast.List) else [])
        if len(cells) != len(names):
            return {}
        found = {name: self._portable(cell, values or {}) for name, cell in zip(names, cells, strict=True)}
        return {name: value for name, value in found.items() if value is not None}

    def _statements(
        self,
        body: Iterable[ast.stmt],
        values: dict[str, Portable],
        kind: EvidenceKind = "EXISTING_TEST",
        line: int | None = None,
    ) -> Iterator[Example]:
        """Walk statements in order; whatever is not understood forgets the names it binds."""
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield from self._inner_calls(value, values, kind, line)
                    values.pop(name, None) if (known := self._portable(value, values)) is None else values.update(
                        {name: known}
                    )
                case ast.Assert(test=test):
                    yield from self._assertion(test, values, kind, line)
                case ast.Expr(value=ast.Call() as call):
                    yield from self._called(call, values, kind, line)
                case ast.For(target=target, iter=ast.List() | ast.Tuple() as rows, body=inner):
                    names = _names(target)
                    for row in _spread(rows.elts):
                        yield from self._statements(inner, {**values, **self._bind(names, row, values)}, kind, line)
                case ast.With(items=[item], body=inner):
                    yield from self._with(item, inner, values, kind, line)
                case _:
                    yield from self._unknown(statement, values, kind, line)

    def _unknown(
        self, statement: ast.stmt, values: dict[str, Portable], kind: EvidenceKind, line: int | None
    ) -> Iterator[Example]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                values.pop(node.id, None)
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield from self._inner_calls(statement, values, kind, line)

    def _with(
        self,
        item: ast.withitem,
        body: list[ast.stmt],
        values: dict[str, Portable],
        kind: EvidenceKind,
        line: int | None,
    ) -> Iterator[Example]:
        error = _expected_error(item.context_expr)
        only = body[0] if len(body) == 1 else None
        if error and isinstance(only, ast.Expr | ast.Assign) and (found := self._portable(only.value, values)):
            yield from self._example(kind, line or only.lineno, found, raises=error)
        elif error is None:
            yield from self._statements(body, values, kind, line)

    def _called(
        self, call: ast.Call, values: Mapping[str, Portable], kind: EvidenceKind, line: int | None
    ) -> Iterator[Example]:
        name = (dotted_name(call.func) or "").rpartition(".")[2]
        place = line or call.lineno
        if name in _EQUAL and len(call.args) >= 2:
            yield from self._equality(call.args[0], call.args[1], values, kind, place)
        elif name == "assertTrue" and call.args:
            yield from self._condition(call.args[0], values, kind, place)
        elif name == "assertFalse" and call.args:
            yield from self._condition(ast.UnaryOp(ast.Not(), call.args[0]), values, kind, place)
        elif name == "assertIsNone" and call.args:
            yield from self._equality(call.args[0], ast.Constant(None), values, kind, place)
        elif name in _RAISES and len(call.args) >= 2:
            error = dotted_name(call.args[0])
            found = self._portable(ast.Call(call.args[1], call.args[2:], call.keywords), values)
            if error and found:
                yield from self._example(kind, place, found, raises=error.rpartition(".")[2])
        else:
            yield from self._inner_calls(call, values, kind, line)

    def _assertion(
        self, test: ast.expr, values: Mapping[str, Portable], kind: EvidenceKind, line: int | None
    ) -> Iterator[Example]:
        place = line or test.lineno
        if (
            isinstance(test, ast.Compare)
            and len(test.ops) == 1
            and isinstance(test.ops[0], ast.Eq)
            or isinstance(test, ast.Compare)
            and isinstance(test.ops[0], ast.Is)
            and isinstance(test.comparators[0], ast.Constant)
        ):
            yield from self._equality(test.left, test.comparators[0], values, kind, place)
        elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            for part in test.values:
                yield from self._assertion(part, values, kind, line)
        else:
            yield from self._condition(test, values, kind, place)

    def _equality(
        self, left: ast.expr, right: ast.expr, values: Mapping[str, Portable], kind: EvidenceKind, place: int
    ) -> Iterator[Example]:
        first, second = self._portable(left, values), self._portable(right, values)
        if first and second and not first.functions:
            first, second = second, first
        if first and second and first.functions and not second.functions:
            yield from self._example(kind, place, first, expected=second.source, extra=second.imports)
        else:
            for side in (left, right):
                yield from self._inner_calls(side, values, kind, place)

    def _condition(
        self, test: ast.expr, values: Mapping[str, Portable], kind: EvidenceKind, place: int
    ) -> Iterator[Example]:
        found = self._portable(test, values)
        if found:
            yield from self._example(kind, place, found, holds=True)
        else:
            yield from self._inner_calls(test, values, kind, place)

    def _inner_calls(
        self, node: ast.AST, values: Mapping[str, Portable], kind: EvidenceKind, line: int | None
    ) -> Iterator[Example]:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                yield from self._call(inner, values, kind, line)

    def _call(
        self, node: ast.Call, values: Mapping[str, Portable], kind: EvidenceKind, line: int | None = None
    ) -> Iterator[Example]:
        if self._find(node.func) and (found := self._portable(node, values)):
            yield from self._example(kind, line or node.lineno, found)

    def _example(
        self,
        kind: EvidenceKind,
        line: int,
        found: Portable,
        *,
        expected: str | None = None,
        raises: str | None = None,
        holds: bool = False,
        extra: tuple[str, ...] = (),
    ) -> Iterator[Example]:
        if found.functions:
            imports = tuple(dict.fromkeys((*found.imports, *extra)))
            others = tuple(item for item in dict.fromkeys(found.functions[1:]) if item != found.functions[0])
            yield Example(
                kind, f"{self.path}:{line}", found.source, found.functions[0], imports, expected, raises, holds, others
            )

    def _portable(self, node: ast.expr, values: Mapping[str, Portable]) -> Portable | None:
        return portable(node, self._find, values, self.imported)

    def _find(self, callee: ast.expr) -> FunctionModel | None:
        return self.symbols.function(self.path, callee, self.bound)


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [name.strip() for name in node.value.split(",") if name.strip()]
    if isinstance(node, ast.Tuple | ast.List):
        return [str(item.value) if isinstance(item, ast.Constant) else getattr(item, "id", "") for item in node.elts]
    return [node.id] if isinstance(node, ast.Name) else []


def _parameters(row: ast.expr) -> ast.expr:
    """Unwrap `pytest.param(a, b, id=...)`."""
    if isinstance(row, ast.Call) and (dotted_name(row.func) or "").endswith("param"):
        return ast.Tuple(row.args, ast.Load()) if len(row.args) != 1 else row.args[0]
    return row


def _spread(rows: list[ast.expr]) -> list[ast.expr]:
    """At most `MAX_ROWS` rows, spread over the list so that late kinds of input are seen too."""
    step = max(1, -(-len(rows) // MAX_ROWS))
    return rows[::step]


def _expected_error(context: ast.expr) -> str | None:
    if not isinstance(context, ast.Call) or not context.args:
        return None
    name = (dotted_name(context.func) or "").rpartition(".")[2]
    error = dotted_name(context.args[0])
    return error.rpartition(".")[2] if name in _RAISES and error else None


def _literal_text(want: str) -> str | None:
    try:
        return repr(ast.literal_eval(want.strip())) if want.strip() else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
