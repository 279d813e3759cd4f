"""How a call written for the old parameters reaches the new ones, by parameter name; what is not certain says so."""

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.engine.document import Operation
from services.engine.project_model import FunctionModel, ParameterModel
from services.engine.successors.model import Argument
from services.engine.successors.places import follow


@dataclass(frozen=True, slots=True)
class NewCall:
    """The parameters before, what fills those of after, and why that is not certain where it is not."""

    before: tuple[ParameterModel, ...]
    arguments: tuple[Argument, ...]
    doubt: str | None = None


def new_call(
    operations: Sequence[Operation], old: FunctionModel, new: FunctionModel, made_in: str, *, bound: bool
) -> NewCall | None:
    """Return how calls of a function change; None when no operation changes its parameters.

    Args:
        made_in: Dotted name of the module that bundles of parameters are imported from.
        bound: The first parameter is filled by Python (a class method, or the constructor of a class).
    """
    state = _Parameters(old)
    changed = [
        step for index, operation in enumerate(operations) for step in _steps(operations[:index], operation, old)
    ]
    if not changed:
        return None
    for step in changed:
        step(state)
    state.pair(new)
    found = tuple(state.argument(item, made_in) for item in new.parameters)
    before, after = (old.parameters[1:], found[1:]) if bound else (old.parameters, found)
    same = [(item.name, item.kind, item.name, None) for item in before]
    if [(item.name, item.kind, item.old, item.value) for item in after] == same:
        return None
    return NewCall(before, after, state.doubt(new, after))


Step = Callable[["_Parameters"], None]


class _Parameters:
    """The present parameter names, each with what fills it."""

    def __init__(self, old: FunctionModel) -> None:
        self.filled = {item.name: Argument(item.name, item.kind, old=item.name) for item in old.parameters}
        self.defaults = {item.name: item.default for item in old.parameters}
        self.unclear: str | None = None

    def add(self, change: Any) -> None:
        self.filled[change.name] = Argument(change.name, "", value=_literal(change.call_value))
        self.defaults[change.name] = change.default

    def remove(self, change: Any) -> None:
        self.filled.pop(change.name, None)

    def rename(self, change: Any) -> None:
        if change.name in self.filled:
            self.filled[change.new_name] = self.filled.pop(change.name)
            self.defaults[change.new_name] = self.defaults.pop(change.name, None)

    def reorder(self, change: Any) -> None:
        """The new order is read from the new definition."""

    def default(self, change: Any) -> None:
        before = self.defaults.get(change.name)
        if change.name in self.filled and before is not None and self.filled[change.name].value is None:
            value = _literal(before)
            self.unclear = self.unclear or (
                f"the old default of `{change.name}` is no plain value" if not value else None
            )
            self.filled[change.name] = replace(self.filled[change.name], value=value)
        self.defaults[change.name] = change.default

    def bundle(self, operation: Any) -> None:
        fields = tuple(
            replace(self.filled.pop(name), name=name) for name in operation.parameters if name in self.filled
        )
        name = operation.parameter_name
        self.filled[name] = Argument(name, "", made_by=operation.class_name, fields=fields)

    def pair(self, new: FunctionModel) -> None:
        """Give the one parameter that only the new definition has the one that only the old has: `self` renamed."""
        names = [item.name for item in new.parameters]
        unknown = [name for name in names if name not in self.filled]
        unused = [name for name in self.filled if name not in names]
        if len(unknown) == len(unused) == 1:
            self.filled[unknown[0]] = self.filled.pop(unused[0])

    def argument(self, parameter: ParameterModel, made_in: str) -> Argument:
        found = self.filled.get(parameter.name, Argument(parameter.name, ""))
        made_by = f"{made_in}:{found.made_by}" if found.made_by else None
        return replace(found, name=parameter.name, kind=parameter.kind, made_by=made_by)

    def doubt(self, new: FunctionModel, arguments: Iterable[Argument]) -> str | None:
        """Return what of a call cannot be told; None when everything can."""
        optional = {item.name for item in new.parameters if item.default is not None or item.kind.startswith("VAR_")}
        empty = [
            item.name
            for item in arguments
            if item.name not in optional and item.old is None and item.value is None and item.made_by is None
        ]
        return f"its new parameter `{empty[0]}` has no plain value that a test could pass" if empty else self.unclear


def _steps(before: Sequence[Operation], operation: Any, old: FunctionModel) -> list[Step]:
    """Return what one operation does to the parameters of a function, which the operations `before` may have moved."""
    path, name = follow(before, old.path, old.qualified_name)
    if operation.op == "rename_symbol":
        owner, _, parameter = operation.symbol.rpartition(".")
        is_own = path == operation.path and owner == name and any(item.name == parameter for item in old.parameters)
        change = _Renaming(parameter, operation.new_name)
        return [lambda state: state.rename(change)] if is_own else []
    if operation.op in ("method_to_function", "function_to_method"):
        return [_nothing] if path == operation.path and name == operation.symbol else []
    if operation.op == "introduce_parameter_object":
        return [lambda state: state.bundle(operation)] if (path, name) == (operation.path, operation.symbol) else []
    if operation.op != "change_signature" or not _is_meant(operation, path, name):
        return []
    return [_change(item) for item in operation.changes]


@dataclass(frozen=True, slots=True)
class _Renaming:
    name: str
    new_name: str


def _nothing(state: _Parameters) -> None:
    """Only place and order of the parameters may differ; both are read from the new definition."""


def _change(change: Any) -> Step:
    return lambda state: getattr(state, change.kind)(change)


def _is_meant(operation: Any, path: str, name: str) -> bool:
    """Tell whether a change of a signature is one of this function: its own, or that of a method it overrides."""
    symbol: str = operation.symbol
    if path == operation.path and name in (symbol, f"{symbol}.__init__"):
        return True
    return "." in symbol and "." in name and symbol.rpartition(".")[2] == name.rpartition(".")[2] != "__init__"


def _literal(text: str | None) -> str | None:
    try:
        return repr(ast.literal_eval(text)) if text is not None else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
