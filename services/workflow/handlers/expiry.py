"""The end of a job's artifacts, asked for by the timer that its ending set."""

from sqlmodel import col, update

from services.artifacts import expiry
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.infra.unit_of_work import UnitOfWork
from services.tables.evidence import TestCaseResult
from services.workflow.outcomes import Claim, Outcome, Ports, Result
from services.workflow.registry import handles


@handles(ItemKind.EXPIRE_ARTIFACTS)
async def expire_artifacts(claim: Claim, ports: Ports) -> Outcome:
    """Erase sealed files and quoted test output; rows, evidence records and hashes stay (V1-SEC-08)."""
    evidence = await expiry.erase_of_job(claim.actor, claim.job_id)

    async def write(uow: UnitOfWork) -> None:
        await expiry.store_evidence(uow, claim.job_id, evidence)
        excerpts = update(TestCaseResult).where(col(TestCaseResult.job_id) == claim.job_id)
        await uow.session.exec(excerpts.values(excerpt_redacted=""))

    await ports.log(f"{len(evidence)} files were erased at their expiry; evidence and hashes stay")
    return Outcome(Result.DONE, fact=f"{len(evidence)} erased", writes=[write], events=[event(EventType.JOB_UPDATED)])
