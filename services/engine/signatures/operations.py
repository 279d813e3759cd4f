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


class MethodToFunction(OnFile):
    """Turn a method into a function of its module; the object becomes its first argument at every call.

    Preconditions: not overridden, no `super()`, private name or property, never passed on without a call, every call
    may be edited. Touches: the class, all calls, imports of the new function in their files.
    Hazards: `UNKNOWN_RECEIVER`, `FRAMEWORK_HOOK`, `DYNAMIC_LOOKUP`, `PUBLIC_NAME`.
    """

    op: Literal["method_to_function"] = "method_to_function"
    symbol: QualifiedName
    new_name: Identifier | None = None


class FunctionToMethod(OnFile):
    """Turn a function into a method of a class of the same file; the argument for `parameter` becomes the object.

    Preconditions: undecorated, never passed on without a call, every call may be edited, the class has no such member.
    Touches: the class, all calls, imports that go away. Hazards: `UNKNOWN_RECEIVER` where the argument's class cannot
    be told, `EVALUATION_ORDER`, `DYNAMIC_LOOKUP`.
    """

    op: Literal["function_to_method"] = "function_to_method"
    symbol: Identifier
    class_name: QualifiedName
    parameter: Identifier


class WrapInClass(OnFile):
    """Put functions of one module into a new class as static methods; every use goes through the class.

    Preconditions: the class name is free wherever the functions are used; all uses may be edited.
    Touches: the module, every use, imports and `__all__`. Hazards: `DYNAMIC_LOOKUP`, `FRAMEWORK_HOOK`.
    """

    op: Literal["wrap_in_class"] = "wrap_in_class"
    symbols: Annotated[list[Identifier], Field(min_length=1, max_length=200)]
    class_name: Identifier


class IntroduceParameterObject(OnFile):
    """Bundle parameters of a function into a new dataclass; calls construct it, the body reads its fields.

    Preconditions: one definition, not overridden; no call spreads `*` or `**`; every call may be edited.
    Touches: the definition, all calls, imports of the class. Hazards: `CALLED_INDIRECTLY`, `DECORATED`,
    `FRAMEWORK_HOOK`, `EVALUATION_ORDER`.
    """

    op: Literal["introduce_parameter_object"] = "introduce_parameter_object"
    symbol: QualifiedName
    parameters: Annotated[list[Identifier], Field(min_length=1, max_length=100)]
    class_name: Identifier
    parameter_name: Identifier
    kind: Literal["dataclass"] = "dataclass"
