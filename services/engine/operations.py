"""What each kind of operation does to the working tree; checks that concern one operation alone."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.core.tree import Tree, is_within
from services.engine.document import (
    FileCreate,
    FileDelete,
    FileMove,
    NodeReplace,
    Operation,
    SearchReplace,
)
from services.engine.names import is_protected
from services.engine.nodes import find_node
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText, Splice, text_fingerprint
from services.engine.symbolic import PLANNERS, EditLimits, plan_symbolic
from services.engine.syntax import parse


@dataclass
class Workspace:
    """The tree while a document is applied. `origins` maps a moved file's path to where it came from."""

    tree: dict[str, bytes]
    scope: tuple[str, ...] = (".",)
    protected: tuple[str, ...] = ()
    origins: dict[str, str] = field(default_factory=dict)


def perform(operation: Operation, workspace: Workspace) -> None:
    """Carry out one operation on the working tree. Raises `RefusedError`; nothing is changed then."""
    _PERFORMERS[operation.op](operation, workspace)


def require_writable(path: str, workspace: Workspace) -> None:
    """Refuse a path outside the scope or protected. Raises `RefusedError`."""
    if not is_within(path, workspace.scope):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path)
    if is_protected(path, workspace.protected):
        raise RefusedError(RefusalCode.PROTECTED_FILE, path)


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
    wanted = SourceText(path, search, "utf-8", b"").text
    start = source.text.find(wanted)
    if start < 0:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path)
    second = source.text.find(wanted, start + 1)
    if second >= 0:
        location = f"{path}:{source.line_of(second)}"
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, location, f"First found in line {source.line_of(start)}.")
    return _spliced(source, _trimmed(start, wanted, SourceText(path, replace, "utf-8", b"").text))


def _search_replace(operation: SearchReplace, workspace: Workspace) -> None:
    content = _existing(workspace.tree, operation.path)
    workspace.tree[operation.path] = replaced(content, operation.path, operation.search, operation.replace)


def _node_replace(operation: NodeReplace, workspace: Workspace) -> None:
    parsed = parse(operation.path, _existing(workspace.tree, operation.path))
    found = find_node(parsed, operation.kind, operation.qualified_name)
    source = parsed.source
    assert source is not None
    text = source.text[found.start : found.end]
    if text_fingerprint(text) != operation.node_fingerprint:
        location = f"{operation.path}:{source.line_of(found.start)}"
        raise RefusedError(RefusalCode.BASE_FINGERPRINT_MISMATCH, location, "The definition is another one.")
    replacement = SourceText(operation.path, operation.replacement, "utf-8", b"").text
    workspace.tree[operation.path] = _spliced(source, Splice(found.start, found.end, replacement))


def _symbolic(operation: Any, workspace: Workspace) -> None:
    _existing(workspace.tree, operation.path)
    edits = plan_symbolic(workspace.tree, operation, EditLimits(workspace.scope, workspace.protected))
    for path in edits.contents:
        require_writable(path, workspace)
    for path, content in edits.contents.items():
        if content is None:
            workspace.tree.pop(path, None)
        else:
            workspace.tree[path] = content


def _file_create(operation: FileCreate, workspace: Workspace) -> None:
    _require_free(workspace.tree, operation.path)
    workspace.tree[operation.path] = content_of(operation)


def _file_delete(operation: FileDelete, workspace: Workspace) -> None:
    _existing(workspace.tree, operation.path)
    del workspace.tree[operation.path]


def _file_move(operation: FileMove, workspace: Workspace) -> None:
    content = _existing(workspace.tree, operation.path)
    _require_free(workspace.tree, operation.new_path)
    del workspace.tree[operation.path]
    workspace.tree[operation.new_path] = content
    workspace.origins[operation.new_path] = workspace.origins.pop(operation.path, operation.path)


_PERFORMERS: dict[str, Callable[[Any, Workspace], None]] = {
    "search_replace": _search_replace,
    "node_replace": _node_replace,
    "file_create": _file_create,
    "file_delete": _file_delete,
    "file_move": _file_move,
    **dict.fromkeys(PLANNERS, _symbolic),
}


def _existing(tree: Tree, path: str) -> bytes:
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    return tree[path]


def _require_free(tree: Tree, path: str) -> None:
    """Refuse a path that exists, lies below a file, or is a folder."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    taken = next((item for item in above if item in tree), None)
    if taken is None and any(item.startswith(path + "/") for item in tree):
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


def _spliced(source: SourceText, splice: Splice) -> bytes:
    content = source.splice([splice])
    expected = source.text[: splice.start] + splice.replacement + source.text[splice.end :]
    if SourceText.read(source.path, content).text != expected:
        location = f"{source.path}:{source.line_of(splice.start)}"
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, location, "The edit would change encoding or line structure.")
    return content
