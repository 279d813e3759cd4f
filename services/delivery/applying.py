"""Accepting a delivered result into a workspace, and taking that back. The files are written by whoever holds it.

The job stays delivered; a choice is a record, and so is its end (V1-FR-DEL-005, V1-FR-DEL-007).
"""

from uuid import UUID

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType, StoredBlob
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.permissions import Permission
from services.core.actor import Actor
from services.core.clock import now
from services.core.ids import new_id
from services.delivery.choices import commit_of, open_choice
from services.delivery.picking import Choice, Wish, choose, chosen_tree
from services.delivery.schemas import AppliedView, RevertView
from services.delivery.service import delivered_attempt, find_evidence, read_sides
from services.engine.diff import file_diffs, unified_patch
from services.engine.document import document_from_json
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs.service import require_job
from services.tables.apply_records import DeliveryApplyRecord
from services.tables.jobs import RefactorJob

SUBSET_NAME = "subset-not-re-proved.diff"
REST_NAME = "not-applied.patch"


async def apply(actor: Actor, job_id: UUID, wish: Wish) -> AppliedView:
    """Record what is accepted of a delivered result; nothing accepted discards it.

    A part is stored as a version of its own that says it was not proven again, and the rest as a partial artifact.

    Raises:
        IamaError: `JOB_NOT_FOUND`, `JOB_OWNERSHIP_VIOLATION`, `TRANSITION_NOT_ALLOWED` before delivery,
            `VALIDATION_FAILED` as `picking.choose`, `ARTIFACT_EXPIRED`.
    """
    async with unit_of_work(actor) as uow:
        await _delivered(uow, job_id)
    before, after = await read_sides(actor, job_id)
    diffs = file_diffs(before, after)
    choice = choose(diffs, wish, by_hunk=await is_by_hunk(actor, job_id))
    blobs: list[tuple[ArtifactType, str, StoredBlob]] = []
    if choice.outcome == "PARTIAL":
        chosen = chosen_tree(before, after, diffs, choice)
        for kind, name, patch in (
            (ArtifactType.DIFF, SUBSET_NAME, unified_patch(before, chosen)),
            (ArtifactType.PARTIAL_ARTIFACT, REST_NAME, unified_patch(chosen, after)),
        ):
            blobs.append((kind, name, await artifacts.write_blob(actor, patch.encode("utf-8", "surrogateescape"))))
    async with unit_of_work(actor) as uow:
        job = await _delivered(uow, job_id, lock=True)
        for kind, name, blob in blobs:
            artifacts.add_artifact(uow, job_id, kind, blob, name=name)
        return await _record(uow, job, choice)


async def revert(actor: Actor, job_id: UUID) -> RevertView:
    """Take an accepted result back, unless it is part of a commit already; both outcomes are audited.

    Raises:
        IamaError: `JOB_NOT_FOUND`, `JOB_OWNERSHIP_VIOLATION`, `TRANSITION_NOT_ALLOWED` where nothing is applied.
    """
    async with unit_of_work(actor) as uow:
        job = await _delivered(uow, job_id, lock=True)
        reverse = await artifacts.find_latest(uow, job_id, ArtifactType.REVERSE_PATCH)
        commit = await commit_of(uow, job_id)
        row = await open_choice(uow, job_id)
        if commit is None and row is None:
            raise IamaError("TRANSITION_NOT_ALLOWED", sentence="Nothing of this result is applied.", status=job.status)
        if row is not None:
            row.reverted_at = None if commit else now()
            row.revert_block_reason = "POST_COMMIT" if commit else None
            uow.session.add(row)
            await uow.session.flush()
        await uow.audit("delivery.revert_blocked" if commit else "delivery.reverted", job_id, commit=commit)
        return RevertView(reverted=commit is None, commit_sha=commit, reverse_patch_id=reverse)


async def is_by_hunk(actor: Actor, job_id: UUID) -> bool:
    """Tell whether single hunks may be picked: every edit of the result is an exact search-replace."""
    async with unit_of_work(actor) as uow:
        attempt = await delivered_attempt(uow, job_id)
    if attempt is None or attempt.document_artifact_id is None:
        return False
    content = await artifacts.read_artifact(actor, attempt.document_artifact_id, job_id)
    return document_from_json(content).is_search_replace_only


async def _delivered(uow: UnitOfWork, job_id: UUID, *, lock: bool = False) -> RefactorJob:
    job = await require_job(uow, job_id, Permission.DELIVERY_APPLY, lock=lock)
    if job.status != JobState.DELIVERED.value:
        raise IamaError("TRANSITION_NOT_ALLOWED", status=job.status, state_revision=job.state_revision)
    return job


async def _record(uow: UnitOfWork, job: RefactorJob, choice: Choice) -> AppliedView:
    evidence = await find_evidence(uow, job.id)
    until = job.artifact_expires_at if choice.taken else None
    accepted = [{"file": path, "hunk_ids": sorted(ids) if ids else None} for path, ids in choice.taken.items()]
    row = DeliveryApplyRecord(
        id=new_id(),
        tenant_id=uow.tenant_id,
        job_id=job.id,
        artifact_hash=evidence.artifact_hash if evidence else "",
        accepted=accepted,
        skipped=choice.skipped,
        outcome=choice.outcome,
        revert_until=until,
        actor_id=uow.actor.user_id,
    )
    uow.session.add(row)
    await uow.session.flush()
    event = "delivery.applied" if choice.taken else "delivery.discarded"
    await uow.audit(event, job.id, record_id=str(row.id), accepted=accepted, skipped=choice.skipped)
    return AppliedView(
        applied_files=list(choice.taken),
        skipped_files=choice.skipped,
        revert_available_until=until,
        is_proven=choice.outcome == "APPLIED",
    )
