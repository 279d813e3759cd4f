"""The parameters of a function: read from its source, changed, and written back."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.engine.refusals import RefusalCode, RefusedError
from services.engine.signatures.item_list import ItemList, Slot, bracket_after, read_items
from services.engine.signatures.operations import (
    AddParameter,
    RemoveParameter,
    RenameParameter,
    ReorderParameters,
    SetDefault,
    SignatureChange,
)
from services.engine.source import SourceText

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter.

    `old_name` is the name it has in calls made before the change, None when it is new; `item` its index in the list
    of the source. `value` is what calls pass for a new one. `text` is its source, None once it must be written anew.
    """

    name: str
    annotation: str | None = None
    default: str | None = None
    old_name: str | None = None
    item: int | None = None
    value: str | None = None
    text: str | None = None

    def written(self, stars: str = "") -> str:
        """Return the parameter as source."""
        if self.text is not None:
            return self.text
        annotation = f": {self.annotation}" if self.annotation else ""
        equals = " = " if self.annotation else "="
        return f"{stars}{self.name}{annotation}" + (f"{equals}{self.default}" if self.default is not None else "")


@dataclass(frozen=True)
class Signature:
    """Parameters by kind; the first `only` of `positional` are positional-only; `markers` places `/` and `*`."""

    positional: tuple[Param, ...] = ()
    only: int = 0
    vararg: Param | None = None
    keyword: tuple[Param, ...] = ()
    kwarg: Param | None = None
    markers: dict[str, int] = field(default_factory=dict)

    @property
    def named(self) -> tuple[Param, ...]:
        """All parameters apart from `*` and `**`."""
        return (*self.positional, *self.keyword)

    @property
    def every(self) -> tuple[Param, ...]:
        """All parameters."""
        return tuple(item for item in (*self.positional, self.vararg, *self.keyword, self.kwarg) if item is not None)

    def find(self, name: str) -> Param | None:
        """Return the parameter of that name."""
        return next((item for item in self.every if item.name == name), None)

    def without_first(self) -> "Signature":
        """Return the signature as a bound call sees it."""
        return replace(self, positional=self.positional[1:], only=max(self.only - 1, 0))


def parameter_list(source: SourceText, node: FunctionNode) -> ItemList:
    """Find the list of parameters in the source."""
    start = source.offset(node.lineno, node.col_offset)
    return read_items(source.text, bracket_after(source.text, start))


def read_signature(source: SourceText, node: FunctionNode) -> Signature:
    """Read the parameters of a function."""
    found, args = parameter_list(source, node), node.args
    markers = {item.text: index for index, item in enumerate(found.items) if item.text in ("/", "*")}
    places = iter([index for index, item in enumerate(found.items) if item.text not in ("/", "*")])
    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    read = [_param(source, found, next(places), *pair) for pair in zip(positional, defaults, strict=True)]
    vararg = _param(source, found, next(places), args.vararg) if args.vararg else None
    keyword = [
        _param(source, found, next(places), *pair) for pair in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    kwarg = _param(source, found, next(places), args.kwarg) if args.kwarg else None
    return Signature(tuple(read), len(args.posonlyargs), vararg, tuple(keyword), kwarg, markers)


def _param(source: SourceText, found: ItemList, index: int, node: ast.arg, default: ast.expr | None = None) -> Param:
    text = source.text
    annotation = _segment(source, node.annotation) if node.annotation else None
    value = None
    if default is not None:
        anchor: ast.AST = node.annotation or node
        end = source.offset(anchor.end_lineno, anchor.end_col_offset)  # type: ignore[attr-defined]
        value = text[text.index("=", end) + 1 : found.items[index].end].strip()
    return Param(node.arg, annotation, value, node.arg, index, None, found.items[index].text)


def _segment(source: SourceText, node: ast.expr) -> str:
    start = source.offset(node.lineno, node.col_offset)
    return source.text[start : source.offset(node.end_lineno or 0, node.end_col_offset or 0)]


def written_slots(signature: Signature) -> list[Slot]:
    """Return the items of the parameter list, markers included."""
    slots: list[Slot] = []
    for index, item in enumerate(signature.positional):
        slots.append(Slot(item.written(), item.item))
        if index + 1 == signature.only:
            slots.append(Slot("/", signature.markers.get("/")))
    if signature.vararg is not None:
        slots.append(Slot(signature.vararg.written("*"), signature.vararg.item))
    elif signature.keyword:
        slots.append(Slot("*", signature.markers.get("*")))
    slots += [Slot(item.written(), item.item) for item in signature.keyword]
    if signature.kwarg is not None:
        slots.append(Slot(signature.kwarg.written("**"), signature.kwarg.item))
    return slots


def changed_signature(before: Signature, changes: Sequence[SignatureChange], receiver: int, location: str) -> Signature:
    """Apply changes in order; `receiver` is 1 where the first parameter is bound implicitly.

    Raises:
        RefusedError: `ANCHOR_NOT_FOUND` for a parameter that is not there, `NAME_COLLISION`, or `SYNTAX_BROKEN` where
            a parameter without default would follow one with a default, or a text is not an expression.
    """
    signature = before
    for change in changes:
        signature = changed_once(signature, change, receiver, location)
    late = False
    for item in signature.positional:
        if item.default is None and late:
            detail = f"{item.name} has no default but follows a parameter that has one."
            raise RefusedError(RefusalCode.SYNTAX_BROKEN, location, detail)
        late = late or item.default is not None
    return signature


def changed_once(signature: Signature, change: SignatureChange, receiver: int, location: str) -> Signature:
    """Apply one change; the order of defaults is not looked at. Raises `RefusedError`."""
    made: Signature = _CHANGES[type(change)](signature, change, receiver, location)
    return made


def _required(signature: Signature, name: str, location: str) -> Param:
    found = signature.find(name)
    if found is None:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, location, f"There is no parameter {name}.")
    return found


