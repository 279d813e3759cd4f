"""Class headers read as text: which files may hold a subclass of a name, found without parsing them."""

import re
from collections.abc import Iterable
from functools import lru_cache

from services.core.tree import Tree
from services.engine.names import is_python

_HEADER = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*\(((?:[^()]|\([^()]*\))*)\)", re.M)
_ALIAS = re.compile(rb"\b(\w+)[ \t]+as[ \t]+(\w+)|^[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:\w+\.)*(\w+)[ \t]*$", re.M)
_WORD = re.compile(rb"\w+")


@lru_cache(maxsize=20_000)
def headers_of(content: bytes) -> tuple[frozenset[bytes], tuple[tuple[bytes, bytes], ...]]:
    """Return every word in the base lists of a file's classes, and its (name, other name) pairs."""
    if b"class" not in content and b" as " not in content:
        return frozenset(), ()
    words = frozenset(word for match in _HEADER.finditer(content) for word in _WORD.findall(match[2]))
    pairs = tuple((m[1], m[2]) if m[1] else (m[4], m[3]) for m in _ALIAS.finditer(content))
    return words, pairs


class ClassHeaders:
    """Where the names of a tree stand as base classes."""

    def __init__(self, tree: Tree) -> None:
        self._files: dict[bytes, list[str]] = {}
        self._others: dict[bytes, set[bytes]] = {}
        for path in sorted(path for path in tree if is_python(path)):
            words, pairs = headers_of(tree[path])
            for word in words:
                self._files.setdefault(word, []).append(path)
            for name, other in pairs:
                if name != other:
                    self._others.setdefault(name, set()).add(other)

    def files_with_base(self, name: str) -> list[str]:
        """Return the files in which a class may derive from something of that name, under another name too."""
        names = self._closure([name.encode()])
        return sorted({path for item in names for path in self._files.get(item, ())})

    def _closure(self, pending: Iterable[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        queue = list(pending)
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += self._others.get(name, ())
        return found
