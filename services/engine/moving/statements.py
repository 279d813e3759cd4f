"""Top-level statements as pieces of text: what belongs to a symbol, and how a gap is closed behind it."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.engine.imports.layout import line_end
from services.engine.imports.placing import header_statements
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName, ModuleScopes, Occurrence
from services.engine.source import SourceText, Splice


@dataclass(frozen=True, slots=True)
class Piece:
    """One top-level statement with the comments above it: whole lines from `start` to `end`, last line end included."""

    node: ast.stmt
    start: int
    end: int

    def holds(self, offset: int) -> bool:
        """Tell whether an offset lies inside."""
        return self.start <= offset < self.end


def pieces_of(path: str, scopes: ModuleScopes, symbols: Sequence[str]) -> list[Piece]:
    """Return the statements that define the symbols, in the order of the file.

    Raises:
        RefusedError: `ANCHOR_NOT_FOUND` for a symbol that is not defined at the top level, `UNSAFE_REFERENCE` for one
            that is imported, shares its statement or its line with another, or is assigned by code that stays.
    """
    body: list[ast.stmt] = scopes.root.node.body  # type: ignore[attr-defined]
    chosen: dict[int, ast.stmt] = {}
    for symbol in symbols:
        holding = [
            (index, item)
            for binding in _definitions(path, scopes, symbol)
            for index, item in enumerate(body)
            if _contains(scopes.source, item, binding.start) and getattr(item, "name", symbol) == symbol
        ]
        if not holding:
            raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"{symbol} is not defined at the top level.")
        chosen |= dict(holding)
    pieces = [piece_of(scopes.source, body, index) for index in sorted(chosen)]
    _require_whole(path, scopes, pieces, set(symbols))
    return pieces


def whole_of(scopes: ModuleScopes) -> list[Piece]:
    """Return everything a module holds besides docstring, imports and `__all__`."""
    body: list[ast.stmt] = scopes.root.node.body  # type: ignore[attr-defined]
    header = header_statements(scopes.root.node)  # type: ignore[arg-type]
    found: list[Piece] = []
    for index, node in enumerate(body):
        is_import = isinstance(node, ast.Import | ast.ImportFrom) or node in header
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_import and not is_text and not _is_listing(node):
            found.append(piece_of(scopes.source, body, index))
    return found


def _is_listing(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def piece_of(source: SourceText, body: Sequence[ast.stmt], index: int) -> Piece:
    """Return a statement with what belongs to it: comments right above, the string that documents an assignment."""
    node = body[index]
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    start = source.line_starts[first - 1]
    floor = source.line_starts[(body[index - 1].end_lineno or 1) - 1] if index else 0
    while start > floor:
        above = source.text.rfind("\n", 0, start - 1) + 1
        if not source.text[above:start].startswith("#"):
            break
        start = above
    if not index and start == 0 and source.text.startswith("#"):
        start = source.line_starts[first - 1]
    last = node
    follower = body[index + 1] if index + 1 < len(body) else None
    if isinstance(node, ast.Assign | ast.AnnAssign) and _is_note(follower) and follower is not None:
        last = follower if follower.lineno == (node.end_lineno or 0) + 1 else node
    return Piece(node, start, line_end(source, source.offset(last.end_lineno or 1, last.end_col_offset or 0)))


def removals(source: SourceText, pieces: Sequence[Piece]) -> list[Splice]:
    """Return the splices that take pieces out, leaving the larger of the two gaps around them."""
    found: list[Splice] = []
    for first, last in _runs(source, pieces):
        start, end = first.start, last.end
        before = len(source.text[:start]) - len(source.text[:start].rstrip("\n"))
        after_text = source.text[end:]
        blank = len(after_text) - len(after_text.lstrip("\n"))
        head = source.text[:start].rstrip("\n")
        if not source.text[end:].strip():
            found.append(Splice(len(head) + 1 if head else 0, len(source.text), ""))
        elif not head:
            found.append(Splice(0, end + blank, ""))
        else:
            found.append(Splice(start, end + min(blank, max(before - 1, 0)), ""))
    return found


def _runs(source: SourceText, pieces: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Bring pieces together that only blank lines part."""
    runs: list[tuple[Piece, Piece]] = []
    for piece in pieces:
        if runs and not source.text[runs[-1][1].end : piece.start].strip():
            runs[-1] = (runs[-1][0], piece)
        else:
            runs.append((piece, piece))
    return runs


def joined(source: SourceText, pieces: Sequence[Piece], texts: Sequence[str]) -> str:
    """Put the texts of pieces one after the other with the blank lines they had, two around definitions."""
    parts: list[str] = []
    for index, (piece, text) in enumerate(zip(pieces, texts, strict=True)):
        if index:
            parts.append("\n" * _gap(source, pieces[index - 1], piece))
        parts.append(text if text.endswith("\n") else text + "\n")
    return "".join(parts)


def _gap(source: SourceText, earlier: Piece, later: Piece) -> int:
    between = source.text[earlier.end : later.start]
    if not between.strip():
        return between.count("\n")
    return 2 if is_definition(earlier.node) or is_definition(later.node) else 1


def is_definition(node: ast.stmt) -> bool:
    """Tell whether a statement is set off by two empty lines."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def bound_names(scopes: ModuleScopes, pieces: Iterable[Piece]) -> set[str]:
    """Return the module's names that the pieces bind."""
    wanted = list(pieces)
    return {
        name
        for name, bindings in scopes.root.bindings.items()
        if any(piece.holds(binding.start) for binding in bindings for piece in wanted)
    }


def _definitions(path: str, scopes: ModuleScopes, symbol: str) -> list[Occurrence]:
    bindings = scopes.root.bindings.get(symbol, [])
    if not bindings:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"{symbol} is not defined at the top level.")
    if all(isinstance(binding.node, ImportedName) for binding in bindings):
        location = f"{path}:{scopes.source.line_of(bindings[0].start)}"
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, location, f"{symbol} is imported there, not defined.")
    return bindings


def _contains(source: SourceText, node: ast.stmt, offset: int) -> bool:
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    end = source.offset(node.end_lineno or 1, node.end_col_offset or 0)
    return source.line_starts[first - 1] <= offset < end


def _require_whole(path: str, scopes: ModuleScopes, pieces: Sequence[Piece], symbols: set[str]) -> None:
    body: list[ast.stmt] = scopes.root.node.body  # type: ignore[attr-defined]
    for piece in pieces:
        location = f"{path}:{piece.node.lineno}"
        others = bound_names(scopes, [piece]) - symbols
        if others and not isinstance(piece.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            detail = f"The statement also binds {', '.join(sorted(others))}."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, detail)
        for other in body:
            if other is not piece.node and _shares_line(other, piece.node):
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "The definition shares its line.")
    for scope in scopes.root.walk():
        for declared in scope.declarations:
            stays = not any(piece.holds(declared.start) for piece in pieces)
            if stays and declared.name in symbols and scope.outer.get(declared.name) == "global":
                location = f"{path}:{scopes.source.line_of(declared.start)}"
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "Code that stays assigns the name.")


def _shares_line(one: ast.stmt, other: ast.stmt) -> bool:
    return one.lineno <= (other.end_lineno or 0) and other.lineno <= (one.end_lineno or 0)


def _is_note(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
