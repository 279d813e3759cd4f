"""What a hosted answer must satisfy beyond its schema: its edits apply to the snapshot as they stand."""

from pydantic import BaseModel

from services.core.tree import Tree
from services.engine.apply import OperationStatus, apply_document
from services.engine.document import EditDocument
from services.llm.repair_json import MAX_PROBLEMS, Check
from services.llm.schemas import ChangePayload


def check_for(payload: ChangePayload, tree: Tree) -> Check[BaseModel]:
    """Return a check that tries an answer's document on the snapshot; answers without one pass (V1-LLM-16)."""

    def check(value: BaseModel) -> list[str]:
        document = getattr(value, "document", None)
        return _refusals(document, payload, tree) if isinstance(document, EditDocument) else []

    return check


def _refusals(document: EditDocument, payload: ChangePayload, tree: Tree) -> list[str]:
    result = apply_document(tree, document, scope=payload.path_scope, protected=payload.protected)
    return [
        f"operations.{outcome.index}: {outcome.code} at {outcome.location}. {outcome.remedy}"
        for outcome in result.outcomes
        if outcome.status is OperationStatus.REFUSED
    ][:MAX_PROBLEMS]