def _replaced(signature: Signature, old: Param, new: Param | None) -> Signature:
    positional = tuple(new if item is old else item for item in signature.positional)
    keyword = tuple(new if item is old else item for item in signature.keyword)
    index = next((i for i, item in enumerate(signature.positional) if item is old), None)
    only = signature.only - (1 if new is None and index is not None and index < signature.only else 0)
    return replace(
        signature,
        positional=tuple(item for item in positional if item is not None),
        keyword=tuple(item for item in keyword if item is not None),
        only=only,
        vararg=new if signature.vararg is old else signature.vararg,
        kwarg=new if signature.kwarg is old else signature.kwarg,
    )


def _add(signature: Signature, change: AddParameter, receiver: int, location: str) -> Signature:
    if signature.find(change.name) is not None:
        raise RefusedError(RefusalCode.NAME_COLLISION, location, f"There is a parameter {change.name}.")
    for text in (change.default, change.annotation, change.call_value):
        require_expression(text, location)
    new = Param(change.name, change.annotation, change.default, value=change.call_value)
    if change.keyword_only or (signature.vararg is not None and change.position is None):
        return replace(signature, keyword=(*signature.keyword, new))
    required = sum(item.default is None for item in signature.positional)
    last = required if change.default is None else len(signature.positional)
    index = last if change.position is None else min(change.position + receiver, len(signature.positional))
    positional = (*signature.positional[:index], new, *signature.positional[index:])
    return replace(signature, positional=positional, only=signature.only + (1 if index < signature.only else 0))


def require_expression(text: str | None, location: str) -> None:
    """Refuse a text that is not one expression. Raises `RefusedError`."""
    try:
        ast.parse(f"({text}\n)", mode="eval") if text is not None else None
    except SyntaxError as error:
        raise RefusedError(RefusalCode.SYNTAX_BROKEN, location, f"Not an expression: {text}.") from error


def _remove(signature: Signature, change: RemoveParameter, receiver: int, location: str) -> Signature:
    found = _required(signature, change.name, location)
    if receiver and signature.positional[:1] == (found,):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, f"{change.name} is bound by Python itself.")
    return _replaced(signature, found, None)


def _rename(signature: Signature, change: RenameParameter, receiver: int, location: str) -> Signature:
    found = _required(signature, change.name, location)
    if signature.find(change.new_name) is not None:
        raise RefusedError(RefusalCode.NAME_COLLISION, location, f"There is a parameter {change.new_name}.")
    text = found.text.replace(change.name, change.new_name, 1) if found.text is not None else None
    return _replaced(signature, found, replace(found, name=change.new_name, text=text))


def _reorder(signature: Signature, change: ReorderParameters, receiver: int, location: str) -> Signature:
    fixed, rest = signature.positional[:receiver], signature.positional[receiver:]
    by_name = {item.name: item for item in rest}
    keyword = [name for name in change.order if name not in by_name]
    order = [name for name in change.order if name in by_name]
    unknown = set(keyword) - {item.name for item in signature.keyword}
    if len(order) != len(rest) or len(set(order)) != len(order) or unknown:
        detail = f"The order must name each of {', '.join(by_name)} once."
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, location, detail)
    return replace(signature, positional=(*fixed, *(by_name[name] for name in order)))


def _default(signature: Signature, change: SetDefault, receiver: int, location: str) -> Signature:
    found = _required(signature, change.name, location)
    require_expression(change.default, location)
    if found in (signature.vararg, signature.kwarg):
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, location, f"{change.name} cannot have a default.")
    value = found.default if change.default is None and found.old_name is not None else found.value
    return _replaced(signature, found, replace(found, default=change.default, text=None, value=value))


_CHANGES: dict[type, Any] = {
    AddParameter: _add,
    RemoveParameter: _remove,
    RenameParameter: _rename,
    ReorderParameters: _reorder,
    SetDefault: _default,
}
