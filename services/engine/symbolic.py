"""Symbolic operations: each is planned over the whole tree and comes back as new contents of files.

A family of operations owns a folder: its models (for the document's union) and its planner, entered here. The applier
holds every planner to scope and protection, whatever the planner itself looked at.
"""

from collections.abc import Callable
from typing import Any

from services.core.tree import Tree
from services.engine.document import RenameSymbol
from services.engine.extracting.extract_constant import plan_extract_constant
from services.engine.extracting.extract_function import plan_extract_function
from services.engine.extracting.extract_variable import plan_extract_variable
from services.engine.inlining.inline_function import plan_inline_function
from services.engine.inlining.inline_variable import plan_inline_variable
from services.engine.moving.folding import plan_fold_module, plan_split_module
from services.engine.moving.modules import plan_rename_module
from services.engine.moving.planner import plan_move_symbols
from services.engine.rename import rename_edits
from services.engine.signatures.change_signature import plan_change_signature
from services.engine.tree_edits import EditLimits, TreeEdits

__all__ = ["PLANNERS", "EditLimits", "Planner", "TreeEdits", "plan_symbolic"]


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
    "split_module": plan_split_module,
    "fold_module": plan_fold_module,
    "rename_module": plan_rename_module,
    "move_symbols": plan_move_symbols,
    "extract_function": plan_extract_function,
    "extract_variable": plan_extract_variable,
    "extract_constant": plan_extract_constant,
    "inline_function": plan_inline_function,
    "inline_variable": plan_inline_variable,
    "change_signature": plan_change_signature,
}


def plan_symbolic(tree: Tree, operation: Any, limits: EditLimits) -> TreeEdits:
    """Work out a symbolic operation; nothing is changed. Raises `RefusedError`."""
    return PLANNERS[operation.op](tree, operation, limits)
