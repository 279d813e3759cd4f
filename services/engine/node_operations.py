"""Node-anchored operations: one definition, found by language, kind, qualified name and the SHA-256 of its source.

The anchor is the definition with its decorators or annotations and an `export` before it, without the comments above.
Text is written as it stands in the file: the first line begins where the definition begins, so its own indentation is
left out; further lines carry theirs. One final newline does not count.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.engine.document_types import Block, DottedName, Fingerprint, Language, NodeKind, OnFile
from services.engine.names import is_qualified_name

MAX_OCCURRENCES = 100_000
Text = Annotated[Block, StringConstraints(pattern=r"\S")]


class NodeAnchored(OnFile):
    """An operation on one definition.

    `node_fingerprint` is the SHA-256 of the definition's source with LF line ends, as earlier operations left it; it
    also tells overloads and conditional definitions of one name apart. `METHOD` is a function of a class, `FUNCTION`
    any function.
    """

    language: Language = "python"
    kind: NodeKind
    qualified_name: DottedName
    node_fingerprint: Fingerprint
    occurrence: Annotated[int, Field(ge=1, le=MAX_OCCURRENCES)] | None = Field(
        default=None, description="Which of several definitions of that kind and name, from 1 in order of the source."
    )

    @model_validator(mode="after")
    def _must_be_a_name(self) -> Self:
        if self.language == "python" and not is_qualified_name(self.qualified_name):
            raise ValueError("qualified_name is not a Python name such as `function` or `Class.method`")
        return self


class NodeReplace(NodeAnchored):
    """Replace a definition. Precondition: it reads as its fingerprint says. Touches: its own characters only."""

    op: Literal["node_replace"] = "node_replace"
    text: Text


class NodeInsertBefore(NodeAnchored):
    """Put lines above a definition. Precondition: the definition stands on lines of its own.

    Touches nothing that is there; blank lines to part both belong to `text`.
    """

    op: Literal["node_insert_before"] = "node_insert_before"
    text: Text


class NodeInsertAfter(NodeAnchored):
    """Put lines below a definition. Precondition: the definition stands on lines of its own.

    Touches nothing that is there; blank lines to part both belong to `text`.
    """

    op: Literal["node_insert_after"] = "node_insert_after"
    text: Text


class NodeDelete(NodeAnchored):
    """Delete a definition with its lines and the blank lines that parted it from its neighbour.

    Precondition: the definition stands on lines of its own. The only statement of a Python body becomes `pass`.
    References are left to other operations.
    """

    op: Literal["node_delete"] = "node_delete"
