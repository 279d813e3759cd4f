"""What leaves the artifacts slice."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class ArtifactType(StrEnum):
    """Kinds of stored results."""

    FULL_FILES = "FULL_FILES"
    EDIT_OPERATIONS = "EDIT_OPERATIONS"
    DIFF = "DIFF"
    PATCH = "PATCH"
    REVERSE_PATCH = "REVERSE_PATCH"
    PATCH_BUNDLE = "PATCH_BUNDLE"
    PARTIAL_ARTIFACT = "PARTIAL_ARTIFACT"
    TEST_SUITE = "TEST_SUITE"
    BASELINE_SNAPSHOT = "BASELINE_SNAPSHOT"
    RESULT_TREE = "RESULT_TREE"
    LOG_BUNDLE = "LOG_BUNDLE"


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A sealed blob that no row names yet."""

    storage_key: str
    content_hash: str
    size_bytes: int
    kms_key_ref: str


class ArtifactView(BaseModel):
    """One artifact as listed."""

    id: UUID
    type: str
    name: str
    media_type: str
    size: int
    hash: str
    created_at: datetime
    expires_at: datetime
    deleted: bool
