"""The edit document: the only thing that is ever applied to a source tree.

A document is an ordered list of operations. Each operation on an existing file carries `base_fingerprint`, the
SHA-256 of the whole file as it was before the document; several operations on one file carry the same one.
Order is part of the meaning. Applying is left to `apply`.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.engine.document_types import (
    MAX_BLOCK_CHARACTERS,
    Block,
    FilePath,
    Fingerprint,
    Identifier,
    OnFile,
    QualifiedName,
    StrictModel,
)
from services.engine.extracting.operations import ExtractConstant, ExtractFunction, ExtractVariable
from services.engine.imports.operations import AddImport, OrganiseImports, RemoveImport
from services.engine.inlining.operations import InlineFunction, InlineVariable
from services.engine.moving.operations import FoldModule, MoveSymbols, RenameModule, SplitModule
from services.engine.node_operations import NodeDelete, NodeInsertAfter, NodeInsertBefore, NodeReplace
from services.engine.signatures.operations import (
    ChangeSignature,
    FunctionToMethod,
    IntroduceParameterObject,
    MethodToFunction,
    WrapInClass,
)

MAX_OPERATIONS = 20_000


class SearchReplace(OnFile):
    """Replace one block of text that occurs exactly once in the file; line endings are compared as LF."""

    op: Literal["search_replace"] = "search_replace"
    search: Annotated[Block, StringConstraints(min_length=1)]
    replace: Block
    block_fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of `search` with LF line ends: the block arrived as it was planned."
    )

    @model_validator(mode="after")
    def _must_change(self) -> Self:
        if self.search == self.replace:
            raise ValueError("search and replace are the same text")
        return self


class RenameOptions(StrictModel):
    """What a rename follows besides the definition.

    `keep_alias` leaves the old name bound to the new one where references stay that may not be edited.
    `receivers` also follows `value.member` where the type of `value` cannot be told but only one class of the
    project has a member of that telling name. `threshold` is the least confidence, in percent, with which a reference
    in code is changed; those below stay and are disclosed. At 60 or less it implies `receivers`, at 20 or less every
    `value.member` of that name changes.
    """

    code: bool = True
    tests: bool = False
    docs: bool = False
    strings: bool = False
    receivers: bool = False
    keep_alias: bool = True
    threshold: int = Field(default=70, ge=1, le=100)


class RenameSymbol(OnFile):
    """Rename a definition of `path` and the references that the options name, through the whole tree."""

    op: Literal["rename_symbol"] = "rename_symbol"
    symbol: QualifiedName
    new_name: Identifier
    options: RenameOptions = RenameOptions()


class FileCreate(StrictModel):
    """Create a file; `content` is text, or base64 where the file is not UTF-8."""

    op: Literal["file_create"] = "file_create"
    path: FilePath
    content: Annotated[str, StringConstraints(max_length=MAX_BLOCK_CHARACTERS * 4)]
    encoding: Literal["utf-8", "base64"] = "utf-8"


class FileDelete(StrictModel):
    """Delete a file."""

    op: Literal["file_delete"] = "file_delete"
    path: FilePath
    base_fingerprint: Fingerprint


class FileMove(StrictModel):
    """Move a file without changing it; references are left to other operations."""

    op: Literal["file_move"] = "file_move"
    path: FilePath
    base_fingerprint: Fingerprint
    new_path: FilePath


Operation = Annotated[
    SearchReplace
    | NodeReplace
    | NodeInsertBefore
    | NodeInsertAfter
    | NodeDelete
    | RenameSymbol
    | ExtractFunction
    | ExtractVariable
    | ExtractConstant
    | InlineFunction
    | InlineVariable
    | ChangeSignature
    | MethodToFunction
    | FunctionToMethod
    | WrapInClass
    | IntroduceParameterObject
    | MoveSymbols
    | RenameModule
    | FoldModule
    | SplitModule
    | AddImport
    | RemoveImport
    | OrganiseImports
    | FileCreate
    | FileDelete
    | FileMove,
    Field(discriminator="op"),
]

EDIT_TYPES: dict[str, str] = {
    "search_replace": "EXACT_SEARCH_REPLACE",
    "node_replace": "NODE_ANCHORED",
    "node_insert_before": "NODE_ANCHORED",
    "node_insert_after": "NODE_ANCHORED",
    "node_delete": "NODE_ANCHORED",
    "rename_symbol": "AST_SYMBOLIC",
    "extract_function": "AST_SYMBOLIC",
    "extract_variable": "AST_SYMBOLIC",
    "extract_constant": "AST_SYMBOLIC",
    "inline_function": "AST_SYMBOLIC",
    "inline_variable": "AST_SYMBOLIC",
    "change_signature": "AST_SYMBOLIC",
    "method_to_function": "AST_SYMBOLIC",
    "function_to_method": "AST_SYMBOLIC",
    "wrap_in_class": "AST_SYMBOLIC",
    "introduce_parameter_object": "AST_SYMBOLIC",
    "move_symbols": "AST_SYMBOLIC",
    "rename_module": "AST_SYMBOLIC",
    "fold_module": "AST_SYMBOLIC",
    "split_module": "AST_SYMBOLIC",
    "add_import": "AST_SYMBOLIC",
    "remove_import": "AST_SYMBOLIC",
    "organise_imports": "AST_SYMBOLIC",
    "file_create": "FILE",
    "file_delete": "FILE",
    "file_move": "FILE",
}


class EditDocument(StrictModel):
    """Version 1 of the edit document; an unknown `op` or field is refused, never skipped."""

    version: Literal[1] = 1
    operations: Annotated[list[Operation], Field(max_length=MAX_OPERATIONS)]

    @property
    def is_search_replace_only(self) -> bool:
        """Whether single hunks may be picked from this document."""
        return all(operation.op == "search_replace" for operation in self.operations)


def document_from_json(text: str | bytes) -> EditDocument:
    """Read a stored or received document. Raises `pydantic.ValidationError` for anything that is not one."""
    return EditDocument.model_validate_json(text)


def document_to_json(document: EditDocument) -> str:
    """Return the canonical JSON form: sorted keys, no insignificant blanks."""
    return json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


SCHEMA_NAME = "patch_edit_schema"
SCHEMA_VERSION = 1
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, for prompts, the API and the reference page."""
    identity = {"$schema": SCHEMA_DIALECT, "$id": f"/api/v2/schemas/{SCHEMA_NAME}/{SCHEMA_VERSION}"}
    return {**identity, **EditDocument.model_json_schema()}


def document_subset(document: EditDocument, indexes: Iterable[int]) -> EditDocument:
    """Return the operations at `indexes` in document order, without fingerprints of the whole result.

    Raises:
        IndexError: an index outside the document.
    """
    wanted = sorted(set(indexes))
    if wanted and (wanted[0] < 0 or wanted[-1] >= len(document.operations)):
        raise IndexError(f"the document has {len(document.operations)} operations")
    return EditDocument(operations=[_without_result(document.operations[index]) for index in wanted])


def halves(document: EditDocument) -> tuple[EditDocument, EditDocument]:
    """Split a document in the middle, first half not smaller; of one operation the second half is empty."""
    count = len(document.operations)
    middle = (count + 1) // 2
    return document_subset(document, range(middle)), document_subset(document, range(middle, count))


def _without_result(operation: Operation) -> Operation:
    if isinstance(operation, OnFile):
        return operation.model_copy(update={"result_fingerprint": None})
    return operation
