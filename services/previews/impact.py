"""What a change touches: the definitions whose text differs and the places that name what it is about. Pure."""

import ast
from collections.abc import Iterable, Iterator

from services.core.tree import Tree
from services.engine.blocks import split_lines
from services.engine.diff import FileDiff
from services.engine.document import EditDocument, Operation
from services.engine.entities import ProjectScopes
from services.engine.names import is_python
from services.engine.refusals import RefusedError
from services.engine.rename import collect_places, definition_of
from services.engine.rename_places import Place, PlaceKind
from services.engine.rename_text import text_places
from services.engine.syntax import parse
from services.previews.schemas import AffectedSymbol, Confidence, ReferenceView, SymbolChange

MOST_NAMES = 20
"""Names whose references are looked up in one preview: each one reads every file that mentions it."""

LINE_CHARACTERS = 200

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields of statements that hold statements."""

CONFIDENCE: dict[PlaceKind, Confidence] = {
    PlaceKind.DEFINITION: "CERTAIN",
    PlaceKind.REFERENCE: "CERTAIN",
    PlaceKind.IMPORT: "CERTAIN",
    PlaceKind.EXPORT: "CERTAIN",
    PlaceKind.KEYWORD: "CERTAIN",
    PlaceKind.RECEIVER: "LIKELY",
    PlaceKind.DOCTEST: "LIKELY",
    PlaceKind.STRING: "TEXT",
    PlaceKind.DOCUMENT: "TEXT",
    PlaceKind.UNKNOWN: "UNKNOWN",
}
CONFIDENCES: tuple[Confidence, ...] = ("CERTAIN", "LIKELY", "TEXT", "UNKNOWN")


def affected_symbols(before: Tree, after: Tree, diffs: Iterable[FileDiff]) -> list[AffectedSymbol]:
    """List the innermost definitions that changed lines lie in, by file and line."""
    found: list[AffectedSymbol] = []
    for diff in diffs:
        if not is_python(diff.path):
            continue
        removed, added = changed_lines(diff)
        old = _Definitions(diff.old_path or diff.path, before.get(diff.old_path or diff.path))
        new = _Definitions(diff.path, after.get(diff.path))
        names = old.holding(removed) | new.holding(added)
        views = [
            AffectedSymbol(
                path=diff.path, symbol=name, change=_change(name, old, new), line=new.line(name) or old.line(name)
            )
            for name in names
        ]
        found += sorted(views, key=lambda view: (view.line, view.symbol))
    return found


def changed_lines(diff: FileDiff) -> tuple[set[int], set[int]]:
    """Return the lines that go and the lines that come, counted from 1 in the old and in the new file."""
    removed: set[int] = set()
    added: set[int] = set()
    for hunk in diff.hunks:
        old, new = hunk.old_start, hunk.new_start
        for line in split_lines(hunk.text):
            if line.startswith("-"):
                removed.add(old)
            elif line.startswith("+"):
                added.add(new)
            old += line[:1] in (" ", "-")
            new += line[:1] in (" ", "+")
    return removed, added


def references(tree: Tree, document: EditDocument, diffs: Iterable[FileDiff]) -> list[ReferenceView]:
    """List the places that name what the operations are about, most certain first, then by file and line."""
    going = {diff.old_path or diff.path: changed_lines(diff)[0] for diff in diffs}
    places: dict[tuple[str, int, int], Place] = {}
    for path, symbol in list(dict.fromkeys(_named(document.operations)))[:MOST_NAMES]:
        for place in _places(tree, path, symbol):
            places.setdefault((place.path, place.start, place.end), place)
    lines = _Lines(tree)
    views = [
        ReferenceView(
            path=place.path,
            line=place.line,
            kind=place.kind.value,
            confidence=CONFIDENCE[place.kind],
            changes=place.line in going.get(place.path, ()),
            text=lines.text(place.path, place.line),
        )
        for place in places.values()
    ]
    views = list({(view.path, view.line, view.confidence): view for view in views}.values())
    return sorted(views, key=lambda view: (CONFIDENCES.index(view.confidence), view.path, view.line))


def _change(name: str, old: "_Definitions", new: "_Definitions") -> SymbolChange:
    if name in old.lines and name in new.lines:
        return "CHANGED"
    return "ADDED" if name in new.lines else "REMOVED"


def _named(operations: Iterable[Operation]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        for symbol in (getattr(operation, "symbol", None), *getattr(operation, "symbols", ())):
            if symbol:
                yield operation.path, symbol


def _places(tree: Tree, path: str, symbol: str) -> list[Place]:
    """Find a name that the untouched tree has; what an earlier operation makes has no place in it yet."""
    project = ProjectScopes(tree, (symbol.rpartition(".")[2],))
    try:
        path = definition_of(project, path, symbol)
        places = collect_places(project, path, symbol)
    except RefusedError:
        return []
    return [*places.places, *text_places(tree, project, places, path, symbol)]


class _Lines:
    """Lines of files by number, each file split once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._split: dict[str, list[str]] = {}

    def text(self, path: str, line: int) -> str:
        if path not in self._split:
            self._split[path] = split_lines(self._tree[path].decode("utf-8", "replace"))
        lines = self._split[path]
        return lines[line - 1].strip()[:LINE_CHARACTERS] if 0 < line <= len(lines) else ""


class _Definitions:
    """Functions and classes of one file with the lines they begin in; the name "" is what lies outside them."""

    def __init__(self, path: str, content: bytes | None) -> None:
        module = parse(path, content).module if content is not None else None
        self._spans = sorted(_spans(module), key=lambda span: span[1] - span[0]) if module else []
        self.lines = {"": 1} | {name: start for start, _, name in self._spans} if module else {}

    def holding(self, lines: set[int]) -> set[str]:
        """Return the innermost definitions that hold one of the lines."""
        return {
            next((name for start, end, name in self._spans if start <= line <= end), "") for line in lines
        } & self.lines.keys()

    def line(self, name: str) -> int:
        """Return the line a definition begins in; 0 when it is not here."""
        return self.lines.get(name, 0)


def _spans(module: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and qualified name of every definition; expressions are not looked into."""
    pending: list[tuple[ast.AST, str]] = [(module, "")]
    while pending:
        node, owner = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            owner = f"{owner}.{node.name}" if owner else node.name
            start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            yield start, node.end_lineno or node.lineno, owner
        for block in _BLOCKS:
            pending += [(child, owner) for child in _list(node, block)]


def _list(node: ast.AST, block: str) -> list[ast.AST]:
    found = getattr(node, block, None)
    return found if isinstance(found, list) else []
