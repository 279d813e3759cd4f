"""Requests to take code out under a name of its own."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.engine.document_types import Identifier, OnFile

Expression = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Line = Annotated[int, Field(ge=1)]


class ExtractFunction(OnFile):
    """Take whole statements, or one expression, out into a new function or method and call it in their place.

    Preconditions: the lines hold whole statements of one block; names, `return`, `yield` and `await` inside can be
    carried over a call. Otherwise `ANCHOR_NOT_FOUND`, `NAME_COLLISION`, `SHADOWED` or `UNSAFE_REFERENCE`.
    Touches: the file of `path` alone. What the lines read becomes parameters, what is used afterwards results.
    Hazards: `FRAMEWORK_HOOK` when the function around is called by a framework, `DYNAMIC_LOOKUP` for `eval`, `exec`.
    """

    op: Literal["extract_function"] = "extract_function"
    start_line: Line
    end_line: Line
    new_name: Identifier
    method: bool | None = Field(
        default=None, description="A method of the class around, a function of the module, or whichever fits."
    )
    expression: Expression | None = Field(
        default=None, description="Only this expression, found once within the lines, instead of whole statements."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end_line < self.start_line:
            raise ValueError("end_line is before start_line")
        return self


class ExtractVariable(OnFile):
    """Give an expression of a line a name, assigned just before the statement that uses it.

    Preconditions: the expression is on that line, evaluated on every run of its statement and not after something
    that could change it. With `all_occurrences` the equal expressions of the same block follow, as long as nothing
    between can change their value; those left are a hazard.
    Touches: the file of `path` alone. Hazards: `REPEATED_VALUE`.
    """

    op: Literal["extract_variable"] = "extract_variable"
    line: Line
    expression: Expression
    new_name: Identifier
    all_occurrences: bool = False


class ExtractConstant(OnFile):
    """Give a constant expression a name at the top of its module.

    Preconditions: the expression is made of literals and of names of the module bound once, above.
    Touches: the file of `path` alone; with `all_occurrences` every equal expression of the file.
    Hazards: `REPEATED_VALUE` where equal literals of other meaning follow.
    """

    op: Literal["extract_constant"] = "extract_constant"
    line: Line
    expression: Expression
    new_name: Identifier
    all_occurrences: bool = True
