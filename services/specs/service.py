"""Reads and commits spec revisions. A stale write is refused with what both sides changed, never overwritten."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.access import service as access
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.lifecycle import SPEC_RESTART_STATES, JobState
from services.canon.limits import SPEC_MAX_ITEMS
from services.canon.permissions import Permission
from services.core.clock import now
from services.core.ids import new_id, new_token
from services.infra.unit_of_work import UnitOfWork
from services.jobs.service import require_job
from services.specs import rules
from services.specs.schemas import BddItem, RevisionView, SddItem, SpecView
from services.tables import specs as tables
from services.tables.jobs import RefactorJob

EDITABLE_STATES = SPEC_RESTART_STATES | {
    JobState.WAITING_SPEC_APPROVAL,
    JobState.BASELINE_VALIDATION_FAILED,
    JobState.WAITING_INTERVENTION,
    JobState.FALLBACK_REQUIRED,
}

READ_ONLY_TIERS = frozenset({"FREE"})
"""Plans that show the spec without letting it be edited (settled clash 29)."""


async def get_spec(uow: UnitOfWork, job_id: UUID) -> SpecView:
    """Show the newest revision (`SPEC_NOT_READY` before the draft exists)."""
    job = await require_job(uow, job_id)
    row = await find_latest(uow, job_id)
    if row is None:
        raise IamaError("SPEC_NOT_READY")
    return _view(job, row)


async def find_latest(uow: UnitOfWork, job_id: UUID) -> tables.SpecRevision | None:
    """Return the newest revision row."""
    statement = select(tables.SpecRevision).where(tables.SpecRevision.job_id == job_id)
    return (await uow.session.exec(statement.order_by(col(tables.SpecRevision.number).desc()).limit(1))).one_or_none()


async def list_revisions(uow: UnitOfWork, job_id: UUID) -> list[RevisionView]:
    """List revisions, newest first, each with the items it changed."""
    await require_job(uow, job_id)
    rows = list(
        await uow.session.exec(
            select(tables.SpecRevision)
            .where(tables.SpecRevision.job_id == job_id)
            .order_by(col(tables.SpecRevision.number).desc())
        )
    )
    older: Sequence[tables.SpecRevision | None] = [*rows[1:], None][: len(rows)]
    return [_revision_view(row, parent) for row, parent in zip(rows, older, strict=True)]


async def get_revision(uow: UnitOfWork, job_id: UUID, number: int) -> SpecView:
    """Show one earlier revision (`NOT_FOUND` for unknown numbers)."""
    job = await require_job(uow, job_id)
    statement = select(tables.SpecRevision).where(
        tables.SpecRevision.job_id == job_id, tables.SpecRevision.number == number
    )
    row = (await uow.session.exec(statement)).one_or_none()
    if row is None:
        raise IamaError("NOT_FOUND")
    return _view(job, row)


async def save_revision(
    uow: UnitOfWork,
    job: RefactorJob,
    *,
    revision_token: str,
    bdd: list[BddItem] | None,
    sdd: list[SddItem] | None,
    kind: str = "HUMAN",
) -> SpecView:
    """Commit a person's edit on top of the revision they saw; omitted halves stay as they are.

    Args:
        kind: HUMAN, NL_CONVERT for items that came of plain words, RESTORE for those of an earlier revision.
    Raises:
        IamaError: `SPEC_REVISION_CONFLICT` with the current token and per-field differences, `SPEC_NOT_READY`,
            `SPEC_EMPTY`, `TRANSITION_NOT_ALLOWED` where the state no longer takes edits, `ENTITLEMENT_DENIED` for a
            plan without edits, `VALIDATION_FAILED`.
    Req: V1-FR-SPEC-002, V1-FR-SPEC-003, V2-FR-WF-002.
    """
    head = await require_editable(uow, job)
    new_bdd = head.bdd_snapshot if bdd is None else [item.model_dump() for item in bdd]
    new_sdd = head.sdd_snapshot if sdd is None else [item.model_dump() for item in sdd]
    if head.revision_token != revision_token:
        raise await _conflict(uow, job.id, revision_token, head, new_bdd, new_sdd)
    _check(new_bdd, new_sdd)
    if rules.content_hash(new_bdd, new_sdd) == head.content_hash:
        return _view(job, head)
    row = await add_revision(uow, job.id, kind=kind, bdd=new_bdd, sdd=new_sdd, parent=head)
    return _view(job, row)


async def require_editable(uow: UnitOfWork, job: RefactorJob) -> tables.SpecRevision:
    """Return the newest revision of a spec that the actor may change now; refusals as `save_revision`."""
    await require_job(uow, job.id, Permission.JOBS_ACT)
    if (await access.get_plan(uow)).tier in READ_ONLY_TIERS:
        raise IamaError("ENTITLEMENT_DENIED", denial_reason="SPEC_EDIT_NOT_ENTITLED")
    head = await find_latest(uow, job.id)
    if head is None or (job.status == JobState.WAITING_SPEC_APPROVAL.value and job.spec_status != "READY"):
        raise IamaError("SPEC_NOT_READY")
    if JobState(job.status) not in EDITABLE_STATES:
        raise IamaError("TRANSITION_NOT_ALLOWED", status=job.status)
    return head


async def require_current(uow: UnitOfWork, job: RefactorJob, revision_token: str) -> tables.SpecRevision:
    """Return the newest revision if it is editable and the one that was seen (`SPEC_REVISION_CONFLICT`)."""
    head = await require_editable(uow, job)
    if head.revision_token != revision_token:
        raise await _conflict(uow, job.id, revision_token, head, head.bdd_snapshot, head.sdd_snapshot)
    return head


async def add_revision(
    uow: UnitOfWork,
    job_id: UUID,
    *,
    kind: str,
    bdd: Sequence[dict[str, Any]],
    sdd: Sequence[dict[str, Any]],
    parent: tables.SpecRevision | None,
) -> tables.SpecRevision:
    """Write a revision with its items and tell the job's readers."""
    row = tables.SpecRevision(
        id=new_id(),
        tenant_id=uow.tenant_id,
        job_id=job_id,
        number=parent.number + 1 if parent else 1,
        revision_token=new_token(),
        parent_revision_id=parent.id if parent else None,
        kind=kind,
        actor_ref=uow.actor.ref,
        surface=uow.actor.surface.value,
        bdd_snapshot=list(bdd),
        sdd_snapshot=list(sdd),
        content_hash=rules.content_hash(bdd, sdd),
    )
    uow.session.add(row)
    await uow.session.flush()
    ids: dict[str, Any] = {"tenant_id": uow.tenant_id, "job_id": job_id, "revision_id": row.id}
    for position, item in enumerate(bdd):
        fields = {key: value for key, value in item.items() if key != "id"}
        uow.session.add(tables.BddItem(**ids, item_key=item["id"], position=position, **fields))
    for position, item in enumerate(sdd):
        fields = {key: value for key, value in item.items() if key != "id"}
        uow.session.add(tables.SddItem(**ids, item_key=item["id"], position=position, **fields))
    await uow.session.flush()
    await uow.audit("spec.revised", job_id, revision_id=str(row.id), number=row.number, kind=kind)
    frame = event(
        EventType.SPEC_UPDATED,
        revision_id=str(row.id),
        revision_token=row.revision_token,
        updated_by_surface=uow.actor.surface.value,
    )
    job = await uow.session.get(RefactorJob, job_id)
    await uow.record(job_id, job.state_revision if job else 0, [frame])
    return row


