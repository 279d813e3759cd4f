"""Applying an edit document: a pure function from (tree, document) to (new tree, outcome per operation).

Deterministic, all or nothing unless the caller asks for the applicable part, and idempotent: what a tree already
holds is an outcome, not an error. What each kind of operation does is left to `operations`; what a replay looks
like to `replay`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from services.core.tree import Tree, normalise_path
from services.engine.document import EditDocument, FileMove, Operation
from services.engine.hazards import Hazard
from services.engine.languages.reading import new_problem
from services.engine.operations import Workspace, perform, require_writable
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.replay import Replay


class OperationStatus(StrEnum):
    """What became of one operation. `SKIPPED`: it could be applied, but the document as a whole was refused."""

    APPLIED = "APPLIED"
    ALREADY_APPLIED = "ALREADY_APPLIED"
    REFUSED = "REFUSED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """Outcome of the operation at `index` (from 0); `code`, `location` and `remedy` are set when refused."""

    index: int
    op: str
    path: str
    status: OperationStatus
    code: RefusalCode | None = None
    location: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The tree after the document and one outcome per operation, in order.

    `applied` says that `tree` holds everything the caller asked for; otherwise, with `atomic`, it equals the input.
    `hazards` and `notes` are those of the operations that were worked out. `origins` maps a new path to the one its
    file had before, so that whoever stores the tree can keep the file's mode.
    """

    tree: dict[str, bytes]
    outcomes: list[OperationOutcome]
    applied: bool
    hazards: tuple[Hazard, ...] = ()
    notes: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


def apply_document(
    tree: Tree,
    document: EditDocument,
    *,
    scope: Sequence[str] = (".",),
    protected: Sequence[str] = (),
    atomic: bool = True,
    allow_broken: bool = False,
) -> ApplyResult:
    """Apply a document to a tree, reading nothing else.

    Args:
        scope: Folders or files that may change; `.` is everything.
        protected: Files, folders or glob patterns that may not change even inside the scope.
        atomic: Refuse the whole document when one operation is refused; otherwise keep the applicable ones.
        allow_broken: Let a file that parsed end up not parsing, as only taking a change back may need.
    Raises:
        services.core.tree.UnsafePathError: a scope that is not a path inside the tree.
    """
    folders = tuple(normalise_path(item) for item in scope)
    workspace = Workspace(dict(tree), folders, tuple(protected))
    replay = Replay(tree, document, workspace)
    outcomes = [_attempt(index, operation, workspace, replay) for index, operation in enumerate(document.operations)]
    if not allow_broken:
        outcomes = _refuse_broken(tree, document, workspace, outcomes)
    refused = any(outcome.status is OperationStatus.REFUSED for outcome in outcomes)
    if refused and atomic:
        outcomes = [_skipped(outcome) for outcome in outcomes]
        return ApplyResult(dict(tree), outcomes, False, tuple(workspace.hazards), tuple(workspace.notes))
    hazards, notes = tuple(workspace.hazards), tuple(workspace.notes)
    return ApplyResult(workspace.tree, outcomes, not refused, hazards, notes, workspace.origins)


def _attempt(index: int, operation: Operation, workspace: Workspace, replay: Replay) -> OperationOutcome:
    try:
        _require_allowed(operation, workspace)
        if replay.is_already_applied(index):
            return OperationOutcome(index, operation.op, operation.path, OperationStatus.ALREADY_APPLIED)
        replay.require_base(index)
        perform(operation, workspace)
    except RefusedError as error:
        return _refusal(index, operation, error)
    return OperationOutcome(index, operation.op, operation.path, OperationStatus.APPLIED)


def _require_allowed(operation: Operation, workspace: Workspace) -> None:
    for path in (operation.path, *([operation.new_path] if isinstance(operation, FileMove) else [])):
        require_writable(path, workspace)


def _refuse_broken(
    tree: Tree, document: EditDocument, workspace: Workspace, outcomes: list[OperationOutcome]
) -> list[OperationOutcome]:
    """Take back the changes of files that parsed before and do not parse after."""
    broken: dict[str, RefusedError] = {}
    for path, content in list(workspace.tree.items()):
        before = tree.get(workspace.origins.get(path, path))
        if content == before:
            continue
        problem = new_problem(path, before, content)
        if problem is not None:
            location = f"{path}:{problem.line}" if problem.line else path
            broken[path] = RefusedError(RefusalCode.SYNTAX_BROKEN, location, problem.reason)
    if not broken:
        return outcomes
    blamed = _blamed(document, broken, workspace)
    _take_back(tree, broken, workspace)
    return [
        _refusal(outcome.index, document.operations[outcome.index], blamed[outcome.index])
        if outcome.index in blamed and outcome.status is OperationStatus.APPLIED
        else outcome
        for outcome in outcomes
    ]


def _blamed(document: EditDocument, broken: dict[str, RefusedError], workspace: Workspace) -> dict[int, RefusedError]:
    blamed: dict[int, RefusedError] = {}
    for path, error in broken.items():
        names = {path, workspace.origins.get(path, path)}
        hits = [i for i, operation in enumerate(document.operations) if operation.path in names]
        blamed |= dict.fromkeys(hits or range(len(document.operations)), error)
    return blamed


def _take_back(tree: Tree, broken: dict[str, RefusedError], workspace: Workspace) -> None:
    for path in broken:
        origin = workspace.origins.get(path, path)
        workspace.tree.pop(path)
        if origin in tree:
            workspace.tree[origin] = tree[origin]


def _refusal(index: int, operation: Operation, error: RefusedError) -> OperationOutcome:
    return OperationOutcome(
        index, operation.op, operation.path, OperationStatus.REFUSED, error.code, error.location, error.remedy
    )


def _skipped(outcome: OperationOutcome) -> OperationOutcome:
    if outcome.status is OperationStatus.APPLIED:
        return replace(outcome, status=OperationStatus.SKIPPED)
    return outcome
