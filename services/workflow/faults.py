"""What follows when an item spent its tries through platform faults: wipes stay put, the rest fails uncharged (C2)."""

from services.canon.lifecycle import REASON_CLASSES
from services.canon.tasks import ItemKind
from services.tables.jobs import RefactorJob
from services.workflow.decisions import DECISIONS, Decision, fail
from services.workflow.outcomes import Outcome, Result

_WIPES = frozenset({ItemKind.WIPE_SANDBOX, ItemKind.WIPE_SCRATCH})

SIDE_ITEMS = frozenset({ItemKind.PUBLISH, ItemKind.PROVE_SUBSET, ItemKind.RELEASE_SANDBOX, ItemKind.PROBE})
"""Items beside the main path: their failure is recorded but moves nothing."""


def after_fault(job: RefactorJob, kind: ItemKind, code: str, message: str) -> Decision:
    """Return the move after the last try of an item failed."""
    if kind in _WIPES:
        return DECISIONS[kind, Result.STALLED](job, Outcome(Result.STALLED))
    reason = "RECOVERY_FAILED" if kind is ItemKind.RESTORE else code
    reason = reason if reason in REASON_CLASSES else "INFRA_FAILURE"
    return fail(job, reason, {"message": message, "item": kind.value}, "fault")
