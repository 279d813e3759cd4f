"""Planning `inline_variable`: every read of a variable becomes its value."""

import ast
from dataclasses import dataclass

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.extracting.anchor import AnchorFile, read_anchor
from services.engine.extracting.removal import removed_statement
from services.engine.hazards import Hazard, HazardKind
from services.engine.inlining.brackets import (
    acts,
    chain_of,
    expression_text,
    fitted,
    names_in,
    parents_of,
    require_writable,
)
from services.engine.inlining.operations import InlineVariable
from services.engine.project import exported_names
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName, Occurrence, Scope
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_REPEATS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FRESH = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


@dataclass(frozen=True)
class _Variable:
    name: str
    scope: Scope
    statement: ast.Assign | ast.AnnAssign
    value: ast.expr
    reads: list[tuple[Scope, Occurrence]]


def plan_inline_variable(tree: Tree, operation: InlineVariable, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    anchor = read_anchor(tree, operation.path, limits)
    variable = _variable(anchor, operation.symbol)
    parents = parents_of(anchor.module)
    if variable.scope.kind == "module":
        _require_private(tree, anchor, variable)
    _require_same_value(anchor, variable, parents)
    text = expression_text(anchor.source, variable.value)
    splices = [removed_statement(anchor.source, variable.statement, parents)]
    for _, read in variable.reads:
        chain = chain_of(parents, read.node)
        require_writable(anchor.source, chain, text, variable.name, read.start)
        written = fitted(text, variable.value, chain[-1], read.node)
        splices.append(Splice(read.start, read.end, written))
    return TreeEdits({anchor.path: anchor.source.splice(splices)}, tuple(_hazards(anchor, variable)))


def _variable(anchor: AnchorFile, symbol: str) -> _Variable:
    owner_name, _, name = symbol.rpartition(".")
    owners = [
        scope
        for scope in anchor.scopes.root.walk()
        if scope.qualified_name == owner_name and scope.kind != "comprehension" and name in scope.bindings
    ]
    if len(owners) != 1 or owners[0].kind == "class":
        code = RefusalCode.ANCHOR_AMBIGUOUS if len(owners) > 1 else RefusalCode.ANCHOR_NOT_FOUND
        raise RefusedError(code, anchor.path, f"{len(owners)} variables {symbol}.")
    scope, bindings = owners[0], owners[0].bindings[name]
    statement = bindings[0].node
    line = anchor.source.line_of(bindings[0].start)
    declared = any(name in inner.outer for inner in scope.walk())
    if (
        len(bindings) > 1
        or declared
        or not isinstance(statement, ast.Assign | ast.AnnAssign)
        or not _is_plain(statement)
    ):
        detail = f"{name} is not assigned once, by a plain assignment."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{anchor.path}:{line}", detail)
    assert statement.value is not None
    reads = [
        (inner, item)
        for inner in scope.walk()
        for item in inner.references
        if item.name == name and inner.resolve(name) is scope
    ]
    return _Variable(name, scope, statement, statement.value, sorted(reads, key=lambda pair: pair[1].start))


def _is_plain(statement: ast.Assign | ast.AnnAssign) -> bool:
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None and isinstance(statement.target, ast.Name)
    return len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)


def _require_private(tree: Tree, anchor: AnchorFile, variable: _Variable) -> None:
    """Refuse a variable of a module that other files read. Raises `RefusedError`."""
    if variable.name in (exported_names(anchor.module) or ()):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, anchor.path, f"{variable.name} is listed in __all__.")
    project = ProjectScopes(tree, (variable.name,))
    for path, scopes in project.modules.items():
        if path == anchor.path:
            continue
        for scope in scopes.root.walk():
            for bindings in scope.bindings.values():
                for binding in bindings:
                    node = binding.node
                    if isinstance(node, ImportedName) and node.alias.name == variable.name:
                        _refuse_read(project, anchor, variable, path, scope, binding)
        for use in scopes.attributes:
            if use.node.attr == variable.name:
                base = project.expression(path, use.scope, use.node.value)
                found = project.member(base.name, variable.name) if base is not None and base.kind == "module" else None
                if found is not None and (found.path, found.name) == (anchor.path, variable.name):
                    _refuse(path, use.node.lineno, "Another file reads it.")


def _refuse_read(
    project: ProjectScopes, anchor: AnchorFile, variable: _Variable, path: str, scope: Scope, binding: Occurrence
) -> None:
    entity = project.name(path, scope, binding.name)
    if entity is not None and entity.path == anchor.path:
        assert isinstance(binding.node, ImportedName)
        _refuse(path, binding.node.statement.lineno, "Another file imports it.")


