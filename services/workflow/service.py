"""The verbs that steer a job: start, act, edit its spec. Everything else about a state is decided by tables."""

import asyncio
from typing import Any
from uuid import UUID

from services.access import service as access
from services.access.schemas import Plan
from services.artifacts import expiry as artifact_expiry
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.lifecycle import TERMINAL_STATES, JobState
from services.canon.permissions import Permission
from services.canon.tasks import ItemKind
from services.canon.vocabulary import STRATEGY_WORDS, JobAction, ProposalLevel
from services.core.actor import Actor
from services.core.clock import now
from services.delivery import publications
from services.delivery import service as delivery
from services.delivery.schemas import PublicationView
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import queries, rules
from services.jobs.schemas import JobView
from services.jobs.service import get_job_view, require_job
from services.jobs.transitions import ItemRequest, add_item
from services.metering import service as metering
from services.repositories import service as repositories
from services.repositories.schemas import Preflight
from services.specs import service as specs
from services.tables.evidence import BaselineDecision
from services.tables.jobs import RefactorJob
from services.workflow.actions import ACTIONS, UNAVAILABLE
from services.workflow.decisions import Decision
from services.workflow.moves import carry_out
from services.workflow.spec_edits import edit_spec as edit_spec

PREFLIGHT_SECONDS = 60.0
UNCOMMITTED = "The working tree has uncommitted changes; the job reads the last commit and leaves them as they are."


async def act(
    actor: Actor, job_id: UUID, action: JobAction, *, expected_revision: int, params: dict[str, Any] | None = None
) -> JobView:
    """Do one offered action under the revision the caller saw.

    Raises:
        IamaError: `JOB_NOT_FOUND`, `JOB_OWNERSHIP_VIOLATION`, `STATE_REVISION_CONFLICT`, `TRANSITION_NOT_ALLOWED`,
            `STATE_NOT_AVAILABLE`, `ARTIFACT_EXPIRED`, and what the action itself refuses; nothing is written.
    Req: V2-FR-WF-005.
    """
    params = params or {}
    if action is JobAction.START:
        return await start(actor, job_id, expected_revision=expected_revision)
    async with unit_of_work(actor) as uow:
        job = await _locked(uow, job_id, expected_revision)
        if action in UNAVAILABLE:
            raise IamaError("STATE_NOT_AVAILABLE", action=action.value)
        if action not in rules.offered_actions(job):
            raise _not_offered(job, action)
        if JobState(job.status) in TERMINAL_STATES:
            await artifact_expiry.require_unexpired(uow, job_id)
        prepared = await _prepare(uow, job, action, params)
        decision = ACTIONS[action](job, {**params, **prepared})
        await uow.audit("job.action", job_id, action=action.value, note=str(params.get("note", ""))[:200])
        await carry_out(uow, job, decision)
        return await get_job_view(uow, job_id)


def _not_offered(job: RefactorJob, action: JobAction) -> IamaError:
    if action is JobAction.CANCEL and job.status == JobState.DEEP_FIX_ACTIVE.value:
        return IamaError("DEEP_FIX_NOT_CANCELLABLE")
    return IamaError("TRANSITION_NOT_ALLOWED", status=job.status, state_revision=job.state_revision)


async def start(actor: Actor, job_id: UUID, *, expected_revision: int) -> JobView:
    """Check the repository, then reserve and start in one transaction.

    A repository that breaks a limit leaves the job in `REPO_PRECHECK_BLOCKED` with the violations; two starts on one
    revision give one winner.

    Raises:
        IamaError: as `act`, the Git and path codes of the preflight, quota codes.
    Req: V1-FR-BIL-004, V2-FR-GH-006.
    """
    async with unit_of_work(actor) as uow:
        job = await _locked(uow, job_id, expected_revision)
        if JobAction.START not in rules.offered_actions(job):
            raise _not_offered(job, JobAction.START)
    preflight = await _preflight(job)
    async with unit_of_work(actor) as uow:
        job = await _locked(uow, job_id, expected_revision)
        await repositories.store_preflight(uow, job, preflight)
        frame = event(EventType.PRECHECK_RESULT, passed=preflight.passed, violations=preflight.violations)
        fact = f"{preflight.file_count} files"
        if not preflight.passed:
            decision = Decision(
                JobState.REPO_PRECHECK_BLOCKED,
                "precheck_blocked",
                preflight.violations[0]["code"],
                {"failure_detail": {"violations": preflight.violations}},
                fact,
                events=(frame,),
            )
        else:
            await metering.reserve_start(uow, job, _terms(await access.require_server_execution(uow)))
            changes = {
                "started_at": now(),
                "head_sha_at_start": preflight.head_sha,
                "source_branch": preflight.branch,
                "repo_label": job.repo_label,
                "failure_detail": None,
            }
            events = (frame, *_disclosures(preflight))
            decision = Decision(JobState.REPO_SYNCING, "started", None, changes, fact, events=events)
        await carry_out(uow, job, decision)
        return await get_job_view(uow, job_id)


