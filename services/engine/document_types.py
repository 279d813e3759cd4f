"""The vocabulary every operation of an edit document is built from: paths, fingerprints, names, and two bases."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.core.tree import UnsafePathError, normalise_path
from services.engine.names import is_identifier, is_qualified_name

MAX_BLOCK_CHARACTERS = 4_000_000
MAX_NAME_CHARACTERS = 500

_DOTTED = re.compile(r"[#$\w]+(?:\.[#$\w]+)*")


def _file_path(path: str) -> str:
    clean = normalise_path(path)
    if clean == ".":
        raise UnsafePathError("names the root, not a file")
    return clean


def _qualified(name: str) -> str:
    if not is_qualified_name(name):
        raise ValueError("not a Python name such as `function` or `Class.method`")
    return name


def _identifier(name: str) -> str:
    if not is_identifier(name):
        raise ValueError("not a Python identifier, or a keyword")
    return name


def _dotted(name: str) -> str:
    if len(name) > MAX_NAME_CHARACTERS or not _DOTTED.fullmatch(name):
        raise ValueError("not a name such as `function` or `Class.method`")
    return name


FilePath = Annotated[str, AfterValidator(_file_path)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Block = Annotated[str, StringConstraints(max_length=MAX_BLOCK_CHARACTERS)]
QualifiedName = Annotated[str, AfterValidator(_qualified)]
Identifier = Annotated[str, AfterValidator(_identifier)]
DottedName = Annotated[str, AfterValidator(_dotted)]
Language = Literal["python", "javascript", "typescript", "java"]
NodeKind = Literal["FUNCTION", "CLASS", "METHOD", "ASSIGNMENT"]


class StrictModel(BaseModel):
    """Unknown fields are refused, values are not coerced, instances do not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OnFile(StrictModel):
    """An operation anchored in an existing file.

    `base_fingerprint` is the SHA-256 of the whole file before the document, or, of a file that an earlier operation
    makes, of the file as that operation left it. Several operations on one file carry the same one.
    """

    path: FilePath
    base_fingerprint: Fingerprint
    result_fingerprint: Fingerprint | None = Field(
        default=None,
        description="SHA-256 of the file after the whole document, wherever it then is; makes a replay certain.",
    )
