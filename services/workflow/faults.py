"""What follows when an item spent its tries through platform faults: wipes stay put, the rest fails uncharged (C2)."""

from uuid import UUID

from services.canon.errors import ERRORS
from services.canon.events import EventType, event
from services.canon.lifecycle import REASON_CLASSES
from services.canon.tasks import ItemKind
from services.delivery.publications import fail_publication
from services.infra.unit_of_work import UnitOfWork
from services.jobs.transitions import ItemRequest, add_item
from services.tables.jobs import RefactorJob
from services.workflow.decisions import DECISIONS, Decision, fail
from services.workflow.outcomes import Claim, Outcome, Result

_WIPES = frozenset({ItemKind.WIPE_SANDBOX, ItemKind.WIPE_SCRATCH})

SIDE_ITEMS = frozenset(
    {ItemKind.PUBLISH, ItemKind.PROVE_SUBSET, ItemKind.RELEASE_SANDBOX, ItemKind.EXPIRE_ARTIFACTS, ItemKind.PROBE}
)
"""Items beside the main path: their failure is recorded but moves nothing."""


_OF_PUBLICATIONS = frozenset({ItemKind.PUBLISH, ItemKind.PROVE_SUBSET})


def after_fault(job: RefactorJob, kind: ItemKind, code: str, message: str) -> Decision:
    """Return the move after the last try of an item failed."""
    if kind in _WIPES:
        return DECISIONS[kind, Result.STALLED](job, Outcome(Result.STALLED))
    reason = "RECOVERY_FAILED" if kind is ItemKind.RESTORE else code
    reason = reason if reason in REASON_CLASSES else "INFRA_FAILURE"
    return fail(job, reason, {"message": message, "item": kind.value}, "fault")


async def settle_side_item(uow: UnitOfWork, claim: Claim, code: str, message: str) -> None:
    """Close what waited for a side item whose tries are spent: its publication fails, so that nobody waits for it.

    A sandbox that a selection was proven in is erased by an item of its own.
    """
    wished = claim.payload.get("delivery_id") if claim.kind in _OF_PUBLICATIONS else None
    if wished is None:
        return
    code = code if code in ERRORS else "INFRA_FAILURE"
    if await fail_publication(uow, UUID(str(wished)), code, message):
        frame = event(EventType.DELIVERY, status="FAILED", error_code=code, sentence=message)
        await uow.record(claim.job_id, claim.state_revision, [frame])
        await uow.audit("delivery.failed", claim.job_id, delivery_id=str(wished), code=code)
    if claim.kind is ItemKind.PROVE_SUBSET:
        release, key = ItemRequest(ItemKind.RELEASE_SANDBOX), f"{claim.step_id}:{ItemKind.RELEASE_SANDBOX.value}"
        await add_item(uow, claim.job_id, claim.state.value, claim.state_revision, key, release)
