"""What a hosted answer must satisfy beyond its schema: its edits apply to the snapshot as they stand."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from services.core.tree import Tree
from services.engine.apply import OperationStatus, apply_document
from services.engine.context.anchoring import onto_full_files
from services.engine.context.model import FileView
from services.engine.document import EditDocument
from services.llm.repair_json import MAX_PROBLEMS, Check
from services.llm.schemas import ChangePayload

T = TypeVar("T", bound=BaseModel)


def check_for(payload: ChangePayload, tree: Tree, views: Sequence[FileView] = ()) -> Check[BaseModel]:
    """Return a check that tries an answer's document on the snapshot; answers without one pass (V1-LLM-16).

    Args:
        views: what the answer was written against; its anchors are meant there.
    """

    def check(value: BaseModel) -> list[str]:
        document = getattr(onto_snapshot(value, views), "document", None)
        return _refusals(document, payload, tree) if isinstance(document, EditDocument) else []

    return check


def onto_snapshot(value: T, views: Sequence[FileView]) -> T:
    """Return the answer with its document anchored in the whole files; any other answer as it is."""
    document = getattr(value, "document", None)
    if not isinstance(document, EditDocument):
        return value
    return value.model_copy(update={"document": onto_full_files(document, views)})


def _refusals(document: EditDocument, payload: ChangePayload, tree: Tree) -> list[str]:
    result = apply_document(tree, document, scope=payload.path_scope, protected=payload.protected)
    return [
        f"operations.{outcome.index}: {outcome.code} at {outcome.location}. {outcome.remedy}"
        for outcome in result.outcomes
        if outcome.status is OperationStatus.REFUSED
    ][:MAX_PROBLEMS]
