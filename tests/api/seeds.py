"""Jobs at states that a test needs, reached through the real transition function without any worker."""

from uuid import UUID, uuid4

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.canon.lifecycle import JobState
from services.core.actor import Actor
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.jobs.transitions import Transition, transition
from services.specs import service as specs
from services.tables.evidence import PatchAttempt
from services.tables.jobs import StrategyProposal

S = JobState
TO_STRATEGY = (S.REPO_SYNCING, S.REPO_SYNC_SCRATCH_WIPING, S.ANALYZING, S.WAITING_STRATEGY)
TO_SPEC = (*TO_STRATEGY, S.WAITING_SPEC_APPROVAL)
TO_DELIVERED = (
    *TO_SPEC,
    S.GENERATING_TESTS,
    S.REMOTE_EXECUTION_QUEUED,
    S.REMOTE_EXECUTION_RUNNING,
    S.BASELINE_VALIDATION,
    S.REFACTORING,
    S.SELF_HEALING,
    S.REMOTE_WIPE_VERIFYING,
    S.DELIVERED,
)
TO_FALLBACK = (*TO_DELIVERED[:-2], S.RECOVERY_PENDING, S.FALLBACK_REQUIRED)
BEHAVIOUR = {
    "id": "B-1",
    "title": "Prices are summed",
    "given": "a list of prices",
    "when_action": "total([1, 2]) is called",
    "then_outcome": "it returns 3",
    "evidence": [],
    "origin": "MODEL",
}


async def move(actor: Actor, job_id: UUID, states: tuple[JobState, ...]) -> None:
    """Take a job along legal pairs, nothing else happening on the way."""
    for state in states:
        async with unit_of_work(actor) as uow:
            job = await require_job(uow, job_id, lock=True)
            changes = {"head_sha_at_start": "b" * 40} if state is S.REPO_SYNCING else {}
            await transition(uow, job_id, job.state_revision, Transition(state, "seeded", changes=changes))


async def add_proposals(actor: Actor, job_id: UUID) -> UUID:
    """Write the three strategies; return the first."""
    rows = [
        StrategyProposal(
            id=uuid4(), tenant_id=actor.tenant_id, job_id=job_id, level=level, title=level.title(), summary="Seeded.",
            risk_score=risk,
        )
        for risk, level in enumerate(("CONSERVATIVE", "STANDARD", "COMPREHENSIVE"), 1)
    ]  # fmt: skip
    async with unit_of_work(actor) as uow:
        uow.session.add_all(rows)
    return rows[0].id


async def add_spec(actor: Actor, job_id: UUID) -> str:
    """Write a ready first revision; return its token."""
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id, lock=True)
        job.spec_status = "READY"
        uow.session.add(job)
        row = await specs.add_revision(uow, job_id, kind="GENERATED", bdd=[BEHAVIOUR], sdd=[], parent=None)
        return row.revision_token


async def add_attempt(actor: Actor, job_id: UUID) -> None:
    """Write attempt 0."""
    async with unit_of_work(actor) as uow:
        uow.session.add(PatchAttempt(tenant_id=actor.tenant_id, job_id=job_id, attempt_number=0, outcome="PASSED"))


async def add_artifact(actor: Actor, job_id: UUID, kind: ArtifactType, content: bytes, name: str) -> UUID:
    """Store one artifact and return its id."""
    blob = await artifacts.write_blob(actor, content)
    async with unit_of_work(actor) as uow:
        return artifacts.add_artifact(uow, job_id, kind, blob, name=name)
