"""Planning to fold one module into another, and to split one up."""

from pathlib import PurePosixPath

from services.core.tree import Tree
from services.engine.moving.draft import TreeDraft
from services.engine.moving.loadable import new_load_failure, require_loadable
from services.engine.moving.module_clients import follow_module
from services.engine.moving.module_route import ModuleRoute
from services.engine.moving.module_texts import follow_module_texts, module_documents
from services.engine.moving.modules import kept_hazards, shim
from services.engine.moving.operations import FoldModule, SplitModule
from services.engine.moving.planner import Move, move_step, plan_moves
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.tree_edits import EditLimits, TreeEdits


def plan_split_module(tree: Tree, operation: SplitModule, limits: EditLimits) -> TreeEdits:
    """Plan `split_module`. Raises `RefusedError`."""
    seen: set[str] = set()
    for part in operation.parts:
        twice = sorted(seen & set(part.symbols))
        if twice:
            raise RefusedError(RefusalCode.NAME_COLLISION, operation.path, f"{twice[0]} stands in two parts.")
        seen |= set(part.symbols)
    moves = [
        Move(operation.path, part.new_path, tuple(part.symbols), True, operation.options) for part in operation.parts
    ]
    return plan_moves(tree, moves, limits)


def plan_fold_module(tree: Tree, operation: FoldModule, limits: EditLimits) -> TreeEdits:
    """Plan `fold_module`. Raises `RefusedError`."""
    path, new_path = operation.path, operation.new_path
    if PurePosixPath(path).stem == "__init__":
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "A package cannot be folded into a module.")
    edits = _folded(tree, operation, limits, deferred=False)
    if new_load_failure(tree, edits.contents) is not None:
        edits = _folded(tree, operation, limits, deferred=True)
        require_loadable(tree, edits.contents)
    return TreeEdits({path: None, new_path: tree.get(new_path), **edits.contents}, edits.hazards)


def _folded(tree: Tree, operation: FoldModule, limits: EditLimits, *, deferred: bool) -> TreeEdits:
    """Move everything first, then let what means the module itself follow."""
    path, new_path = operation.path, operation.new_path
    names = tuple(sorted(TreeDraft(tree, ()).file(path).scopes.root.bindings))
    move = Move(path, new_path, names, False, operation.options, is_whole=True)
    contents, hazards = move_step(tree, move, limits, deferred=deferred)
    present = {**tree, **contents}
    draft = TreeDraft(present, (PurePosixPath(path).stem,))
    route = ModuleRoute(
        path=path,
        new_path=new_path,
        old_name=draft.name_of(path),
        new_name=draft.name_of(new_path),
        files={path: new_path},
        created={},
        options=operation.options,
        limits=limits,
    )
    follow_module(draft, route)
    follow_module_texts(draft, route)
    changed = {**contents, **draft.contents(), **module_documents(draft, route)}
    found: dict[str, bytes | None] = {**changed, path: shim(route) if route.kept else None}
    return TreeEdits(found, (*hazards, *draft.hazards, *kept_hazards(route)))
