"""Reading a source tree into a project model: tolerant, fast, without importing or running anything."""

import ast
from collections.abc import Iterator, Sequence

from services.core.tree import Tree, is_within, normalise_path
from services.engine.complexity import cyclomatic_complexity
from services.engine.module_names import absolute_module, module_name, package_folders
from services.engine.names import is_python, is_test
from services.engine.project_model import (
    CallSite,
    ClassModel,
    FunctionModel,
    ImportModel,
    LiteralValue,
    ModuleModel,
    ParameterModel,
    ProjectModel,
    TestFunctionModel,
)
from services.engine.syntax import Parsed, parse

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def read_project(tree: Tree, scope: Sequence[str]) -> ProjectModel:
    """Read every Python file of a tree; what cannot be parsed is data, never an exception.

    Args:
        scope: Folders or files that count as in scope; `.` is the whole tree.
    Raises:
        services.core.tree.UnsafePathError: a scope that is not a path inside the tree.
    """
    folders = tuple(normalise_path(item) for item in scope)
    files = sorted(path for path in tree if is_python(path))
    packages = package_folders(files)
    modules = {
        path: read_module(parse(path, tree[path]), module_name(path, packages), in_scope=is_within(path, folders))
        for path in files
    }
    return ProjectModel(folders, modules)


def read_module(parsed: Parsed, name: str, *, in_scope: bool = True) -> ModuleModel:
    """Describe one parsed file under its dotted name."""
    lines = len(parsed.source.line_starts) if parsed.source and parsed.source.text else 0
    if parsed.source is not None and parsed.source.text.endswith("\n"):
        lines -= 1
    tested = is_test(parsed.path)
    if parsed.module is None:
        return ModuleModel(parsed.path, name, lines, tested, in_scope, parsed.reason, parsed.line)
    reader = _Reader(parsed.path, name)
    reader.read(parsed.module)
    return ModuleModel(
        path=parsed.path,
        name=name,
        line_count=lines,
        is_test=tested,
        in_scope=in_scope,
        docstring=ast.get_docstring(parsed.module),
        exports=exported_names(parsed.module),
        functions=tuple(reader.functions),
        classes=tuple(reader.classes),
        imports=tuple(reader.imports),
        calls=tuple(reader.calls),
        tests=tuple(reader.tests) if tested else (),
        public_names=tuple(public_names(parsed.module)),
        attribute_names=frozenset(reader.attribute_names),
    )


def exported_names(module: ast.Module) -> tuple[str, ...] | None:
    """Return the names of a literal `__all__`, its literal extensions included; None when there is none."""
    names: list[str] | None = None
    for node in module.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AugAssign | ast.AnnAssign) else target
        if isinstance(target, ast.Name) and target.id == "__all__":
            names = (names or []) + _strings(getattr(node, "value", None))
    return tuple(names) if names is not None else None


def public_names(module: ast.Module) -> list[str]:
    """List what a module offers: `__all__`, else its top-level names without a leading underscore, sorted."""
    exported = exported_names(module)
    if exported is not None:
        return sorted(set(exported))
    return sorted({name for node in module.body for name in _bound(node) if not name.startswith("_")})


