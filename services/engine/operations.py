"""What each kind of operation does to the working tree; checks that concern one operation alone."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.core.tree import Tree, UnsafePathError, file_fingerprint, is_within, normalise_path
from services.engine.document import (
    FileCreate,
    FileDelete,
    FileMove,
    Operation,
    SearchReplace,
)
from services.engine.hazards import Hazard
from services.engine.names import folders_above, is_protected
from services.engine.node_operations import NodeAnchored
from services.engine.nodes import node_splice
from services.engine.protection import why_protected
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText, Splice, plain_lines, text_fingerprint
from services.engine.symbolic import PLANNERS, EditLimits, TreeEdits, plan_symbolic


@dataclass
class Workspace:
    """The tree while a document is applied.

    `origins` maps a moved file's path to where it came from; `made` maps a path that the document brought into being
    to the fingerprint it had then, which is what later operations on it name as their base; `hazards` and `notes`
    gather what planners say.
    """

    tree: dict[str, bytes]
    scope: tuple[str, ...] = (".",)
    protected: tuple[str, ...] = ()
    origins: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    hazards: list[Hazard] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _sources: dict[str, tuple[bytes, SourceText]] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for path in self.tree:
            self._folders.update(folders_above(path))

    def is_folder(self, path: str) -> bool:
        """Tell whether files lie below a path."""
        return path in self._folders and any(item.startswith(path + "/") for item in self.tree)

    def source(self, path: str) -> SourceText:
        """Return a file's text, decoded once per content. Raises `RefusedError`."""
        content = _existing(self.tree, path)
        known = self._sources.get(path)
        if known is None or known[0] is not content:
            known = self._sources[path] = (content, SourceText.read(path, content))
        return known[1]

    def splice(self, source: SourceText, splice: Splice) -> None:
        """Write one replacement. Raises `RefusedError` where it would change encoding or line structure."""
        content = source.splice([splice])
        read = SourceText.read(source.path, content)
        _require_faithful(source, splice, read)
        self.tree[source.path] = content
        self._sources[source.path] = (content, read)

    def put(self, path: str, content: bytes, *, origin: str | None = None) -> None:
        """Write a whole file, noting what the document itself makes or moves here from `origin`."""
        if origin is not None:
            self.origins[path] = self.origins.pop(origin, origin)
        elif path not in self.tree:
            self.made[path] = file_fingerprint(content)
        self.tree[path] = content
        self._folders.update(folders_above(path))


def perform(operation: Operation, workspace: Workspace) -> None:
    """Carry out one operation on the working tree. Raises `RefusedError`; nothing is changed then."""
    _PERFORMERS[operation.op](operation, workspace)


def require_writable(path: str, workspace: Workspace) -> None:
    """Refuse a path outside the tree, outside the scope, or protected. Raises `RefusedError`."""
    if not is_within(path, workspace.scope):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path)
    if is_protected(path, workspace.protected):
        raise RefusedError(RefusalCode.PROTECTED_FILE, path, why_protected(path, workspace.tree))


def content_of(operation: FileCreate) -> bytes:
    """Return the bytes a creation writes."""
    if operation.encoding == "utf-8":
        return operation.content.encode()
    try:
        return base64.b64decode(operation.content, validate=True)
    except binascii.Error as error:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, operation.path, "Not valid base64.") from error


def replaced(content: bytes, path: str, search: str, replace: str) -> bytes:
    """Return `content` with the one occurrence of `search` replaced, equal lines at both ends left alone."""
    source = SourceText.read(path, content)
    splice = _search_splice(source, search, replace)
    result = source.splice([splice])
    _require_faithful(source, splice, SourceText.read(path, result))
    return result


def _search_replace(operation: SearchReplace, workspace: Workspace) -> None:
    wanted = operation.block_fingerprint
    if wanted is not None and text_fingerprint(plain_lines(operation.search)) != wanted:
        raise RefusedError(RefusalCode.BASE_FINGERPRINT_MISMATCH, operation.path, "The block is another one.")
    source = workspace.source(operation.path)
    workspace.splice(source, _search_splice(source, operation.search, operation.replace))


def _search_splice(source: SourceText, search: str, replace: str) -> Splice:
    wanted = plain_lines(search)
    start = source.text.find(wanted)
    if start < 0:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, source.path)
    second = source.text.find(wanted, start + 1)
    if second >= 0:
        location = f"{source.path}:{source.line_of(second)}"
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, location, f"First found in line {source.line_of(start)}.")
    return _trimmed(start, wanted, plain_lines(replace))