def _disclosures(preflight: Preflight) -> tuple[dict[str, Any], ...]:
    """Say in the job's log what it will not look at."""
    return (event(EventType.LOG_LINE, level="WARN", message=UNCOMMITTED),) if preflight.dirty else ()


def _terms(plan: Plan) -> metering.StartTerms:
    limits = {"phase_1": plan.phase_1_limit, "phase_2": plan.phase_2_limit, "phase_3": plan.phase_3_limit}
    return metering.StartTerms(
        tier=plan.tier,
        operating_mode=plan.operating_mode,
        source=plan.source,
        daily_starts=plan.phase_1_limit.limit,
        phase_limits={name: limit.model_dump() for name, limit in limits.items()},
    )


async def _preflight(job: RefactorJob) -> Preflight:
    try:
        async with asyncio.timeout(PREFLIGHT_SECONDS):
            return await repositories.preflight(job.source_url or "", job.source_branch, job.target_paths)
    except TimeoutError as error:
        raise IamaError("GIT_REMOTE_UNREACHABLE", sentence="The check took longer than a minute.") from error


async def change_scope(
    actor: Actor, job_id: UUID, *, expected_revision: int, path_scope: list[str] | None, branch: str | None
) -> JobView:
    """Change branch or scope of a job that has not started; a blocked one returns to `PENDING`."""
    async with unit_of_work(actor) as uow:
        job = await _locked(uow, job_id, expected_revision)
        if job.status not in (JobState.PENDING.value, JobState.REPO_PRECHECK_BLOCKED.value):
            raise IamaError("TRANSITION_NOT_ALLOWED", status=job.status, state_revision=job.state_revision)
        job.target_paths = path_scope or job.target_paths
        job.source_branch = branch or job.source_branch
        job.updated_at = now()
        uow.session.add(job)
        await uow.session.flush()
        await uow.audit("job.scope_changed", job_id, path_scope=job.target_paths, branch=job.source_branch)
        if job.status == JobState.REPO_PRECHECK_BLOCKED.value:
            await carry_out(uow, job, Decision(JobState.PENDING, "scope_changed", None, {"failure_detail": None}))
        return await get_job_view(uow, job_id)


async def _locked(uow: UnitOfWork, job_id: UUID, expected_revision: int) -> RefactorJob:
    job = await require_job(uow, job_id, Permission.JOBS_ACT, lock=True)
    if job.state_revision != expected_revision:
        raise IamaError(
            "STATE_REVISION_CONFLICT",
            status=job.status,
            state_revision=job.state_revision,
            current_revision=job.state_revision,
        )
    return job


async def _prepare(uow: UnitOfWork, job: RefactorJob, action: JobAction, params: dict[str, Any]) -> dict[str, Any]:
    if action is JobAction.SELECT_STRATEGY:
        return await _chosen_strategy(uow, job, params)
    if action is JobAction.APPROVE_SPEC:
        return await _approved_spec(uow, job, params)
    if action in (JobAction.QUARANTINE_TESTS, JobAction.SKIP_OR_QUARANTINE_TEST):
        await _set_tests_aside(uow, job, params)
    if action is JobAction.USE_CHARACTERIZATION:
        uow.session.add(BaselineDecision(**_ids(uow, job), kind="OVERRIDE_MODE", actor_ref=uow.actor.ref))
    return {}


