"""The one file an extraction works in."""

import ast
from dataclasses import dataclass

from services.core.tree import Tree
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scope_reading import read_scopes
from services.engine.scopes import ModuleScopes
from services.engine.source import SourceText
from services.engine.syntax import parse
from services.engine.tree_edits import EditLimits


@dataclass(frozen=True)
class AnchorFile:
    """The parsed file an extraction works in."""

    path: str
    source: SourceText
    module: ast.Module
    scopes: ModuleScopes


def read_anchor(tree: Tree, path: str, limits: EditLimits) -> AnchorFile:
    """Parse the file of an operation. Raises `RefusedError`: `FILE_MISSING`, `PARSE_UNSUPPORTED`, `OUT_OF_SCOPE`."""
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    if not limits.allow(path):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path, "The file may not be changed.")
    parsed = parse(path, tree[path])
    if parsed.module is None or parsed.source is None:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, parsed.reason or "")
    return AnchorFile(path, parsed.source, parsed.module, read_scopes(parsed.source, parsed.module))
