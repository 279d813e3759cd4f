"""Repair without a model: leave out the edits that the failures point at, never invent new ones."""

from itertools import islice

from services.core.tree import Tree
from services.core.wording import plural
from services.engine.apply import OperationStatus, apply_document
from services.engine.document import EditDocument, document_subset
from services.engine.project_model import ProjectModel
from services.llm.rules.narrowing import History, Ranking, Subset, next_subsets
from services.llm.rules.suspicion import rank_operations
from services.llm.schemas import DroppedOperation, RepairOutput, RepairPayload

MAX_TRIAL_APPLICATIONS = 24
"""Subsets that are tried on the tree, without running anything, before giving up on one answer."""

NOTHING_LEFT = "No smaller part of the change is left to try."
POINTED_AT = "a failing test points at this edit"
LEFT_OUT = "left out while searching for the part that keeps behaviour"
NOT_ALONE = "cannot be applied without an edit that was left out"


def repair(payload: RepairPayload, project: ProjectModel, tree: Tree) -> RepairOutput:
    """Return the next part of the document to prove.

    The answer's `document` is None when every useful part was tried and none passed. After a part has passed the
    answers try to widen it; when that is no longer possible the passed part comes back as `settled`.
    """
    ranking = rank_operations(payload.document, payload.failures, project, tree)
    history = _history(payload)
    candidate = _next_applicable(payload, ranking, history, tree)
    if candidate is None and history.best:
        return _answer(payload, ranking, history.best, settled=True)
    if candidate is None:
        return RepairOutput(document=None, summary=NOTHING_LEFT, dropped=_dropped(payload, ranking, Subset(), Subset()))
    wanted, kept = candidate
    return _answer(payload, ranking, kept, wanted=wanted)


def _history(payload: RepairPayload) -> History:
    whole = Subset(range(len(payload.document.operations)))
    failed = {Subset(entry.kept) for entry in payload.tried if not entry.passed}
    passed = {Subset(entry.kept) for entry in payload.tried if entry.passed}
    if not passed:
        failed.add(whole)
    return History(tuple(failed), tuple(passed))


def _next_applicable(
    payload: RepairPayload, ranking: Ranking, history: History, tree: Tree
) -> tuple[Subset, Subset] | None:
    """Return the subset wanted and the part of it that can be applied, untried and not smaller than what passed."""
    for wanted in islice(next_subsets(ranking, history), MAX_TRIAL_APPLICATIONS):
        kept = _applicable(payload, wanted, tree)
        if kept and not history.holds(kept) and not kept < history.best:
            return wanted, kept
    return None


def _applicable(payload: RepairPayload, wanted: Subset, tree: Tree) -> Subset:
    indexes = sorted(wanted)
    document = document_subset(payload.document, indexes)
    result = apply_document(tree, document, scope=payload.path_scope, protected=payload.protected, atomic=False)
    usable = (OperationStatus.APPLIED, OperationStatus.ALREADY_APPLIED)
    return Subset(indexes[outcome.index] for outcome in result.outcomes if outcome.status in usable)


def _answer(
    payload: RepairPayload, ranking: Ranking, kept: Subset, *, wanted: Subset | None = None, settled: bool = False
) -> RepairOutput:
    document: EditDocument = document_subset(payload.document, kept)
    dropped = _dropped(payload, ranking, kept, wanted if wanted is not None else kept)
    files = len({entry.path for entry in dropped})
    total = len(payload.document.operations)
    lead = "Kept the part that passed" if settled else "Trying"
    summary = f"{lead}: {len(kept)} of {plural(total, 'edit')}, leaving out {len(dropped)} in {plural(files, 'file')}."
    return RepairOutput(document=document, summary=summary, kept=sorted(kept), dropped=dropped, settled=settled)


def _dropped(payload: RepairPayload, ranking: Ranking, kept: Subset, wanted: Subset) -> list[DroppedOperation]:
    def reason(index: int) -> str:
        if index in wanted:
            return NOT_ALONE
        return POINTED_AT if index in ranking.implicated else LEFT_OUT

    return [
        DroppedOperation(index=index, op=operation.op, path=operation.path, reason=reason(index))
        for index, operation in enumerate(payload.document.operations)
        if index not in kept
    ]
