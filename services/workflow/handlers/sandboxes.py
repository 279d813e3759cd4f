"""Provisioning, building and wiping of sandboxes."""

import time
from datetime import timedelta
from uuid import UUID

from sqlmodel import select

from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import queries
from services.metering import service as metering
from services.sandbox import service as sandbox
from services.sandbox.port import WipeEvidence
from services.tables.sandbox import RemoteExecutionSession, SecureWipeEvidence
from services.workflow.job_source import load_source
from services.workflow.outcomes import Claim, Outcome, Ports, Result
from services.workflow.registry import handles
from services.workflow.sessions import attach_session, build, open_session

_POLICY_CODES = frozenset({"POLICY_BLOCKED", "ISOLATION_BELOW_POLICY"})


@handles(ItemKind.PROVISION_SANDBOX)
async def provision(claim: Claim, ports: Ports) -> Outcome:
    """Open an isolated sandbox that meets the policy, or say what is missing."""
    source = await load_source(claim)
    began = time.monotonic()
    try:
        live = await open_session(claim, source)
    except IamaError as error:
        if error.code in _POLICY_CODES:
            detail = {"sentence": error.sentence, **error.data}
            return Outcome(Result.REFUSED, reason="ISOLATION_BELOW_POLICY", detail=detail)
        raise
    seconds = time.monotonic() - began
    await ports.log(f"sandbox {live.session.provider_name} opened in {seconds:.1f} s")
    frame = event(EventType.REMOTE_SESSION, status="RUNNING", provider=live.session.provider_name)
    return Outcome(Result.DONE, fact=live.session.provider_name, events=[frame])


@handles(ItemKind.BUILD)
async def build_sandbox(claim: Claim, ports: Ports) -> Outcome:
    """Install what the project's tests need; a project that cannot be built stops here with its log."""
    source = await load_source(claim)
    live = await attach_session(claim) if claim.lost_count == 0 else None
    live = live or await open_session(claim, source)
    result = await build(claim, ports, source, live)
    for sentence in result.fallbacks:
        await ports.log(sentence, "WARN")
    if not result.ok:
        detail = {"timed_out": result.timed_out, "log": result.log[-4000:]}
        return Outcome(Result.REFUSED, reason="BUILD_FAILED", detail=detail, fact="build failed")
    return Outcome(Result.DONE, fact=f"built in {result.seconds:.0f} s")


@handles(ItemKind.WIPE_SANDBOX)
async def wipe_sandbox(claim: Claim, ports: Ports) -> Outcome:
    """Erase every sandbox of the job; it becomes terminal only with the evidence (V2-FR-RUN-007)."""
    return await _wipe_all(claim, ports)


@handles(ItemKind.RELEASE_SANDBOX)
async def release_sandbox(claim: Claim, ports: Ports) -> Outcome:
    """Erase an idle sandbox while the job waits for a person; the state stays."""
    await ports.log("the idle sandbox is erased; it is rebuilt when the job goes on")
    return await _wipe_all(claim, ports)


async def _wipe_all(claim: Claim, ports: Ports) -> Outcome:
    async with unit_of_work(claim.actor) as uow:
        rows = await queries.live_sessions(uow, claim.job_id)
    evidence: list[tuple[UUID, WipeEvidence]] = []
    began = time.monotonic()
    for row in rows:
        if row.sandbox_id is None:
            continue
        erase = sandbox.erase_unopened if row.status == "QUEUED" else sandbox.wipe
        proof = await erase(row.sandbox_id)
        if not proof.verified:
            await ports.log(f"wipe of {row.sandbox_id} could not be verified", "ERROR")
            return Outcome(Result.STALLED)
        evidence.append((row.id, proof))
        await ports.log(f"sandbox erased, {proof.files} files, {proof.method}, evidence {proof.evidence_hash[:12]}")

    async def write(uow: UnitOfWork) -> None:
        for row_id, proof in evidence:
            await store_wipe(uow, claim, row_id, proof)

    frame = event(EventType.WIPE, step="WORKSPACE_VOLUME", verified=True)
    return Outcome(Result.DONE, fact=f"{time.monotonic() - began:.1f} s", writes=[write], events=[frame])


async def store_wipe(uow: UnitOfWork, claim: Claim, row_id: UUID, proof: WipeEvidence) -> None:
    """Keep the evidence of one erased sandbox and meter its seconds."""
    row = (await uow.session.exec(select(RemoteExecutionSession).where(RemoteExecutionSession.id == row_id))).one()
    row.status, row.wipe_completed_at = "WIPED", now()
    row.completed_at = row.wipe_started_at = now() - timedelta(seconds=proof.seconds)
    row.billable_seconds = int((now() - (row.started_at or now())).total_seconds())
    uow.session.add(row)
    uow.session.add(
        SecureWipeEvidence(
            tenant_id=uow.tenant_id,
            job_id=claim.job_id,
            execution_session_id=row_id,
            wipe_type="WORKSPACE_VOLUME",
            verified=True,
            method=proof.method,
            evidence_hash=proof.evidence_hash,
            detail={"files": proof.files, "checks": dict(proof.checks), "seconds": round(proof.seconds, 2)},
            verified_at=now(),
        )
    )
    await metering.record_use(
        uow,
        claim.job_id,
        dimension="SANDBOX_SECONDS",
        quantity=row.billable_seconds,
        idempotency_key=f"{claim.job_id}:sandbox:{row_id}",
        charge_reason="LOCAL_PLAN",
        event_type="sandbox_second",
    )