async def approve_latest(uow: UnitOfWork, job: RefactorJob, revision_token: str | None) -> tables.SpecRevision:
    """Mark the newest revision as approved by the actor and return it.

    Raises:
        IamaError: `SPEC_NOT_READY`, `SPEC_REVISION_CONFLICT`, `SPEC_EMPTY`, `SPEC_UNCHANGED` on a rerun.
    """
    head = await find_latest(uow, job.id)
    if head is None or job.spec_status != "READY":
        raise IamaError("SPEC_NOT_READY")
    if revision_token is not None and revision_token != head.revision_token:
        raise IamaError("SPEC_REVISION_CONFLICT", current_revision_token=head.revision_token)
    if not head.bdd_snapshot:
        raise IamaError("SPEC_EMPTY")
    if job.approved_spec_revision_id is not None:
        approved = await uow.session.get(tables.SpecRevision, job.approved_spec_revision_id)
        if approved is not None and approved.content_hash == head.content_hash:
            raise IamaError("SPEC_UNCHANGED")
    head.approved_at = now()
    head.approved_by = uow.actor.user_id
    uow.session.add(head)
    await uow.session.flush()
    return head


async def _conflict(
    uow: UnitOfWork,
    job_id: UUID,
    token: str,
    head: tables.SpecRevision,
    bdd: list[dict[str, Any]],
    sdd: list[dict[str, Any]],
) -> IamaError:
    statement = select(tables.SpecRevision).where(
        tables.SpecRevision.job_id == job_id, tables.SpecRevision.revision_token == token
    )
    base = (await uow.session.exec(statement)).one_or_none()
    base_bdd = base.bdd_snapshot if base else []
    base_sdd = base.sdd_snapshot if base else []
    found = [
        *rules.conflicts(base_bdd, bdd, head.bdd_snapshot),
        *rules.conflicts(base_sdd, sdd, head.sdd_snapshot),
    ]
    diff = {
        "base_number": base.number if base else None,
        "current_number": head.number,
        "conflicts": [item.model_dump() for item in found],
        "merged_bdd": rules.merged(base_bdd, bdd, head.bdd_snapshot),
        "merged_sdd": rules.merged(base_sdd, sdd, head.sdd_snapshot),
        "theirs_bdd": head.bdd_snapshot,
        "theirs_sdd": head.sdd_snapshot,
    }
    return IamaError(
        "SPEC_REVISION_CONFLICT", current_revision_token=head.revision_token, diff_payload=diff, actor=head.actor_ref
    )


