"""Publishing: a delivered result becomes a new branch at its source, or the wish fails with its reason."""

from uuid import UUID

from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.core.clock import now
from services.delivery import rules
from services.delivery import service as delivery
from services.delivery.publications import fail_publication
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.repositories import rules as source_rules
from services.repositories import service as repositories
from services.repositories import snapshots
from services.repositories.publishing import push_branch
from services.repositories.schemas import PushedBranch
from services.tables.delivery import CodeProvenanceRecord, SourceDelivery
from services.tables.evidence import EvidenceRecord
from services.tables.jobs import RefactorJob
from services.workflow.outcomes import Claim, Outcome, Ports, Result
from services.workflow.registry import handles

DRIFTED = "REMOTE_HEAD_CONFLICT"


@handles(ItemKind.PUBLISH)
async def publish(claim: Claim, ports: Ports) -> Outcome:
    """Push the delivered result as a new branch; the job stays delivered whatever happens (decision on D-33)."""
    async with unit_of_work(claim.actor) as uow:
        row = await uow.session.get_one(SourceDelivery, UUID(str(claim.payload["delivery_id"])))
        record = await delivery.find_evidence(uow, claim.job_id)
    try:
        pushed = await _push(claim, row, record)
    except IamaError as error:
        if error.retryable:
            raise
        return await _not_published(claim, ports, row, error)
    await ports.log(f"branch {pushed.branch} pushed at {pushed.commit_sha[:12]}", "PASS")
    return _published(claim.job, row, pushed)


async def _push(claim: Claim, row: SourceDelivery, record: EvidenceRecord | None) -> PushedBranch:
    """Push from a scratch folder of this lease: an orphan of an earlier one works in its own."""
    job = claim.job
    before, after = await delivery.read_sides(claim.actor, job.id)
    current, latency = await repositories.check_head(job.source_url or "", job.source_branch or "", row.base_sha)
    if current != row.base_sha:
        raise IamaError(DRIFTED, current_sha=current, latency_ms=latency)
    dropped = len(record.document["predicate"].get("dropped_operations", [])) if record else 0
    scratch = snapshots.scratch_path(job.id)
    folder = scratch / f"publish-{claim.lease_token}"
    await snapshots.wipe_children(scratch)
    try:
        return await push_branch(
            source_rules.check_source(job.source_url or "").url,
            base_branch=job.source_branch or "",
            base_sha=row.base_sha,
            branch=row.branch_name,
            changes=rules.changes(before, after, row.accepted.get("files")),
            message=rules.commit_message(job.goal, job.id, record.record_hash if record else "", dropped),
            when=row.created_at.isoformat(timespec="seconds"),
            folder=folder,
        )
    finally:
        await snapshots.wipe_folder(folder)
        await snapshots.drop_if_empty(scratch)


def _published(job: RefactorJob, row: SourceDelivery, pushed: PushedBranch) -> Outcome:
    async def write(uow: UnitOfWork) -> None:
        fresh = await uow.session.get_one(SourceDelivery, row.id)
        fresh.status, fresh.commit_sha, fresh.published_at = "PUBLISHED", pushed.commit_sha, now()
        uow.session.add(fresh)
        uow.session.add(
            CodeProvenanceRecord(
                tenant_id=uow.tenant_id,
                job_id=job.id,
                commit_sha=pushed.commit_sha,
                job_id_reference=str(job.id),
                artifact_hash=row.artifact_hash,
            )
        )
        await uow.audit("delivery.published", job.id, branch=pushed.branch, commit=pushed.commit_sha)

    frame = event(EventType.DELIVERY, status="PUBLISHED", branch=pushed.branch, commit=pushed.commit_sha)
    return Outcome(Result.DONE, fact=pushed.branch, writes=[write], events=[frame])


async def _not_published(claim: Claim, ports: Ports, row: SourceDelivery, refusal: IamaError) -> Outcome:
    await ports.log(f"not published: {refusal.code}: {refusal.sentence}", "ERROR")
    drifted = refusal.code == DRIFTED

    async def write(uow: UnitOfWork) -> None:
        await fail_publication(uow, row.id, refusal.code, refusal.sentence)
        if drifted:
            current, latency = refusal.data["current_sha"], refusal.data["latency_ms"]
            await repositories.store_head_check(uow, claim.job, current, latency)

    frame = event(EventType.DELIVERY, status="FAILED", error_code=refusal.code, sentence=refusal.sentence)
    return Outcome(Result.DRIFTED if drifted else Result.REFUSED, fact=refusal.code, writes=[write], events=[frame])
