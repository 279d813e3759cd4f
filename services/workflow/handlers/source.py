"""Source in, scratch out: the pinned tree becomes an encrypted artifact, then the clone is wiped with evidence."""

import asyncio
import hashlib
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.artifacts import service as artifacts
from services.artifacts.packing import pack_tree
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.core.clock import now
from services.core.ids import new_id
from services.core.tree import is_within, tree_fingerprint
from services.core.wording import plural
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.llm.settings import LlmSettings
from services.repositories import rules as source_rules
from services.repositories import snapshots
from services.repositories.filters import RULE_VERSION
from services.repositories.schemas import Snapshot
from services.tables.repositories import ContextFilterDecision, RepositoryWorkspace, RepoSyncScratchRecord
from services.tables.sandbox import SecureWipeEvidence
from services.workflow.model_layer import llm_settings
from services.workflow.outcomes import Claim, Outcome, Ports, Result
from services.workflow.registry import handles


@handles(ItemKind.SYNC_REPOSITORY)
async def sync_repository(claim: Claim, ports: Ports) -> Outcome:
    """Fetch the pinned commit, filter it, scan it for secrets and hand it over."""
    job = claim.job
    folder = snapshots.scratch_path(job.id) / str(claim.lease_token)
    await _note_scratch(claim, str(folder))
    await ports.log(f"fetch {job.repo_label} {job.source_branch} at {(job.head_sha_at_start or '')[:12]}")
    try:
        source = source_rules.check_source(job.source_url or "")
        await snapshots.fetch(source.url, job.source_branch or "", job.head_sha_at_start or "", folder, blobs=True)
        snapshot = await snapshots.read_snapshot(folder, job.head_sha_at_start or "", job.target_paths)
    except IamaError as error:
        return Outcome(Result.REFUSED, reason=_reason(error.code), detail={"code": error.code, **error.data})
    refused = _secrets_refused(snapshot, llm_settings())
    if refused:
        return Outcome(Result.REFUSED, reason="SECRET_DETECTED", detail={"files": refused})
    return await _hand_over(claim, ports, snapshot)


def _reason(code: str) -> str:
    known = {"REPO_SIZE_LIMIT_EXCEEDED", "REPO_FILE_COUNT_LIMIT_EXCEEDED"}
    return code if code in known else "SOURCE_ACCESS_REVOKED"


def _secrets_refused(snapshot: Snapshot, settings: LlmSettings) -> list[str]:
    """With a remote model the job ends before the first call; otherwise the files are excluded and disclosed."""
    found = [decision.path for decision in snapshot.decisions if decision.reason_code == "SECRET_DETECTED"]
    return found if settings.is_hosted else []


async def _note_scratch(claim: Claim, folder: str) -> None:
    async with unit_of_work(claim.actor) as uow:
        statement = insert(RepoSyncScratchRecord).values(
            id=new_id(), tenant_id=uow.tenant_id, job_id=claim.job_id, scratch_storage_key=folder, status="ACTIVE"
        )
        await uow.session.execute(statement.on_conflict_do_nothing())


async def _hand_over(claim: Claim, ports: Ports, snapshot: Snapshot) -> Outcome:
    job = claim.job
    blob = await artifacts.write_blob(claim.actor, await asyncio.to_thread(pack_tree, snapshot.files))
    inside = {p: c for p, c in snapshot.files.items() if is_within(p, job.target_paths) and p not in snapshot.blocked}
    lines = sum(content.count(b"\n") for content in inside.values())
    for decision in snapshot.decisions[:50]:
        await ports.log(f"not read as source: {decision.path} {decision.reason_code}", "WARN")

    async def write(uow: UnitOfWork) -> None:
        artifact = artifacts.add_artifact(uow, job.id, ArtifactType.FULL_FILES, blob, name="source-tree")
        uow.session.add(
            RepositoryWorkspace(
                tenant_id=uow.tenant_id,
                job_id=job.id,
                full_name=job.repo_label,
                branch=job.source_branch or "",
                path_scopes=job.target_paths,
                head_sha=snapshot.head_sha,
                tree_artifact_id=artifact,
                tree_fingerprint=tree_fingerprint(snapshot.files),
                files_in_scope=len(inside),
                lines_in_scope=lines,
                files_total=len(snapshot.files),
                status="READY",
            )
        )
        for decision in snapshot.decisions:
            uow.session.add(
                ContextFilterDecision(
                    tenant_id=uow.tenant_id,
                    job_id=job.id,
                    path=decision.path,
                    reason_code=decision.reason_code,
                    size_bytes=decision.size_bytes,
                    rule_version=RULE_VERSION,
                    detail={"excluded": decision.excluded},
                )
            )
        statement = select(RepoSyncScratchRecord).where(RepoSyncScratchRecord.job_id == job.id)
        for record in await uow.session.exec(statement):
            record.status, record.payload_handoff_at, record.bytes = "HANDED_OFF", now(), blob.size_bytes
            uow.session.add(record)

    frame = event(EventType.REPO_SYNC, status="HANDED_OFF", files=len(snapshot.files))
    return Outcome(Result.DONE, fact=f"{plural(len(inside), 'file')} in scope", writes=[write], events=[frame])


@handles(ItemKind.WIPE_SCRATCH)
async def wipe_scratch(claim: Claim, ports: Ports) -> Outcome:
    """Erase the clone and store the evidence; the job goes on only with it."""
    folder = snapshots.scratch_path(claim.job_id)
    files = await snapshots.wipe_folder(folder)
    if folder.exists():
        return Outcome(Result.STALLED)
    facts: dict[str, Any] = {"files": files, "method": "overwrite-and-delete", "level": "best-effort"}
    digest = hashlib.sha256(f"{claim.job_id}:{folder.name}:{files}".encode()).hexdigest()
    await ports.log(f"scratch copy erased, {files} files, evidence {digest[:12]}")

    async def write(uow: UnitOfWork) -> None:
        statement = select(RepoSyncScratchRecord).where(RepoSyncScratchRecord.job_id == claim.job_id)
        for record in await uow.session.exec(statement):
            record.status, record.wipe_completed_at, record.wipe_evidence_hash = "WIPED", now(), digest
            uow.session.add(record)
            uow.session.add(
                SecureWipeEvidence(
                    tenant_id=uow.tenant_id,
                    job_id=claim.job_id,
                    scratch_record_id=record.id,
                    wipe_type="SCRATCH_SOURCE",
                    verified=True,
                    method="overwrite-and-delete (best-effort)",
                    evidence_hash=digest,
                    detail=facts,
                    verified_at=now(),
                )
            )

    return Outcome(
        Result.DONE,
        fact="evidence",
        writes=[write],
        events=[event(EventType.WIPE, step="SCRATCH_SOURCE", verified=True)],
    )