def _require_same_value(anchor: AnchorFile, variable: _Variable, parents: dict[int, ast.AST]) -> None:
    """Refuse a value that another read would evaluate differently. Raises `RefusedError`."""
    statement, value, source = variable.statement, variable.value, anchor.source
    end = source.offset(statement.end_lineno or 0, statement.end_col_offset or 0)
    early = next((read for _, read in variable.reads if read.start < end), None)
    if early is not None:
        _refuse(anchor.path, source.line_of(early.start), f"{variable.name} is read before it is assigned.")
    nested = [item for _, item in variable.reads if _crosses(parents, statement, item.node, _LATER)]
    repeated = [item for _, item in variable.reads if _crosses(parents, statement, item.node, _REPEATS)]
    if (acts(value) or isinstance(value, _FRESH)) and (len(variable.reads) != 1 or nested or repeated):
        line = source.line_of(variable.reads[1][1].start) if len(variable.reads) > 1 else statement.lineno
        _refuse(anchor.path, line, "The value would be made again for every read.")
    names = set(names_in(value))
    for scope, read in variable.reads:
        chain = list(scope.lookup_chain())
        between = chain[: chain.index(variable.scope)]
        if any(name in inner.bindings for inner in between for name in names):
            _refuse(anchor.path, source.line_of(read.start), "A nearer scope binds a name of the value.")
        if isinstance(getattr(read.node, "ctx", None), ast.Del):
            _refuse(anchor.path, source.line_of(read.start), "It is deleted here.")
    _require_unchanged(anchor, variable, names, end, bool(nested), parents)


def _require_unchanged(
    anchor: AnchorFile,
    variable: _Variable,
    names: set[str],
    end: int,
    is_late: bool,
    parents: dict[int, ast.AST],
) -> None:
    """Refuse when a name of the value is assigned between the assignment and a read."""
    last = max((_statement_start(anchor, parents, item.node) for _, item in variable.reads), default=end)
    loops: list[ast.AST] = [
        item for item in chain_of(parents, variable.statement) if isinstance(item, ast.For | ast.While)
    ]
    for name in sorted(names):
        owner = variable.scope.resolve(name)
        for binding in owner.bindings[name] if owner is not None else ():
            in_loop = any(isinstance(item, ast.For | ast.While) for item in _loops_around(parents, variable, loops))
            if binding.start > end and (binding.start < last or is_late or in_loop):
                _refuse(anchor.path, anchor.source.line_of(binding.start), f"{name} is assigned again here.")


def _loops_around(parents: dict[int, ast.AST], variable: _Variable, around: list[ast.AST]) -> list[ast.AST]:
    """Return loops that hold a read but not the assignment."""
    found = [item for _, read in variable.reads for item in chain_of(parents, read.node)]
    return [item for item in found if isinstance(item, ast.For | ast.While) and item not in around]


def _statement_start(anchor: AnchorFile, parents: dict[int, ast.AST], node: ast.AST) -> int:
    """Return where the statement of a read begins: what it assigns itself, it assigns after reading."""
    chain = chain_of(parents, node)
    statement = next(item for item in reversed(chain) if isinstance(item, ast.stmt))
    return anchor.source.offset(statement.lineno, statement.col_offset)


def _crosses(parents: dict[int, ast.AST], statement: ast.stmt, node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
    around = {id(item) for item in chain_of(parents, statement)}
    return any(isinstance(item, kinds) and id(item) not in around for item in chain_of(parents, node))


def _refuse(path: str, line: int, detail: str) -> None:
    raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{line}", detail)


def _hazards(anchor: AnchorFile, variable: _Variable) -> list[Hazard]:
    """Disclose a value that may be another one by the time it is read."""
    source = anchor.source
    end = variable.statement.end_lineno or variable.statement.lineno
    later = [source.line_of(item.start) for _, item in variable.reads]
    moves = acts(variable.value) and any(line > end + 1 for line in later)
    looks = any(isinstance(item, ast.Attribute | ast.Subscript) for item in ast.walk(variable.value))
    if not moves and not (looks and any(line > end + 1 for line in later)):
        return []
    sentence = "The value is worked out later than before; what runs in between may change it."
    return [Hazard(HazardKind.EVALUATION_ORDER, anchor.path, variable.statement.lineno, sentence)]
