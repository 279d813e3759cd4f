"""The same change for an override, whose parameters may have other names or take anything."""

from collections.abc import Sequence
from typing import Any

from services.engine.signatures.operations import AddParameter, ReorderParameters, SignatureChange
from services.engine.signatures.signature import Signature, changed_once


def fitted_changes(
    changes: Sequence[SignatureChange], main: Signature, own: Signature, receiver: int, location: str
) -> list[SignatureChange]:
    """Return the changes as a definition needs them.

    A parameter is found by its name or else by its position. An override that takes anything keeps `*args, **kwargs`
    instead of an added parameter, and needs no change for one that it does not have.
    """
    names = _translation(main, own)
    takes_anything = own.vararg is not None and own.kwarg is not None and len(own.positional) <= receiver
    fitted: list[SignatureChange] = []
    for change in changes:
        made: list[SignatureChange] = []
        if isinstance(change, AddParameter):
            made = [] if takes_anything else [change]
            names.setdefault(change.name, change.name)
        elif isinstance(change, ReorderParameters):
            made = _reordered(change, names, own, receiver)
        elif change.name in names:
            made = [change.model_copy(update={"name": names[change.name]})]
            _follow(change, names)
        for item in made:
            own = changed_once(own, item, receiver, location)
        fitted += made
    return fitted


def _translation(main: Signature, own: Signature) -> dict[str, str]:
    """Map the parameter names of the main definition to those of the other one."""
    have = {item.name for item in own.every}
    names = {item.name: item.name for item in main.every if item.name in have}
    for one, other in zip(main.positional, own.positional, strict=False):
        if one.name not in names and other.name not in names.values():
            names[one.name] = other.name
    return names


def _follow(change: Any, names: dict[str, str]) -> None:
    """Let later changes find a parameter under its new name."""
    new = getattr(change, "new_name", None)
    if new is not None:
        names.pop(change.name)
        names[new] = new


def _reordered(
    change: ReorderParameters, names: dict[str, str], own: Signature, receiver: int
) -> list[SignatureChange]:
    have = [item.name for item in own.positional[receiver:]]
    order = [names[name] for name in change.order if names.get(name) in have]
    order += [name for name in have if name not in order]
    return [change.model_copy(update={"order": order})] if have else []
