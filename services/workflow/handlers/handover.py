"""Gate, packaging and recovery."""

from typing import Any

from services.artifacts import service as artifacts
from services.artifacts.packing import pack_tree
from services.artifacts.schemas import ArtifactType, StoredBlob
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.core.tree import file_fingerprint
from services.core.wording import plural
from services.delivery import rules
from services.delivery.evidence import record_hash
from services.engine.diff import unified_patch
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.repositories import service as repositories
from services.tables.evidence import EvidenceRecord
from services.workflow import attempts
from services.workflow.evidence import build_evidence
from services.workflow.job_source import load_source
from services.workflow.outcomes import Claim, Outcome, Ports, Result, Writer
from services.workflow.registry import handles

PARTIAL_NAME = "last-attempt.patch"


@handles(ItemKind.DELIVERY_GATE)
async def delivery_gate(claim: Claim, ports: Ports) -> Outcome:
    """Compare the branch's head with the start, then package result and evidence."""
    job = claim.job
    number = int(claim.payload["attempt_number"])
    current, latency = await repositories.check_head(
        job.source_url or "", job.source_branch or "", job.head_sha_at_start or ""
    )
    frame = event(
        EventType.HEAD_CHECK,
        status="MATCH" if current == job.head_sha_at_start else "DRIFTED",
        start_sha=job.head_sha_at_start,
        current_sha=current,
    )
    package = await _package(claim, number)
    await ports.log(f"branch head {(current or 'gone')[:12]}, checked in {latency} ms")

    async def write(uow: UnitOfWork) -> None:
        await repositories.store_head_check(uow, job, current, latency)
        await package.store(uow, claim)

    if current != job.head_sha_at_start:
        detail = {"start_sha": job.head_sha_at_start, "current_sha": current}
        return Outcome(Result.DRIFTED, fact="head moved", detail=detail, writes=[write], events=[frame])
    return Outcome(Result.DONE, fact=package.fact, writes=[write], events=[frame])


class _Package:
    """Sealed blobs of a result with its evidence document."""

    def __init__(self, blobs: dict[ArtifactType, tuple[str, StoredBlob]], evidence: dict[str, Any], fact: str) -> None:
        self.blobs, self.evidence, self.fact = blobs, evidence, fact

    async def store(self, uow: UnitOfWork, claim: Claim) -> None:
        """Write artifact rows, the evidence record and the frame that says the result can be fetched."""
        for kind, (name, blob) in self.blobs.items():
            artifacts.add_artifact(uow, claim.job_id, kind, blob, name=name)
        digest = self.blobs[ArtifactType.RESULT_TREE][1].content_hash
        uow.session.add(
            EvidenceRecord(
                tenant_id=uow.tenant_id,
                job_id=claim.job_id,
                artifact_hash=digest,
                document=self.evidence,
                record_hash=record_hash(self.evidence),
            )
        )
        await uow.session.flush()
        frame = event(EventType.ARTIFACT_READY, artifact_expires_at=None, artifact_hash=digest)
        await uow.record(claim.job_id, claim.state_revision, [frame])


async def _package(claim: Claim, number: int) -> _Package:
    source = await load_source(claim)
    document = await attempts.read_document(claim, number)
    result = attempts.apply_to_source(source, claim.job.target_paths, document)
    sides = rules.pack_sides(source.tree, result.tree)
    before, after = rules.unpack_sides(sides)
    contents = {
        ArtifactType.RESULT_TREE: ("changed-files", pack_tree(sides)),
        ArtifactType.PATCH: ("change.patch", unified_patch(before, after).encode("utf-8", "surrogateescape")),
        ArtifactType.REVERSE_PATCH: ("reverse.patch", unified_patch(after, before).encode("utf-8", "surrogateescape")),
    }
    blobs = {}
    for kind, (name, content) in contents.items():
        blobs[kind] = (name, await artifacts.write_blob(claim.actor, content))
    subjects = {path: file_fingerprint(content) for path, content in after.items()}
    deleted = sorted(set(before) - set(after))
    evidence = await build_evidence(claim, source, number, subjects, deleted, document)
    return _Package(blobs, evidence, plural(len({*before, *after}), "file"))


@handles(ItemKind.RESTORE)
async def restore(claim: Claim, ports: Ports) -> Outcome:
    """Keep the last patch as a partial artifact; the source repository was never touched (V1-FR-DEL-003)."""
    writes: list[Writer] = []
    changes: dict[str, Any] = {}
    number = attempts.next_number(claim.job) - 1
    if number >= 0:
        changes["failure_detail"] = await _last_failure(claim, number)
        source = await load_source(claim)
        document = await attempts.read_document(claim, number)
        result = attempts.apply_to_source(source, claim.job.target_paths, document)
        before, after = rules.unpack_sides(rules.pack_sides(source.tree, result.tree))
        patch = unified_patch(before, after).encode("utf-8", "surrogateescape")
        blob = await artifacts.write_blob(claim.actor, patch)

        async def write(uow: UnitOfWork) -> None:
            artifacts.add_artifact(uow, claim.job_id, ArtifactType.PARTIAL_ARTIFACT, blob, name=PARTIAL_NAME)

        writes.append(write)
    await ports.log("the source repository is as it was; the last patch is kept as a partial artifact")
    return Outcome(Result.DONE, fact="restored", changes=changes, writes=writes)


async def _last_failure(claim: Claim, number: int) -> dict[str, Any]:
    """Say what the last attempt failed with, beside what is already known of the job's end."""
    async with unit_of_work(claim.actor) as uow:
        row = await attempts.get_attempt(uow, claim.job_id, number)
    failing = row.probes[-1].get("failing", []) if row.probes else []
    known = claim.job.failure_detail or {}
    return {**known, "attempts": number + 1, "failing": failing[:50], "partial_artifact": PARTIAL_NAME}
