"""The sandbox of a job across items: opened once, re-opened by reference, rebuilt after a lost lease."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select, update

from services.baselines.build import plan_build, run_build
from services.baselines.schemas import BuildResult
from services.canon.failpoints import Failpoint
from services.core.clock import now
from services.core.ids import new_id
from services.infra.failpoints import reach
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.sandbox import service as sandbox
from services.sandbox.port import IsolationLevel, SandboxSpec, Session
from services.tables.sandbox import RemoteExecutionSession, SandboxNetworkEvent
from services.workflow.job_source import JobSource
from services.workflow.outcomes import Claim, ItemCancelledError, ItemFaultError, Ports
from services.workflow.sandbox_log import SandboxLog

MIN_LEVEL = IsolationLevel.USERSPACE_KERNEL
ISOLATION_TYPES = {"gvisor": "GVISOR", "bubblewrap": "BUBBLEWRAP", "e2b": "FIRECRACKER"}


@dataclass(frozen=True, slots=True)
class JobSession:
    """A live sandbox and its row."""

    row_id: UUID
    session: Session
    built: bool


async def open_session(claim: Claim, source: JobSource) -> JobSession:
    """Open a new sandbox under the job's policy; its row is written before, so that no end of ours hides a volume.

    Raises:
        IamaError: `POLICY_BLOCKED` or `ISOLATION_BELOW_POLICY` with the unmet items.
        ItemCancelledError: the job ended meanwhile; the sandbox is erased again.
    """
    plan = plan_build(source.tree, claim.job.target_paths[0])
    provider = await sandbox.select_provider(MIN_LEVEL, own_code=claim.job.own_code)
    row_id, ref = new_id(), str(new_id())
    async with unit_of_work(claim.actor) as uow:
        uow.session.add(
            RemoteExecutionSession(
                id=row_id,
                tenant_id=uow.tenant_id,
                job_id=claim.job_id,
                sandbox_provider=provider.name,
                sandbox_id=ref,
                isolation_type=ISOLATION_TYPES[provider.name],
                level=provider.level.value,
                status="QUEUED",
                attempt=claim.lost_count + 1,
            )
        )
    spec = SandboxSpec(job_id=str(claim.job_id), requires_python=plan.requires_python or "", ref=ref)
    session = await provider.open(spec)
    await reach(Failpoint.AFTER_OPEN, claim.state.value)
    if not await _started(claim, row_id, session):
        await session.wipe()
        raise ItemCancelledError
    return JobSession(row_id, session, built=False)


async def _started(claim: Claim, row_id: UUID, session: Session) -> bool:
    """Say on the row that its sandbox runs; False when somebody closed the row meanwhile."""
    opened = update(RemoteExecutionSession).where(
        col(RemoteExecutionSession.id) == row_id, col(RemoteExecutionSession.status) == "QUEUED"
    )
    values = {"sandbox_id": session.ref, "status": "RUNNING", "attestation": attested(session), "started_at": now()}
    async with unit_of_work(claim.actor) as uow:
        done = await uow.session.exec(opened.values(**values).returning(col(RemoteExecutionSession.id)))
        return done.scalar_one_or_none() is not None


async def attach_session(claim: Claim) -> JobSession | None:
    """Re-open the job's newest live sandbox; None when there is none on this machine."""
    async with unit_of_work(claim.actor) as uow:
        statement = (
            select(RemoteExecutionSession)
            .where(RemoteExecutionSession.job_id == claim.job_id, RemoteExecutionSession.status == "RUNNING")
            .order_by(col(RemoteExecutionSession.created_at).desc())
            .limit(1)
        )
        row = (await uow.session.exec(statement)).one_or_none()
    if row is None or row.sandbox_id is None:
        return None
    session = await sandbox.attach(row.sandbox_id)
    return JobSession(row.id, session, row.built)


async def ready_session(claim: Claim, ports: Ports, source: JobSource) -> JobSession:
    """Return a built sandbox: the living one, or after a lost lease a new one rebuilt from the stored source."""
    if claim.lost_count == 0:
        found = await attach_session(claim)
        if found is not None and found.built:
            return found
    await ports.log("the sandbox is rebuilt from the stored source", "WARN")
    fresh = await open_session(claim, source)
    result = await build(claim, ports, source, fresh)
    if not result.ok:
        raise ItemFaultError("the sandbox could not be rebuilt", "SANDBOX_UNAVAILABLE")
    return fresh


async def build(claim: Claim, ports: Ports, source: JobSource, live: JobSession) -> BuildResult:
    """Put the pinned source and install what its tests need, with package hosts only."""
    await live.session.put(source.tree, dest="workspace")
    plan = plan_build(source.tree, claim.job.target_paths[0])
    log = SandboxLog(ports, "build")
    result = await run_build(live.session, plan, on_event=log.take)
    await log.close()
    await store_network_events(claim, live, log, "build")
    async with unit_of_work(claim.actor) as uow:
        row = await uow.session.get(RemoteExecutionSession, live.row_id)
        if row is not None:
            row.built = result.ok
            row.network_policy = "TEST_DENY_ALL"
            row.attestation = attested(live.session)
            row.build_plan = {
                "used": list(result.used),
                "fallbacks": list(result.fallbacks),
                "notes": list(plan.notes),
                "seconds": round(result.seconds, 2),
                "python": live.session.interpreter.version,
            }
            uow.session.add(row)
    return result


async def store_network_events(claim: Claim, live: JobSession, log: SandboxLog, phase: str) -> None:
    """Keep what a phase tried on the network, refused and allowed alike, and the attestation that now covers it.

    Req: V2-FR-RUN-005.
    """
    async with unit_of_work(claim.actor) as uow:
        row = await uow.session.get(RemoteExecutionSession, live.row_id)
        if row is not None:
            row.attestation = attested(live.session)
            uow.session.add(row)
        for attempt in log.attempts:
            uow.session.add(
                SandboxNetworkEvent(
                    tenant_id=uow.tenant_id,
                    job_id=claim.job_id,
                    session_id=live.row_id,
                    kind="EGRESS_ALLOWED" if attempt.allowed else "EGRESS_BLOCKED",
                    phase=phase,
                    fqdn=attempt.host[:255],
                    port=attempt.port,
                )
            )


async def mark_outcome(uow: UnitOfWork, row_id: UUID, outcome: str) -> None:
    """Say on the session's row how the run in it ended."""
    row = await uow.session.get(RemoteExecutionSession, row_id)
    if row is not None:
        row.exec_outcome = outcome
        uow.session.add(row)


def attested(session: Session) -> dict[str, Any]:
    """Return what was enforced in the session, with a digest over it."""
    facts = session.attestation()
    text = json.dumps(facts, sort_keys=True, default=str)
    return {**facts, "digest": hashlib.sha256(text.encode()).hexdigest()}
