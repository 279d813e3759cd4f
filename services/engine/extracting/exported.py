"""Names of a module that others may read once it has run."""

import re

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile
from services.engine.names import is_python
from services.engine.project import exported_names

_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


def exported_elsewhere(tree: Tree, anchor: AnchorFile) -> frozenset[str]:
    """Return the top-level names that `__all__` lists or another Python file of the tree mentions."""
    bound = set(anchor.scopes.root.bindings)
    listed = set(exported_names(anchor.module) or ())
    wanted = {name.encode() for name in bound}
    seen = {
        word.decode()
        for path, content in tree.items()
        if path != anchor.path and is_python(path)
        for word in wanted.intersection(_WORD.findall(content))
    }
    return frozenset((listed | seen) & bound)
