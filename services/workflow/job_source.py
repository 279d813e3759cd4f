"""What handlers need to know of a job's source and choices, read in one short transaction."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.baselines.generation import FOLDER
from services.canon.vocabulary import ProposalLevel
from services.engine.protection import protected_entries
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.metering import service as metering
from services.tables.jobs import StrategyProposal
from services.tables.repositories import ContextFilterDecision, RepositoryWorkspace
from services.workflow.model_layer import SNAPSHOTS, snapshot_ref
from services.workflow.outcomes import Claim, ItemFaultError


@dataclass(frozen=True, slots=True)
class JobSource:
    """The pinned tree of a job and what frames the work on it.

    `tree` holds every file that may run; `protected` are paths that must not be parsed or edited, the folder of
    generated tests among them.
    """

    tree: dict[str, bytes]
    ref: str
    tree_artifact_id: UUID
    workspace: RepositoryWorkspace
    protected: list[str]
    tier: str
    level: ProposalLevel


async def load_source(claim: Claim) -> JobSource:
    """Return the job's pinned tree and frame (`ItemFaultError` when the artifact is gone)."""
    async with unit_of_work(claim.actor) as uow:
        statement = select(RepositoryWorkspace).where(RepositoryWorkspace.job_id == claim.job_id)
        workspace = (await uow.session.exec(statement)).one()
        blocked = select(ContextFilterDecision.path).where(ContextFilterDecision.job_id == claim.job_id)
        protected = [*await uow.session.exec(blocked), FOLDER]
        tier = await metering.tier_of(uow, claim.job_id)
        level = await _level(uow, claim.job.selected_proposal_id)
    if workspace.tree_artifact_id is None:
        raise ItemFaultError("the source artifact is missing")
    ref = snapshot_ref(claim.actor.tenant_id, workspace.tree_artifact_id)
    tree = dict(await SNAPSHOTS.read(ref))
    return JobSource(
        tree, ref, workspace.tree_artifact_id, workspace, [*protected, *protected_entries(tree)], tier, level
    )


async def _level(uow: UnitOfWork, proposal_id: UUID | None) -> ProposalLevel:
    if proposal_id is None:
        return ProposalLevel.STANDARD
    row = await uow.session.get(StrategyProposal, proposal_id)
    return ProposalLevel(row.level) if row else ProposalLevel.STANDARD


async def load_blob(claim: Claim, kind: ArtifactType) -> bytes | None:
    """Return the newest artifact of a type, or None."""
    async with unit_of_work(claim.actor) as uow:
        found = await artifacts.find_latest(uow, claim.job_id, kind)
    return await artifacts.read_artifact(claim.actor, found) if found else None
