"""Private reads of the job record; callers outside the slice use `service`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from services.infra.unit_of_work import UnitOfWork
from services.tables.evidence import BaselineRecord, PatchAttempt, TestCaseResult, TestRun
from services.tables.jobs import JobTransition, RefactorJob, StrategyProposal
from services.tables.sandbox import RemoteExecutionSession, SandboxNetworkEvent
from services.tables.specs import SpecRevision


async def find_job(uow: UnitOfWork, job_id: UUID, *, lock: bool = False) -> RefactorJob | None:
    """Return the job if this tenant has it; a lock keeps other commands out but lets rows be added to the job."""
    statement = select(RefactorJob).where(RefactorJob.id == job_id).execution_options(populate_existing=True)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return (await uow.session.exec(statement)).one_or_none()


def _filters(status: Sequence[str], text: str | None) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if status:
        filters.append(col(RefactorJob.status).in_(status))
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        job_id: Any = func.concat(RefactorJob.id)
        filters.append(
            or_(
                col(RefactorJob.goal).ilike(pattern),
                col(RefactorJob.repo_label).ilike(pattern),
                func.array_to_string(RefactorJob.target_paths, " ").ilike(pattern),
                job_id.ilike(pattern),
            )
        )
    return filters


async def page_jobs(
    uow: UnitOfWork, *, status: Sequence[str], text: str | None, limit: int, offset: int
) -> tuple[list[RefactorJob], int]:
    """Return one page, newest first, and the number of all matches."""
    filters = _filters(status, text)
    total = (await uow.session.exec(select(func.count()).select_from(RefactorJob).where(*filters))).one()
    rows = await uow.session.exec(
        select(RefactorJob).where(*filters).order_by(col(RefactorJob.created_at).desc()).limit(limit).offset(offset)
    )
    return list(rows), int(total)


async def count_by_status(uow: UnitOfWork) -> dict[str, int]:
    """Return how many jobs of the tenant stand in each state."""
    statement = select(RefactorJob.status, func.count()).group_by(RefactorJob.status)
    return {status: int(count) for status, count in await uow.session.exec(statement)}


async def proposals_of(uow: UnitOfWork, job_id: UUID) -> list[StrategyProposal]:
    """Return the newest generation of strategies, calmest first."""
    rows = list(await uow.session.exec(select(StrategyProposal).where(StrategyProposal.job_id == job_id)))
    newest = max((row.generation for row in rows), default=0)
    order = {"CONSERVATIVE": 0, "STANDARD": 1, "COMPREHENSIVE": 2}
    return sorted((row for row in rows if row.generation == newest), key=lambda row: order[row.level])


async def latest_revision(uow: UnitOfWork, job_id: UUID) -> SpecRevision | None:
    """Return the newest spec revision of a job."""
    statement = select(SpecRevision).where(SpecRevision.job_id == job_id).order_by(col(SpecRevision.number).desc())
    return (await uow.session.exec(statement.limit(1))).one_or_none()


async def latest_session(uow: UnitOfWork, job_id: UUID) -> RemoteExecutionSession | None:
    """Return the newest sandbox session of a job."""
    statement = (
        select(RemoteExecutionSession)
        .where(RemoteExecutionSession.job_id == job_id)
        .order_by(col(RemoteExecutionSession.created_at).desc(), col(RemoteExecutionSession.id).desc())
    )
    return (await uow.session.exec(statement.limit(1))).one_or_none()


async def live_sessions(uow: UnitOfWork, job_id: UUID) -> list[RemoteExecutionSession]:
    """Return every session of a job that is not wiped yet, oldest first."""
    statement = (
        select(RemoteExecutionSession)
        .where(RemoteExecutionSession.job_id == job_id, RemoteExecutionSession.status != "WIPED")
        .order_by(col(RemoteExecutionSession.created_at))
    )
    return list(await uow.session.exec(statement))


async def refused_connections(uow: UnitOfWork, job_id: UUID) -> int:
    """Count connections that sandboxes of this job tried and were refused."""
    statement = (
        select(func.count())
        .select_from(SandboxNetworkEvent)
        .where(SandboxNetworkEvent.job_id == job_id, SandboxNetworkEvent.kind == "EGRESS_BLOCKED")
    )
    return int((await uow.session.exec(statement)).one())


async def transitions_of(uow: UnitOfWork, job_id: UUID) -> list[JobTransition]:
    """Return every transition in order."""
    statement = select(JobTransition).where(JobTransition.job_id == job_id).order_by(col(JobTransition.state_revision))
    return list(await uow.session.exec(statement))


async def attempts_of(uow: UnitOfWork, job_id: UUID) -> list[PatchAttempt]:
    """Return every attempt in order."""
    statement = select(PatchAttempt).where(PatchAttempt.job_id == job_id).order_by(col(PatchAttempt.attempt_number))
    return list(await uow.session.exec(statement))


async def runs_of(uow: UnitOfWork, job_ids: Sequence[UUID]) -> list[TestRun]:
    """Return the test runs of some jobs, oldest first."""
    if not job_ids:
        return []
    statement = select(TestRun).where(col(TestRun.job_id).in_(job_ids)).order_by(col(TestRun.created_at))
    return list(await uow.session.exec(statement))


async def newest_baseline(uow: UnitOfWork, job_id: UUID) -> BaselineRecord | None:
    """Return the newest baseline of a job."""
    statement = select(BaselineRecord).where(BaselineRecord.job_id == job_id)
    newest = statement.order_by(col(BaselineRecord.created_at).desc(), col(BaselineRecord.id).desc()).limit(1)
    return (await uow.session.exec(newest)).one_or_none()


async def failed_cases(uow: UnitOfWork, run_ids: Sequence[UUID]) -> list[TestCaseResult]:
    """Return the stored failures of some runs in name order."""
    if not run_ids:
        return []
    statement = (
        select(TestCaseResult).where(col(TestCaseResult.test_run_id).in_(run_ids)).order_by(col(TestCaseResult.name))
    )
    return list(await uow.session.exec(statement))
