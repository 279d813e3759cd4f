"""Recognising a document that a tree already holds, and refusing one that was planned on other content.

A replay is certain, never guessed: either an operation says what the file looks like afterwards, or taking the
operations back gives the base fingerprint again.
"""

from dataclasses import dataclass

from services.core.tree import Tree, file_fingerprint
from services.engine.document import (
    EditDocument,
    FileCreate,
    FileDelete,
    FileMove,
    NodeReplace,
    Operation,
    RenameOptions,
    RenameSymbol,
    SearchReplace,
)
from services.engine.nodes import find_node
from services.engine.operations import content_of, replaced
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename import rename_edits
from services.engine.syntax import parse


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a path holds after the document: a known fingerprint, nothing, or a base with edits on top."""

    fingerprint: str | None = None
    is_absent: bool = False
    base: str | None = None
    edits: tuple[Operation, ...] = ()


class Replay:
    """What a document expects of the tree before and after it."""

    def __init__(self, tree: Tree, document: EditDocument, scope: tuple[str, ...], protected: tuple[str, ...]) -> None:
        self._tree = tree
        self._operations = document.operations
        self._scope = scope
        self._protected = protected
        self._expected: dict[str, _Expected] = {}
        self._origins: dict[str, str | None] = {}
        self._starts: list[str | None] = []
        self._moves = [(i, o) for i, o in enumerate(self._operations) if isinstance(o, FileMove)]
        self._creates = [(i, o) for i, o in enumerate(self._operations) if isinstance(o, FileCreate)]
        self._holds: dict[str, bool] = {}
        for operation in self._operations:
            self._starts.append(self._origins.get(operation.path, operation.path))
            self._advance(operation)

    def is_already_applied(self, index: int) -> bool:
        """Tell whether the tree is past the operation: its base is not there, its result is."""
        operation = self._operations[index]
        if self._base_holds(index):
            return False
        paths = [self._final_path(index, operation.path)]
        if isinstance(operation, FileMove):
            paths = [operation.path, self._final_path(index, operation.new_path)]
        if isinstance(operation, FileDelete):
            paths = [operation.path]
        return all(self._is_reached(path) for path in paths)

    def require_base(self, index: int) -> None:
        """Refuse an operation that was planned on other content. Raises `RefusedError`."""
        operation = self._operations[index]
        if isinstance(operation, FileCreate) or self._base_holds(index):
            return
        start = self._starts[index]
        if start is not None and start not in self._tree:
            raise RefusedError(RefusalCode.FILE_MISSING, operation.path)
        raise RefusedError(RefusalCode.BASE_FINGERPRINT_MISMATCH, operation.path)

    def _base_holds(self, index: int) -> bool:
        operation, start = self._operations[index], self._starts[index]
        if isinstance(operation, FileCreate):
            return operation.path not in self._tree or self._is_vacated(index)
        if start is None:
            return self._is_made_before(index, operation.base_fingerprint)
        return start in self._tree and file_fingerprint(self._tree[start]) == operation.base_fingerprint

    def _is_vacated(self, index: int) -> bool:
        """Tell whether an earlier operation takes the file away that stands where `index` creates one."""
        path = self._operations[index].path
        return any(
            self._base_holds(i)
            for i, earlier in enumerate(self._operations[:index])
            if isinstance(earlier, FileDelete | FileMove) and earlier.path == path
        )

    def _is_made_before(self, index: int, base_fingerprint: str) -> bool:
        """Tell whether the document itself makes the file, with that content, and the tree has none yet."""
        return any(
            i < index and maker.path not in self._tree and file_fingerprint(content_of(maker)) == base_fingerprint
            for i, maker in self._creates
        )

    def _advance(self, operation: Operation) -> None:
        path = operation.path
        if isinstance(operation, FileCreate):
            self._origins[path] = None
            self._expected[path] = _Expected(fingerprint=file_fingerprint(content_of(operation)))
        elif isinstance(operation, FileDelete):
            self._expected[path] = _Expected(is_absent=True)
        elif isinstance(operation, FileMove):
            start = _Expected(fingerprint=operation.base_fingerprint)
            self._origins[operation.new_path] = self._origins.pop(path, path)
            self._expected[operation.new_path] = self._expected.get(path, start)
            self._expected[path] = _Expected(is_absent=True)
        elif operation.result_fingerprint is not None:
            self._expected[path] = _Expected(fingerprint=operation.result_fingerprint)
        else:
            earlier = self._expected.get(path, _Expected(base=operation.base_fingerprint))
            base = earlier.base or earlier.fingerprint
            self._expected[path] = _Expected(base=base, edits=(*earlier.edits, operation))

    def _final_path(self, index: int, path: str) -> str:
        for position, move in self._moves:
            if position > index and move.path == path:
                path = move.new_path
        return path

    def _is_reached(self, path: str) -> bool:
        if path not in self._holds:
            self._holds[path] = self._compare(path, self._expected[path])
        return self._holds[path]

    def _compare(self, path: str, expected: _Expected) -> bool:
        content = self._tree.get(path)
        if expected.is_absent or content is None:
            return expected.is_absent and content is None
        if expected.fingerprint is not None:
            return file_fingerprint(content) == expected.fingerprint
        if all(isinstance(edit, NodeReplace) for edit in expected.edits):
            return all(_holds_node(path, content, edit) for edit in expected.edits if isinstance(edit, NodeReplace))
        try:
            return file_fingerprint(self._undone(path, content, expected.edits)) == expected.base
        except RefusedError:
            return False

    def _undone(self, path: str, content: bytes, edits: tuple[Operation, ...]) -> bytes:
        """Take edits back, last first. Raises `RefusedError` where one cannot be."""
        for edit in reversed(edits):
            if isinstance(edit, RenameSymbol):
                content = self._renamed_back(path, content, edit)
            elif isinstance(edit, SearchReplace) and edit.replace:
                content = replaced(content, path, edit.replace, edit.search)
            else:
                raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path)
        return content

    def _renamed_back(self, path: str, content: bytes, edit: RenameSymbol) -> bytes:
        *owner, old = edit.symbol.split(".")
        options = RenameOptions(**{**edit.options.model_dump(), "keep_alias": False})
        present = {**self._tree, path: content}
        edits = rename_edits(
            present, path, ".".join([*owner, edit.new_name]), old, options, scope=self._scope, protected=self._protected
        )
        return edits.contents.get(path, content)


def _holds_node(path: str, content: bytes, edit: NodeReplace) -> bool:
    """Tell whether the definition already reads as the replacement does."""
    parsed = parse(path, content)
    try:
        found = find_node(parsed, edit.kind, edit.qualified_name)
    except RefusedError:
        return False
    return parsed.source is not None and parsed.source.text[found.start : found.end] == edit.replacement
