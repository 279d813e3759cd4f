"""Planning the renaming of a module or package."""

from services.core.tree import Tree
from services.engine.hazards import Hazard, HazardKind, hazards_by_file
from services.engine.moving.draft import TreeDraft
from services.engine.moving.loadable import require_loadable
from services.engine.moving.module_clients import follow_module
from services.engine.moving.module_route import ModuleRoute, module_route
from services.engine.moving.module_texts import follow_module_texts, module_documents
from services.engine.moving.operations import RenameModule
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.tree_edits import EditLimits, TreeEdits

_SHIM = '''"""Moved to `{name}`; this name stays for code that still uses it."""

import sys

{line}

sys.modules[__name__] = {bound}
'''


def plan_rename_module(tree: Tree, operation: RenameModule, limits: EditLimits) -> TreeEdits:
    """Plan `rename_module`. Raises `RefusedError`."""
    route = module_route(tree, operation.path, operation.new_path, operation.options, limits)
    draft = TreeDraft(tree, (route.old_stem,))
    follow_module(draft, route)
    follow_module_texts(draft, route)
    changed: dict[str, bytes] = draft.contents() | module_documents(draft, route)
    contents: dict[str, bytes | None] = dict.fromkeys(route.files)
    contents |= {path: content for path, content in changed.items() if path not in route.files}
    contents |= {new: changed.get(old, tree[old]) for old, new in route.files.items()}
    contents |= route.created
    if route.kept:
        contents[route.path] = shim(route)
    require_loadable(tree, contents)
    return TreeEdits(contents, (*draft.hazards, *kept_hazards(route)))


def shim(route: ModuleRoute) -> bytes:
    """Return a module that hands out the new one under the old name."""
    if not route.options.keep_alias:
        location = "{}:{}".format(*route.kept[0])
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "The module would not be found there.")
    parent, stem = route.new_parent, route.new_stem
    line = f"from {parent} import {stem}" if parent else f"import {stem}"
    return _SHIM.format(name=route.new_name, line=line, bound=stem).encode()


def kept_hazards(route: ModuleRoute) -> list[Hazard]:
    """Return one hazard per file with references that stay."""
    sentence = "The old file stays and hands out the new module to {} (first line given)."
    return hazards_by_file(HazardKind.OLD_NAME_KEPT, sentence, "reference", set(route.kept))
