"""Where an operation takes a definition: one line per kind of operation, applied in document order."""

from collections.abc import Callable, Iterable
from typing import Any

from services.engine.document import Operation

Place = tuple[str, str]
_PACKAGE = "/__init__.py"


def follow(operations: Iterable[Operation], path: str, qualified_name: str) -> Place:
    """Return file and qualified name of a definition after the operations, as far as these say it."""
    place = (path, qualified_name)
    for operation in operations:
        step = _STEPS.get(operation.op)
        if step is not None:
            place = step(operation, *place)
    return place


def is_within_symbol(qualified_name: str, symbol: str) -> bool:
    """Tell whether a qualified name is the symbol or something inside it."""
    return qualified_name == symbol or qualified_name.startswith(f"{symbol}.")


def owned(owner: str, name: str) -> str:
    """Join an owner, which may be empty, and a name."""
    return f"{owner}.{name}" if owner else name


def _renamed(operation: Any, path: str, name: str) -> Place:
    if path != operation.path or not is_within_symbol(name, operation.symbol):
        return path, name
    new = owned(operation.symbol.rpartition(".")[0], operation.new_name)
    return path, new + name[len(operation.symbol) :]


def _moved(operation: Any, path: str, name: str) -> Place:
    is_moved = path == operation.path and name.partition(".")[0] in operation.symbols
    return (operation.new_path if is_moved else path), name


def _split(operation: Any, path: str, name: str) -> Place:
    if path != operation.path:
        return path, name
    top = name.partition(".")[0]
    return next((part.new_path for part in operation.parts if top in part.symbols), path), name


def _module(operation: Any, path: str, name: str) -> Place:
    if path == operation.path:
        return operation.new_path, name
    if operation.path.endswith(_PACKAGE) and operation.new_path.endswith(_PACKAGE):
        folder, new = (item.removesuffix("__init__.py") for item in (operation.path, operation.new_path))
        if path.startswith(folder):
            return new + path[len(folder) :], name
    return path, name


def _file(operation: Any, path: str, name: str) -> Place:
    return (operation.new_path if path == operation.path else path), name


def _function(operation: Any, path: str, name: str) -> Place:
    if path != operation.path or name != operation.symbol:
        return path, name
    return path, operation.new_name or name.rpartition(".")[2]


def _method(operation: Any, path: str, name: str) -> Place:
    is_meant = path == operation.path and name == operation.symbol
    return path, f"{operation.class_name}.{name}" if is_meant else name


def _wrapped(operation: Any, path: str, name: str) -> Place:
    is_meant = path == operation.path and name in operation.symbols
    return path, f"{operation.class_name}.{name}" if is_meant else name


_STEPS: dict[str, Callable[[Any, str, str], Place]] = {
    "rename_symbol": _renamed,
    "move_symbols": _moved,
    "split_module": _split,
    "rename_module": _module,
    "fold_module": _file,
    "file_move": _file,
    "method_to_function": _function,
    "function_to_method": _method,
    "wrap_in_class": _wrapped,
}
