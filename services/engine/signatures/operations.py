"""Requests to change how functions are called."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.engine.document_types import Identifier, OnFile, QualifiedName, StrictModel

ExpressionText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class AddParameter(StrictModel):
    """Add a parameter.

    `position` counts from 0 without `self` or `cls`; without it the parameter goes behind the others of its kind.
    `call_value` is passed by every call that may be edited; calls that may not need `default`.
    """

    kind: Literal["add"] = "add"
    name: Identifier
    default: ExpressionText | None = None
    annotation: ExpressionText | None = None
    position: Annotated[int, Field(ge=0)] | None = None
    keyword_only: bool = False
    call_value: ExpressionText | None = None


class RemoveParameter(StrictModel):
    """Remove a parameter that the body does not read; calls drop the argument."""

    kind: Literal["remove"] = "remove"
    name: Identifier


class RenameParameter(StrictModel):
    """Rename a parameter in signature, body, docstring fields and keyword arguments."""

    kind: Literal["rename"] = "rename"
    name: Identifier
    new_name: Identifier


class ReorderParameters(StrictModel):
    """Put the positional parameters, `self` or `cls` left out, into another order; `order` names all of them."""

    kind: Literal["reorder"] = "reorder"
    order: list[Identifier]


class SetDefault(StrictModel):
    """Give a parameter another default; without one it is required, and calls that left it out pass the old default."""

    kind: Literal["default"] = "default"
    name: Identifier
    default: ExpressionText | None = None


SignatureChange = Annotated[
    AddParameter | RemoveParameter | RenameParameter | ReorderParameters | SetDefault, Field(discriminator="kind")
]


class ChangeSignature(OnFile):
    """Change the parameters of a function or method (of a class: its `__init__`), with all calls and overrides.

    Preconditions: one function of that name; a removed parameter is not read; calls that may not be edited (outside
    the scope, protected, tests with `leave`) go on working as they are. Otherwise `UNSAFE_REFERENCE` names the first.
    Touches: the definition, overrides and stubs, calls also through `super()`, classes, imports and `partial`.
    Hazards: `DECORATED`, `FRAMEWORK_HOOK`, `CALLED_INDIRECTLY`, `KEYWORD_EXPANSION`, `UNKNOWN_RECEIVER`,
    `OUTSIDE_BASE`, `EVALUATION_ORDER`, `DEFAULT_CHANGED`, `DYNAMIC_LOOKUP`.
    """

    op: Literal["change_signature"] = "change_signature"
    symbol: QualifiedName
    changes: Annotated[list[SignatureChange], Field(min_length=1, max_length=100)]
    tests: Literal["follow", "leave"] = "follow"