def _node(operation: NodeAnchored, workspace: Workspace) -> None:
    source = workspace.source(operation.path)
    workspace.splice(source, node_splice(source, operation))


def _symbolic(operation: Any, workspace: Workspace) -> None:
    """Carry out what a planner worked out; a planner that leaves its limits or fails changes nothing."""
    _existing(workspace.tree, operation.path)
    edits = _planned(operation, workspace)
    for path, content in edits.contents.items():
        _require_inside(path)
        require_writable(path, workspace)
        if content is None:
            _existing(workspace.tree, path)
        elif path not in workspace.tree:
            _require_free(workspace, path)
    for path, content in edits.contents.items():
        if content is None:
            del workspace.tree[path]
        else:
            workspace.put(path, content)
    workspace.hazards += edits.hazards
    workspace.notes += edits.notes


def _planned(operation: Any, workspace: Workspace) -> TreeEdits:
    try:
        return plan_symbolic(workspace.tree, operation, EditLimits(workspace.scope, workspace.protected))
    except RefusedError:
        raise
    except Exception as error:
        # Sources are anybody's: one that a planner was not built for is this operation's refusal, not everyone's end.
        detail = f"{type(error).__name__} while working out {operation.op}."
        raise RefusedError(RefusalCode.OPERATION_FAILED, operation.path, detail) from error


def _require_inside(path: str) -> None:
    try:
        is_clean = normalise_path(path) == path != "."
    except UnsafePathError:
        is_clean = False
    if not is_clean:
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path, "Not a path inside the tree.")


def _file_create(operation: FileCreate, workspace: Workspace) -> None:
    _require_free(workspace, operation.path)
    workspace.put(operation.path, content_of(operation))


def _file_delete(operation: FileDelete, workspace: Workspace) -> None:
    _existing(workspace.tree, operation.path)
    del workspace.tree[operation.path]


def _file_move(operation: FileMove, workspace: Workspace) -> None:
    content = _existing(workspace.tree, operation.path)
    if operation.new_path == operation.path:
        raise RefusedError(RefusalCode.FILE_EXISTS, operation.path)
    del workspace.tree[operation.path]
    try:
        _require_free(workspace, operation.new_path)
    except RefusedError:
        workspace.tree[operation.path] = content
        raise
    workspace.put(operation.new_path, content, origin=operation.path)


_PERFORMERS: dict[str, Callable[[Any, Workspace], None]] = {
    "search_replace": _search_replace,
    "node_replace": _node,
    "node_insert_before": _node,
    "node_insert_after": _node,
    "node_delete": _node,
    "file_create": _file_create,
    "file_delete": _file_delete,
    "file_move": _file_move,
    **dict.fromkeys(PLANNERS, _symbolic),
}


def _existing(tree: Tree, path: str) -> bytes:
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    return tree[path]


def _require_free(workspace: Workspace, path: str) -> None:
    """Refuse a path that exists, lies below a file, or is a folder."""
    taken = next((item for item in (*folders_above(path), path) if item in workspace.tree), None)
    if taken is None and workspace.is_folder(path):
        taken = path
    if taken is not None:
        raise RefusedError(RefusalCode.FILE_EXISTS, taken)


def _trimmed(start: int, search: str, replace: str) -> Splice:
    """Leave out whole lines that both texts begin or end with, so that their bytes are not rewritten."""
    head = _common_lines(search, replace)
    tail = _common_lines(search[head:], replace[head:], from_end=True)
    return Splice(start + head, start + len(search) - tail, replace[head : len(replace) - tail])


def _common_lines(left: str, right: str, *, from_end: bool = False) -> int:
    """Count the characters of the whole lines both texts share at one end."""
    left_lines, right_lines = left.splitlines(keepends=True), right.splitlines(keepends=True)
    if from_end:
        left_lines, right_lines = left_lines[::-1], right_lines[::-1]
    count = 0
    for one, other in zip(left_lines, right_lines, strict=False):
        if one != other:
            break
        count += len(one)
    return count


def _require_faithful(source: SourceText, splice: Splice, read: SourceText) -> None:
    """Refuse an edit after which the file would read differently than the edit says."""
    if read.text != source.text[: splice.start] + splice.replacement + source.text[splice.end :]:
        location = f"{source.path}:{source.line_of(splice.start)}"
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, location, "The edit would change encoding or line structure.")