def _check(bdd: list[dict[str, Any]], sdd: list[dict[str, Any]]) -> None:
    if not bdd:
        raise IamaError("SPEC_EMPTY")
    keys = [item["id"] for item in (*bdd, *sdd)]
    if len(keys) != len(set(keys)) or len(keys) > SPEC_MAX_ITEMS:
        raise IamaError("VALIDATION_FAILED", sentence=f"Item ids must differ; at most {SPEC_MAX_ITEMS} items.")


def _view(job: RefactorJob, row: tables.SpecRevision) -> SpecView:
    return SpecView(
        job_id=job.id,
        revision_id=row.id,
        revision_token=row.revision_token,
        number=row.number,
        kind=row.kind,
        bdd_items=[BddItem.model_validate(item) for item in row.bdd_snapshot],
        sdd_items=[SddItem.model_validate(item) for item in row.sdd_snapshot],
        updated_at=row.created_at,
        actor=row.actor_ref,
        surface=row.surface,
        approved=row.approved_at is not None,
        editable=JobState(job.status) in EDITABLE_STATES and job.spec_status == "READY",
    )


def _revision_view(row: tables.SpecRevision, parent: tables.SpecRevision | None) -> RevisionView:
    return RevisionView(
        revision_id=row.id,
        number=row.number,
        kind=row.kind,
        actor=row.actor_ref,
        surface=row.surface,
        created_at=row.created_at,
        approved_at=row.approved_at,
        bdd_count=len(row.bdd_snapshot),
        sdd_count=len(row.sdd_snapshot),
        changed_items=[
            *rules.changed_items(parent.bdd_snapshot if parent else [], row.bdd_snapshot),
            *rules.changed_items(parent.sdd_snapshot if parent else [], row.sdd_snapshot),
        ],
    )