class _Reader:
    """Collects what one module holds, in source order, without recursion on expressions."""

    def __init__(self, path: str, module: str) -> None:
        self.path = path
        self.module = module
        self.functions: list[FunctionModel] = []
        self.classes: list[ClassModel] = []
        self.imports: list[ImportModel] = []
        self.calls: list[CallSite] = []
        self.tests: list[TestFunctionModel] = []
        self.attribute_names: set[str] = set()

    def read(self, module: ast.Module) -> None:
        pending: list[tuple[ast.AST, tuple[str, ...], bool, bool]] = [(module, (), False, False)]
        while pending:
            node, owners, in_class, in_function = pending.pop()
            if isinstance(node, FunctionNode):
                self._function(node, owners, in_class, in_function)
                owners, in_class, in_function = (*owners, node.name), False, True
            elif isinstance(node, ast.ClassDef):
                self._class(node, owners)
                owners, in_class = (*owners, node.name), True
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.Call):
                self._call(node, owners)
            elif isinstance(node, ast.Attribute):
                self.attribute_names.add(node.attr)
            children = list(ast.iter_child_nodes(node))
            pending += [(child, owners, in_class, in_function) for child in reversed(children)]

    def _function(self, node: FunctionNode, owners: tuple[str, ...], in_class: bool, nested: bool) -> None:
        qualified = ".".join([*owners, node.name])
        parameters = tuple(_parameters(node.args))
        returns = ast.unparse(node.returns) if node.returns else None
        self.functions.append(
            FunctionModel(
                path=self.path,
                qualified_name=qualified,
                line=min([node.lineno, *(item.lineno for item in node.decorator_list)]),
                end_line=node.end_lineno or node.lineno,
                complexity=cyclomatic_complexity(node),
                signature=f"{node.name}({ast.unparse(node.args)})" + (f" -> {returns}" if returns else ""),
                parameters=parameters,
                returns=returns,
                docstring=ast.get_docstring(node),
                decorators=tuple(ast.unparse(item) for item in node.decorator_list),
                is_async=isinstance(node, ast.AsyncFunctionDef),
                is_method=in_class,
                is_generator=_is_generator(node),
                is_nested=nested,
            )
        )
        if node.name.startswith("test"):
            self.tests.append(TestFunctionModel(self.path, qualified, node.lineno, frozenset(_mentions(node))))

    def _class(self, node: ast.ClassDef, owners: tuple[str, ...]) -> None:
        methods = tuple(item.name for item in node.body if isinstance(item, FunctionNode))
        names = [name for item in node.body for name in _bound(item)]
        self.classes.append(
            ClassModel(
                path=self.path,
                qualified_name=".".join([*owners, node.name]),
                line=min([node.lineno, *(item.lineno for item in node.decorator_list)]),
                end_line=node.end_lineno or node.lineno,
                bases=tuple(ast.unparse(item) for item in node.bases),
                docstring=ast.get_docstring(node),
                decorators=tuple(ast.unparse(item) for item in node.decorator_list),
                methods=methods,
                attributes=tuple(name for name in dict.fromkeys(names) if name not in methods),
            )
        )

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for item in node.names:
                bound = item.asname or item.name.partition(".")[0]
                self.imports.append(ImportModel(item.name, None, bound, node.lineno))
            return
        module = absolute_module(self.path, self.module, node.module, node.level)
        for item in node.names:
            self.imports.append(ImportModel(module, item.name, item.asname or item.name, node.lineno))

    def _call(self, node: ast.Call, owners: tuple[str, ...]) -> None:
        callee = dotted_name(node.func)
        if callee is None:
            return
        caller = ".".join(owners) or None
        try:
            arguments: tuple[LiteralValue, ...] = tuple(ast.literal_eval(item) for item in node.args)
            keywords = tuple((str(item.arg), ast.literal_eval(item.value)) for item in node.keywords if item.arg)
            is_literal = len(keywords) == len(node.keywords)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            self.calls.append(CallSite(self.path, node.lineno, callee, False, caller=caller))
            return
        values = (arguments, keywords) if is_literal else ((), ())
        self.calls.append(CallSite(self.path, node.lineno, callee, is_literal, *values, caller=caller))


def dotted_name(node: ast.AST) -> str | None:
    """Return `a.b.c` for a chain of names and attributes, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _parameters(args: ast.arguments) -> Iterator[ParameterModel]:
    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    for index, (item, default) in enumerate(zip(positional, defaults, strict=True)):
        kind = "POSITIONAL_ONLY" if index < len(args.posonlyargs) else "POSITIONAL_OR_KEYWORD"
        yield _parameter(item, kind, default)
    if args.vararg:
        yield _parameter(args.vararg, "VAR_POSITIONAL", None)
    for item, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield _parameter(item, "KEYWORD_ONLY", default)
    if args.kwarg:
        yield _parameter(args.kwarg, "VAR_KEYWORD", None)


def _parameter(item: ast.arg, kind: str, default: ast.expr | None) -> ParameterModel:
    annotation = ast.unparse(item.annotation) if item.annotation else None
    return ParameterModel(item.arg, kind, annotation, ast.unparse(default) if default else None)  # type: ignore[arg-type]


def _is_generator(node: FunctionNode) -> bool:
    pending: list[ast.AST] = list(node.body)
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(item)
    return False


def _mentions(node: ast.AST) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            yield item.id
        elif isinstance(item, ast.Attribute):
            yield item.attr


def _bound(node: ast.stmt) -> list[str]:
    """List the names that one statement binds, inner blocks of `if` and `try` included."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [item.asname or item.name.partition(".")[0] for item in node.names]
    if isinstance(node, ast.Assign):
        return [item.id for target in node.targets for item in ast.walk(target) if isinstance(item, ast.Name)]
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    if isinstance(node, ast.If | ast.Try | ast.With):
        blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(node, "handlers", [])]
        return [name for block in blocks for item in block for name in _bound(item)]
    return []


def _strings(node: ast.AST | None) -> list[str]:
    items = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
