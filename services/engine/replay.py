"""Recognising a document that a tree already holds, and refusing one that was planned on other content.

A replay is certain, never guessed: either an operation says what the file looks like afterwards, or taking the
operations back gives the base fingerprint again.
"""

from dataclasses import dataclass, field

from services.core.tree import Tree, file_fingerprint
from services.engine.document import (
    EditDocument,
    FileCreate,
    FileDelete,
    FileMove,
    Operation,
    RenameOptions,
    RenameSymbol,
    SearchReplace,
)
from services.engine.languages.reading import definitions_in
from services.engine.node_operations import NodeInsertAfter, NodeInsertBefore, NodeReplace
from services.engine.nodes import body_text, insertion_undone
from services.engine.operations import Workspace, content_of, replaced
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename import rename_edits
from services.engine.source import SourceText


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a path holds after the document: a known fingerprint, nothing, or a base with edits on top.

    `elsewhere` is where the content may be found when the operation took the file away.
    """

    fingerprint: str | None = None
    is_absent: bool = False
    base: str | None = None
    edits: list[Operation] = field(default_factory=list)
    elsewhere: str | None = None


class Replay:
    """What a document expects of the tree before and after it.

    `_starts` says of each operation where its file comes from: a path of the tree, or the operation that creates it.
    """

    def __init__(self, tree: Tree, document: EditDocument, workspace: Workspace) -> None:
        self._tree = tree
        self._present = workspace.tree
        self._operations = document.operations
        self._scope = workspace.scope
        self._protected = workspace.protected
        self._made = workspace.made
        self._expected: dict[str, _Expected] = {}
        self._origins: dict[str, str | int] = {}
        self._starts: list[str | int] = []
        self._takers: dict[str, list[int]] = {}
        self._holds: dict[str, bool] = {}
        self._prints: dict[str, str] = {}
        self._created: dict[int, str] = {}
        for index, operation in enumerate(self._operations):
            self._starts.append(self._origins.get(operation.path, operation.path))
            self._advance(index, operation)

    def is_already_applied(self, index: int) -> bool:
        """Tell whether the tree is past the operation: its base is not there, its result is.

        Where an earlier operation has just been carried out there is nothing to recognise any more.
        """
        operation = self._operations[index]
        if self._base_holds(index) or any(self._is_changed(path) for path in _own_paths(operation)):
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
        if isinstance(start, str) and start not in self._tree:
            raise RefusedError(RefusalCode.FILE_MISSING, operation.path)
        raise RefusedError(RefusalCode.BASE_FINGERPRINT_MISMATCH, operation.path)

    def _base_holds(self, index: int) -> bool:
        operation, start = self._operations[index], self._starts[index]
        if isinstance(operation, FileCreate):
            return operation.path not in self._tree or self._is_vacated(index)
        if isinstance(start, int):
            return self._created[start] == operation.base_fingerprint and self._base_holds(start)
        if start not in self._tree:
            return self._made.get(start) == operation.base_fingerprint
        return self._fingerprint(start) == operation.base_fingerprint

    def _is_changed(self, path: str) -> bool:
        return self._present.get(path) is not self._tree.get(path)

    def _fingerprint(self, path: str) -> str:
        if path not in self._prints:
            self._prints[path] = file_fingerprint(self._tree[path])
        return self._prints[path]

    def _is_vacated(self, index: int) -> bool:
        """Tell whether an earlier operation takes the file away that stands where `index` creates one."""
        takers = self._takers.get(self._operations[index].path, ())
        return any(self._base_holds(taker) for taker in takers if taker < index)

    def _advance(self, index: int, operation: Operation) -> None:
        path = operation.path
        if isinstance(operation, FileDelete | FileMove):
            self._takers.setdefault(path, []).append(index)
        if isinstance(operation, FileCreate):
            self._created[index] = _made_fingerprint(operation)
            self._origins[path] = index
            self._expected[path] = _Expected(fingerprint=self._created[index])
        elif isinstance(operation, FileDelete):
            self._origins.pop(path, None)
            self._expected[path] = _Expected(is_absent=True)
        elif isinstance(operation, FileMove):
            start = _Expected(fingerprint=operation.base_fingerprint)
            self._origins[operation.new_path] = self._origins.pop(path, path)
            self._expected[operation.new_path] = self._expected.get(path, start)
            self._expected[path] = _Expected(is_absent=True)
        elif operation.result_fingerprint is not None:
            elsewhere = result_path(operation)
            self._expected[path] = _Expected(fingerprint=operation.result_fingerprint, elsewhere=elsewhere)
        else:
            earlier = self._expected.get(path, _Expected(base=operation.base_fingerprint))
            earlier.edits.append(operation)
            self._expected[path] = _Expected(base=earlier.base or earlier.fingerprint, edits=earlier.edits)

    def _final_path(self, index: int, path: str) -> str:
        position: int | None = index
        while position is not None:
            index = position
            position = next((i for i in self._takers.get(path, ()) if i > index), None)
            mover = self._operations[position] if position is not None else None
            if not isinstance(mover, FileMove):
                break
            path = mover.new_path
        return path

    def _is_reached(self, path: str) -> bool:
        if path not in self._holds:
            self._holds[path] = self._compare(path, self._expected[path])
        return self._holds[path]

    def _compare(self, path: str, expected: _Expected) -> bool:
        content = self._tree.get(path)
        if content is None and expected.elsewhere is not None:
            content = self._tree.get(expected.elsewhere)
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

    def _undone(self, path: str, content: bytes, edits: list[Operation]) -> bytes:
        """Take edits back, last first. Raises `RefusedError` where one cannot be."""
        for edit in reversed(edits):
            if isinstance(edit, RenameSymbol):
                content = self._renamed_back(path, content, edit)
            elif isinstance(edit, SearchReplace) and edit.replace:
                content = replaced(content, path, edit.replace, edit.search)
            elif isinstance(edit, NodeInsertBefore | NodeInsertAfter):
                source = SourceText.read(path, content)
                content = source.splice([insertion_undone(source, edit)])
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


def _own_paths(operation: Operation) -> tuple[str, ...]:
    return (operation.path, operation.new_path) if isinstance(operation, FileMove) else (operation.path,)


def result_path(operation: Operation) -> str | None:
    """Return where an operation that takes its file away leaves the content; None for one that has no such place."""
    parts = getattr(operation, "parts", None)
    new_path: str | None = getattr(parts[0] if parts else operation, "new_path", None)
    return new_path


def _made_fingerprint(operation: FileCreate) -> str:
    try:
        return file_fingerprint(content_of(operation))
    except RefusedError:
        return ""


def _holds_node(path: str, content: bytes, edit: NodeReplace) -> bool:
    """Tell whether the definition already reads as the text does."""
    try:
        source = SourceText.read(path, content)
        named = [item for item in definitions_in(source, edit.language) if item.qualified_name == edit.qualified_name]
    except RefusedError:
        return False
    wanted = body_text(edit.text)
    return any(edit.kind in item.kinds and source.text[item.start : item.end] == wanted for item in named)
