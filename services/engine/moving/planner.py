"""Planning moves: what leaves a module, what arrives in another, and what follows everywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.core.tree import Tree
from services.engine.hazards import Hazard, HazardKind, hazards_by_file
from services.engine.module_names import placed_name
from services.engine.moving.clients import Route, follow_clients
from services.engine.moving.draft import TreeDraft
from services.engine.moving.home import Luggage
from services.engine.moving.leaving import leave, own_uses
from services.engine.moving.loadable import new_load_failure, require_loadable
from services.engine.moving.needs import identity_reads, imports_of, needs_of
from services.engine.moving.operations import MoveOptions, MoveSymbols
from services.engine.moving.packages import package_files
from services.engine.moving.settling import settle
from services.engine.moving.statements import bound_names, pieces_of, whole_of
from services.engine.moving.texts import follow_texts, other_texts
from services.engine.names import is_python
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.tree_edits import EditLimits, TreeEdits


@dataclass(frozen=True, slots=True)
class Move:
    """One move of top-level definitions; with `is_whole` of everything in the module, imports included."""

    path: str
    new_path: str
    symbols: tuple[str, ...]
    create: bool
    options: MoveOptions
    is_whole: bool = False


def plan_move_symbols(tree: Tree, operation: MoveSymbols, limits: EditLimits) -> TreeEdits:
    """Plan `move_symbols`. Raises `RefusedError`."""
    move = Move(operation.path, operation.new_path, tuple(operation.symbols), operation.create, operation.options)
    return plan_moves(tree, [move], limits)


def plan_moves(tree: Tree, moves: Sequence[Move], limits: EditLimits) -> TreeEdits:
    """Plan moves one after the other; the modules must be importable after the last.

    Where they would not be, the moved functions import what they need of the old module themselves.
    Raises:
        RefusedError: as the operations say.
    """
    contents, hazards = _one_by_one(tree, moves, limits, deferred=False)
    if new_load_failure(tree, contents) is not None:
        contents, hazards = _one_by_one(tree, moves, limits, deferred=True)
        require_loadable(tree, contents)
    return TreeEdits(contents, hazards)


def _one_by_one(
    tree: Tree, moves: Sequence[Move], limits: EditLimits, *, deferred: bool
) -> tuple[dict[str, bytes | None], tuple[Hazard, ...]]:
    contents: dict[str, bytes | None] = {}
    hazards: list[Hazard] = []
    present = dict(tree)
    for move in moves:
        step, found = move_step(present, move, limits, deferred=deferred)
        present |= step
        contents |= step
        hazards += [item for item in found if item not in hazards]
    return contents, tuple(hazards)


def move_step(tree: Tree, move: Move, limits: EditLimits, *, deferred: bool) -> tuple[dict[str, bytes], list[Hazard]]:
    """Carry one move out. Returns new contents by path, and the hazards."""
    _require_paths(tree, move, limits)
    created = {} if move.new_path in tree else package_files(tree, move.new_path)
    draft = TreeDraft({**tree, **created}, move.symbols)
    old = draft.file(move.path)
    symbols = frozenset(move.symbols)
    pieces = whole_of(old.scopes) if move.is_whole else pieces_of(move.path, old.scopes, move.symbols)
    moved = bound_names(old.scopes, pieces) if move.is_whole else set(symbols)
    needs = needs_of(move.path, old.scopes, pieces, moved)
    if move.is_whole:
        needs += imports_of(old.scopes, needs)
    route = Route(
        old_path=move.path,
        new_path=move.new_path,
        old_name=draft.name_of(move.path),
        new_name=placed_name(move.new_path, draft.tree, move.path, tree),
        symbols=symbols,
        options=move.options,
        limits=limits,
        own_uses=own_uses(old, pieces, symbols),
    )
    follow_clients(draft, route)
    follow_texts(draft, route, pieces)
    documents = other_texts(draft, route)
    arrival = Luggage(draft, route, old, pieces, deferred=deferred).pack(needs)
    if move.new_path in tree:
        settle(draft, route, draft.file(move.new_path), old, pieces, arrival)
    _require_alias(route)
    if not move.is_whole:
        leave(draft, route, old, pieces, needs)
    for item in identity_reads(old.scopes, pieces):
        sentence = f"Moved code reads {item.name}, which means another module from now on."
        draft.disclose(HazardKind.MODULE_IDENTITY, move.path, old.scopes.source.line_of(item.start), sentence)
    contents = draft.contents(without=[move.path] if move.is_whole else []) | documents
    if move.new_path not in tree:
        contents |= created
        contents[move.new_path] = _new_file(tree[move.path], arrival.file_text(draft.own))
    return contents, [*draft.hazards, *_kept_hazards(route)]


def _require_paths(tree: Tree, move: Move, limits: EditLimits) -> None:
    for path in (move.path, move.new_path):
        if not is_python(path):
            raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "Not a Python file.")
        if not limits.allow(path):
            raise RefusedError(RefusalCode.OUT_OF_SCOPE, path)
    if move.path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, move.path)
    if move.path == move.new_path:
        raise RefusedError(RefusalCode.NAME_COLLISION, move.path, "The code is there already.")
    if move.new_path not in tree and not move.create:
        raise RefusedError(RefusalCode.FILE_MISSING, move.new_path)
    if any(item.startswith(move.new_path + "/") for item in tree):
        raise RefusedError(RefusalCode.FILE_EXISTS, move.new_path)


def _require_alias(route: Route) -> None:
    if route.kept and not route.options.keep_alias:
        path, line, symbol = route.kept[0]
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{line}", f"{symbol} would not be found there.")


def _kept_hazards(route: Route) -> list[Hazard]:
    sentence = "The old place goes on offering the names to {} (first line given)."
    places = [(path, line) for path, line, _ in route.kept]
    return hazards_by_file(HazardKind.OLD_NAME_KEPT, sentence, "reference", places)


def _new_file(old: bytes, text: str) -> bytes:
    """Encode a new file with the line ends of the one its code comes from."""
    if b"\r\n" in old and old.count(b"\r\n") * 2 > old.count(b"\n"):
        text = text.replace("\n", "\r\n")
    return text.encode()
