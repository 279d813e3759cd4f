"""What leaves the repositories slice."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Preflight:
    """The verdict on one branch and scope: head, counts within the scope, violated limits (empty when it passed)."""

    branch: str
    default_branch: str | None
    head_sha: str
    file_count: int
    size_bytes: int
    total_files: int
    total_bytes: int
    limits: dict[str, int]
    violations: list[dict[str, Any]] = field(default_factory=list)
    dirty: bool = False

    @property
    def passed(self) -> bool:
        """Whether no limit is violated."""
        return not self.violations


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One blob of a pinned tree: path, Git mode, object id, size in bytes."""

    path: str
    mode: str
    object_id: str
    size: int


@dataclass(frozen=True, slots=True)
class FilterDecision:
    """Why one file is not read as source; `excluded` files are not even given to the sandbox."""

    path: str
    reason_code: str
    size_bytes: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A pinned, filtered tree: every file that may run, and the decisions about those that are no source."""

    head_sha: str
    files: dict[str, bytes]
    decisions: list[FilterDecision]

    @property
    def blocked(self) -> set[str]:
        """Paths that are in the tree but must not be parsed or edited."""
        return {decision.path for decision in self.decisions}


@dataclass(frozen=True, slots=True)
class PushedBranch:
    """A branch that now exists at the remote with one commit on the base."""

    branch: str
    commit_sha: str
    base_sha: str