def _ids(uow: UnitOfWork, job: RefactorJob) -> dict[str, Any]:
    return {"tenant_id": uow.tenant_id, "job_id": job.id}


async def _chosen_strategy(uow: UnitOfWork, job: RefactorJob, params: dict[str, Any]) -> dict[str, Any]:
    proposals = await queries.proposals_of(uow, job.id)
    wanted = str(params.get("proposal_id") or params.get("level") or "")
    chosen = next((row for row in proposals if wanted in (str(row.id), row.level)), None)
    if chosen is None:
        raise IamaError("VALIDATION_FAILED", sentence="Name one of the three strategies.", fields=["proposal_id"])
    chosen.selected_at = now()
    uow.session.add(chosen)
    return {"proposal_id": chosen.id, "strategy_name": STRATEGY_WORDS[ProposalLevel(chosen.level)]}


async def _approved_spec(uow: UnitOfWork, job: RefactorJob, params: dict[str, Any]) -> dict[str, Any]:
    proposals = await queries.proposals_of(uow, job.id)
    hazards = next((row.hazards for row in proposals if row.id == job.selected_proposal_id), [])
    known = [str(hazard["id"]) for hazard in hazards]
    accepted = known if params.get("accept_hazards") else _accepted(hazards, params.get("accepted_hazards"))
    missing = sorted(set(known) - set(accepted))
    if missing:
        raise IamaError("HAZARD_NOT_ACCEPTED", hazards=[h for h in hazards if str(h["id"]) in missing])
    revision = await specs.approve_latest(uow, job, params.get("revision_token"))
    await uow.audit("spec.approved", job.id, revision_id=str(revision.id), accepted_hazards=accepted)
    return {"revision_id": revision.id, "revision_number": revision.number, "accepted_hazards": accepted}


def _accepted(hazards: list[Any], named: list[Any] | None) -> list[str]:
    """Return the ids that count as accepted: the named ones, or where none are named those accepted in a preview."""
    if named is not None:
        return [str(value) for value in named]
    return [str(hazard["id"]) for hazard in hazards if hazard.get("accepted")]


async def _set_tests_aside(uow: UnitOfWork, job: RefactorJob, params: dict[str, Any]) -> None:
    targets = [str(target) for target in params.get("targets", [])]
    if not targets:
        runs = await queries.runs_of(uow, [job.id])
        cases = await queries.failed_cases(uow, [runs[-1].id] if runs else [])
        targets = [case.name for case in cases]
    note = str(params.get("note", ""))[:500]
    uow.session.add(
        BaselineDecision(**_ids(uow, job), kind="QUARANTINE", targets=targets, reason=note, actor_ref=uow.actor.ref)
    )


async def publish(
    actor: Actor, job_id: UUID, *, branch: str | None = None, accepted_files: list[str] | None = None
) -> PublicationView:
    """Ask for a branch with the delivered result at the source; asking again for the same is harmless.

    A selection of files is proven again before it is pushed. One that failed is tried anew.

    Raises:
        IamaError: `ARTIFACT_EXPIRED`; see `delivery.service.add_publication`.
    """
    async with unit_of_work(actor) as uow:
        return await ask_to_publish(uow, job_id, branch=branch, accepted_files=accepted_files)


async def ask_to_publish(
    uow: UnitOfWork, job_id: UUID, *, branch: str | None, accepted_files: list[str] | None
) -> PublicationView:
    """Ask as `publish`, in the caller's transaction."""
    job = await require_job(uow, job_id, Permission.DELIVERY_APPLY, lock=True)
    await artifact_expiry.require_unexpired(uow, job_id)
    row, created = await delivery.add_publication(uow, job, branch=branch, accepted_files=accepted_files)
    if created or await publications.ask_again(uow, row):
        kind = ItemKind.PROVE_SUBSET if row.accepted.get("files") else ItemKind.PUBLISH
        request = ItemRequest(kind, {"delivery_id": str(row.id)})
        key = f"{row.id}:{kind.value}:{row.requests}"
        await add_item(uow, job_id, job.status, job.state_revision, key, request)
        await uow.record(job_id, job.state_revision, [event(EventType.DELIVERY, status="PENDING")])
    return delivery.publication_view(row)
