"""Requests to put a definition where its name is used."""

from typing import Literal

from services.engine.document_types import OnFile, QualifiedName


class InlineFunction(OnFile):
    """Put a function's or method's body where it is called, everywhere in the tree, and take the definition away.

    Preconditions: no recursion, `yield`, early `return`, `*args`, decorator or override; every use is a call that may
    be edited. Arguments are evaluated once and in order: what is not simple, or not used exactly once, gets a variable.
    Touches: every file that calls it; what the body needs is imported there, imports of it go away.
    Hazards: `EVALUATION_ORDER`, `UNKNOWN_RECEIVER`, `DYNAMIC_LOOKUP`, `FRAMEWORK_HOOK`, `PUBLIC_NAME`
    for a method that a subclass outside the tree may override.
    """

    op: Literal["inline_function"] = "inline_function"
    symbol: QualifiedName
    keep_definition: bool = False


class InlineVariable(OnFile):
    """Put the value of a variable, assigned once, where it is read, and take the assignment away.

    Preconditions: one plain assignment; the value means the same at every read. A value that acts, or makes a new
    object, is read exactly once.
    Touches: the file of `path`. Hazards: `EVALUATION_ORDER`.
    """

    op: Literal["inline_variable"] = "inline_variable"
    symbol: QualifiedName
