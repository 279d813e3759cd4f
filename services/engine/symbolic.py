"""Symbolic operations: each is planned over the whole tree and comes back as new contents of files.

A family of operations owns a folder: its models (for the document's union) and its planner, entered here by module and
name. The applier holds every planner to scope and protection, whatever the planner itself looked at.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from services.core.tree import Tree
from services.engine.document import RenameSymbol
from services.engine.tree_edits import EditLimits, TreeEdits

__all__ = ["PLANNERS", "EditLimits", "Planner", "TreeEdits", "plan_symbolic"]


Planner = Callable[[Tree, Any, EditLimits], TreeEdits]


def _rename(tree: Tree, operation: RenameSymbol, limits: EditLimits) -> TreeEdits:
    from services.engine.rename import rename_edits

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


def _from(module: str, name: str) -> Planner:
    """Return a planner of `services.engine` that is imported when it is first used: most runs need one of them."""

    def plan(tree: Tree, operation: Any, limits: EditLimits) -> TreeEdits:
        planner: Planner = getattr(import_module(f"services.engine.{module}"), name)
        return planner(tree, operation, limits)

    return plan


PLANNERS: dict[str, Planner] = {
    "rename_symbol": _rename,
    "organise_imports": _from("imports.planner", "plan_organise_imports"),
    "remove_import": _from("imports.planner", "plan_remove_import"),
    "add_import": _from("imports.planner", "plan_add_import"),
    "split_module": _from("moving.folding", "plan_split_module"),
    "fold_module": _from("moving.folding", "plan_fold_module"),
    "rename_module": _from("moving.modules", "plan_rename_module"),
    "move_symbols": _from("moving.planner", "plan_move_symbols"),
    "extract_function": _from("extracting.extract_function", "plan_extract_function"),
    "extract_variable": _from("extracting.extract_variable", "plan_extract_variable"),
    "extract_constant": _from("extracting.extract_constant", "plan_extract_constant"),
    "inline_function": _from("inlining.inline_function", "plan_inline_function"),
    "inline_variable": _from("inlining.inline_variable", "plan_inline_variable"),
    "change_signature": _from("signatures.change_signature", "plan_change_signature"),
    "method_to_function": _from("signatures.method_to_function", "plan_method_to_function"),
    "function_to_method": _from("signatures.method_to_function", "plan_function_to_method"),
    "wrap_in_class": _from("signatures.wrap_in_class", "plan_wrap_in_class"),
    "introduce_parameter_object": _from("signatures.parameter_object", "plan_parameter_object"),
}


def plan_symbolic(tree: Tree, operation: Any, limits: EditLimits) -> TreeEdits:
    """Work out a symbolic operation; nothing is changed. Raises `RefusedError`."""
    return PLANNERS[operation.op](tree, operation, limits)
