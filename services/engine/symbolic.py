"""Symbolic operations: each is planned over the whole tree and comes back as new contents of files.

A family of operations owns a folder: its models (for the document's union) and its planner, entered here. The applier
holds every planner to scope and protection, whatever the planner itself looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.core.tree import Tree
from services.engine.document import RenameSymbol
from services.engine.hazards import Hazard
from services.engine.rename import rename_edits


@dataclass(frozen=True, slots=True)
class EditLimits:
    """Where an operation may write: `scope` folders or files, without the `protected` files, folders or globs."""

    scope: tuple[str, ...] = (".",)
    protected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeEdits:
    """What a symbolic operation makes of a tree: path → new content, None where the file goes away."""

    contents: Mapping[str, bytes | None]
    hazards: tuple[Hazard, ...] = ()
    notes: tuple[str, ...] = field(default=())


Planner = Callable[[Tree, Any, EditLimits], TreeEdits]


def _rename(tree: Tree, operation: RenameSymbol, limits: EditLimits) -> TreeEdits:
    edits = rename_edits(
        tree,
        operation.path,
        operation.symbol,
        operation.new_name,
        operation.options,
        scope=limits.scope,
        protected=limits.protected,
    )
    return TreeEdits(edits.contents, edits.hazards)


PLANNERS: dict[str, Planner] = {
    "rename_symbol": _rename,
}


def plan_symbolic(tree: Tree, operation: Any, limits: EditLimits) -> TreeEdits:
    """Work out a symbolic operation; nothing is changed. Raises `RefusedError`."""
    return PLANNERS[operation.op](tree, operation, limits)
