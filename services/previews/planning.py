"""From a pinned tree and a wish to what a person is shown: planned, applied in memory, measured. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from services.canon.errors import IamaError
from services.canon.limits import (
    PREVIEW_MAX_DOCUMENT_BYTES,
    PREVIEW_MAX_FILES,
    PREVIEW_MAX_ROWS,
    PREVIEW_MAX_TEXT_CHARACTERS,
)
from services.core.tree import Tree
from services.delivery.schemas import FileDiffView, file_view
from services.engine.apply import ApplyResult, OperationStatus, apply_document
from services.engine.catalogue import plan_change
from services.engine.diff import FileDiff, file_diffs
from services.engine.document import EditDocument, document_from_json, document_subset, document_to_json
from services.engine.goals import goal_sentence, parse_goal
from services.engine.hazards import Hazard
from services.engine.refusals import RefusalCode, RefusedError
from services.previews.impact import affected_symbols, references
from services.previews.schemas import HazardView, OperationView, Preview, PreviewRequest, RefusalView, Totals
from services.previews.sources import PinnedTree

_REASONS = 20


def preview(pinned: PinnedTree, wanted: PreviewRequest) -> Preview:
    """Work out a change on a tree that is not touched.

    Raises:
        IamaError: `GOAL_NOT_UNDERSTOOD`; `VALIDATION_FAILED` for a document that is none.
    """
    hazards: list[Hazard] = []
    steps: list[str] = []
    refusal: RefusedError | None = None
    if wanted.document is not None:
        document = _read_document(wanted.document)
    else:
        document, hazards, steps, refusal = _plan(pinned, wanted)
    result = _applied(pinned, wanted, document)
    if wanted.goal is not None:
        document, result, left = _without_protected(pinned, wanted, document, result)
        steps += left
    every = list(dict.fromkeys((*hazards, *result.hazards)))
    understood = goal_sentence(parse_goal(wanted.goal, wanted.options)) if wanted.goal else None
    shown = _Shown(pinned.tree, result, document, every, refusal)
    return shown.view(pinned, wanted, understood, [*steps, *result.notes])


def _plan(
    pinned: PinnedTree, wanted: PreviewRequest
) -> tuple[EditDocument, list[Hazard], list[str], RefusedError | None]:
    goal = parse_goal(wanted.goal or "", wanted.options)
    try:
        plan = plan_change(pinned.tree, pinned.project(wanted.path_scope), goal, wanted.level, pinned.protected)
    except RefusedError as refusal:
        return EditDocument(operations=[]), [], [], refusal
    return plan.document, list(plan.hazards), list(plan.steps), None


def _applied(pinned: PinnedTree, wanted: PreviewRequest, document: EditDocument) -> ApplyResult:
    scope = wanted.path_scope
    return apply_document(pinned.tree, document, scope=scope, protected=pinned.protected, atomic=False)


def _without_protected(
    pinned: PinnedTree, wanted: PreviewRequest, document: EditDocument, result: ApplyResult
) -> tuple[EditDocument, ApplyResult, list[str]]:
    """Leave out the operations of a plan that protected files refuse, as a job does; say which."""
    left = {item.index: item for item in result.outcomes if item.code is RefusalCode.PROTECTED_FILE}
    if not left:
        return document, result, []
    kept = document_subset(document, set(range(len(document.operations))) - set(left))
    said = [f"Left alone: {item.location}. {item.remedy}" for item in left.values()]
    return kept, _applied(pinned, wanted, kept), said


def _read_document(value: Mapping[str, Any]) -> EditDocument:
    try:
        return document_from_json(json.dumps(value))
    except ValidationError as error:
        fields = [
            {
                "field": ".".join(["document", *(str(part) for part in item["loc"])]),
                "in": "body",
                "message": item["msg"],
            }
            for item in error.errors()[:_REASONS]
        ]
        raise IamaError("VALIDATION_FAILED", sentence="This is not an edit document.", fields=fields) from error


class _Shown:
    """Everything there is to show of one result, before it is bounded."""

    def __init__(
        self,
        before: Tree,
        result: ApplyResult,
        document: EditDocument,
        hazards: Sequence[Hazard],
        refusal: RefusedError | None,
    ) -> None:
        self._document = document
        self._diffs = file_diffs(before, result.tree)
        self._symbols = affected_symbols(before, result.tree, self._diffs)
        self._references = references(before, document, self._diffs)
        self._hazards = [hazard_view(hazard) for hazard in hazards]
        self._operations = [
            OperationView(
                index=item.index,
                op=item.op,
                path=item.path,
                status=item.status.value,
                code=item.code,
                location=item.location,
                remedy=item.remedy,
            )
            for item in result.outcomes
        ]
        self._refusals = _refusals(refusal, result)

    def view(self, pinned: PinnedTree, wanted: PreviewRequest, understood: str | None, steps: list[str]) -> Preview:
        """Return what is sent: lists cut at their bounds, totals of everything."""
        text = document_to_json(self._document)
        return Preview(
            head_sha=pinned.head_sha,
            branch=pinned.branch,
            understood=understood,
            level=wanted.level,
            steps=steps[:PREVIEW_MAX_ROWS],
            symbols=self._symbols[:PREVIEW_MAX_ROWS],
            references=self._references[:PREVIEW_MAX_ROWS],
            hazards=self._hazards[:PREVIEW_MAX_ROWS],
            operations=self._operations[:PREVIEW_MAX_ROWS],
            refusals=self._refusals[:PREVIEW_MAX_ROWS],
            diff_files=_bounded(self._diffs),
            document=json.loads(text) if len(text) <= PREVIEW_MAX_DOCUMENT_BYTES else None,
            totals=Totals(
                symbols=len(self._symbols),
                references=len(self._references),
                hazards=len(self._hazards),
                operations=len(self._operations),
                files=len(self._diffs),
            ),
        )


def hazard_view(hazard: Hazard) -> HazardView:
    """Return a hazard as it is shown and accepted."""
    return HazardView(
        hazard_id=hazard.key, kind=hazard.kind.value, path=hazard.path, line=hazard.line, sentence=hazard.sentence
    )


def _refusals(refusal: RefusedError | None, result: ApplyResult) -> list[RefusalView]:
    found = [RefusalView(code=refusal.code, location=refusal.location, remedy=refusal.remedy)] if refusal else []
    return found + [
        RefusalView(code=item.code or "", location=item.location or item.path, remedy=item.remedy or "")
        for item in result.outcomes
        if item.status is OperationStatus.REFUSED
    ]


def _bounded(diffs: Sequence[FileDiff]) -> list[FileDiffView]:
    """Return the first files; those past the bound of all text are named without their hunks."""
    views, left = [], PREVIEW_MAX_TEXT_CHARACTERS
    for diff in diffs[:PREVIEW_MAX_FILES]:
        view = file_view(diff)
        left -= sum(len(hunk.text) for hunk in view.hunks)
        views.append(view if left >= 0 else view.model_copy(update={"hunks": []}))
    return views
