"""Short ways to write trees and operations in the engine's tests."""

from textwrap import dedent
from typing import Any

from services.core.tree import file_fingerprint
from services.engine.document import EditDocument, NodeReplace, RenameOptions, RenameSymbol, SearchReplace
from services.engine.source import text_fingerprint

EVERYWHERE = RenameOptions(tests=True, docs=True, receivers=True)


def files(texts: dict[str, str]) -> dict[str, bytes]:
    """Build a tree from dedented texts."""
    return {path: dedent(text).lstrip("\n").encode() for path, text in texts.items()}


def replace(base: dict[str, bytes], path: str, search: str, new: str) -> SearchReplace:
    """Anchor a replacement on the present content."""
    return SearchReplace(path=path, base_fingerprint=file_fingerprint(base[path]), search=search, replace=new)


def rename(
    base: dict[str, bytes], path: str, symbol: str, new: str, options: RenameOptions = EVERYWHERE
) -> RenameSymbol:
    """Anchor a rename on the present content."""
    print_ = file_fingerprint(base[path])
    return RenameSymbol(path=path, base_fingerprint=print_, symbol=symbol, new_name=new, options=options)


def node(base: dict[str, bytes], path: str, kind: Any, name: str, source: str, new: str) -> NodeReplace:
    """Anchor a replacement on a definition with that source."""
    return NodeReplace(
        path=path,
        base_fingerprint=file_fingerprint(base[path]),
        kind=kind,
        qualified_name=name,
        node_fingerprint=text_fingerprint(source),
        text=new,
    )


def document(*operations: Any) -> EditDocument:
    """Wrap operations."""
    return EditDocument(operations=list(operations))
