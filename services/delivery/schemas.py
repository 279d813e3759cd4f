"""What leaves the delivery slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.engine.diff import FileDiff

TRAILER = "Co-authored-by: IAMA-Agent <bot@iama.dev>"


class HunkView(BaseModel):
    """One hunk for reading and choosing."""

    hunk_id: str
    header: str
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    text: str


class FileDiffView(BaseModel):
    """Difference of one file (API reference 2.2)."""

    path: str
    old_path: str | None
    change: str
    base_fingerprint: str | None
    result_fingerprint: str | None
    additions: int
    deletions: int
    is_binary: bool
    hunks: list[HunkView]


def file_view(item: FileDiff) -> FileDiffView:
    """Return a diff of the engine as it leaves the slice."""
    return FileDiffView(
        path=item.path,
        old_path=item.old_path,
        change=item.change.value,
        base_fingerprint=item.base_fingerprint,
        result_fingerprint=item.result_fingerprint,
        additions=item.additions,
        deletions=item.deletions,
        is_binary=item.is_binary,
        hunks=[
            HunkView(
                hunk_id=hunk.hunk_id,
                header=hunk.header,
                old_start=hunk.old_start,
                old_lines=hunk.old_lines,
                new_start=hunk.new_start,
                new_lines=hunk.new_lines,
                text=hunk.text,
            )
            for hunk in item.hunks
        ],
    )


class FileTexts(BaseModel):
    """Both sides of one changed file, as text; None where the file is absent or binary."""

    path: str
    before: str | None
    after: str | None


class PublicationView(BaseModel):
    """One publication of the result."""

    delivery_id: UUID
    kind: str
    status: str
    branch_name: str
    base_sha: str
    commit_sha: str | None
    error_code: str | None
    error_sentence: str | None = None
    accepted_files: list[str]
    created_at: datetime
    published_at: datetime | None


class DeliveryView(BaseModel):
    """A delivered result: what changed, what proves it, where it went."""

    job_id: UUID
    diff_files: list[FileDiffView]
    artifact_expires_at: datetime | None
    artifact_hash: str
    baseline_mode_used: str | None
    baseline_risk_note: str | None
    can_revert: bool
    publishing_closed_reason: str | None
    selectable: str
    """`hunks` when every edit is an exact search-replace, else `files`."""
    proposed_branch: str
    provenance: dict[str, str]
    evidence: dict[str, Any]
    dropped_operations: list[Any]
    publications: list[PublicationView]


class AppliedView(BaseModel):
    """What a choice put in place and what it left out; `is_proven` is false for a part, which was not proven again."""

    applied_files: list[str]
    skipped_files: list[str]
    revert_available_until: datetime | None
    is_proven: bool


class RevertView(BaseModel):
    """Whether a choice was taken back; a commit that holds it stands in the way, and the reverse patch helps."""

    reverted: bool
    commit_sha: str | None
    reverse_patch_id: UUID | None
