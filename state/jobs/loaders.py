"""Reads and commands of the job screens: the only place of `state.jobs` that calls services.

Each read checks access through the service verb it calls. What it returns stays on the server; `present` words it.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType, ArtifactView
from services.baselines.schemas import GeneratedSuite
from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.delivery import service as delivery
from services.delivery.records import JobRecords, list_records
from services.delivery.schemas import FileDiffView, PublicationView
from services.feed import service as feed
from services.feed.schemas import Frame
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import (
    AttemptView,
    AuditEventView,
    JobView,
    LogLineView,
    ProposalView,
    TestRunView,
    TransitionView,
)
from services.metering import service as metering
from services.specs import service as specs
from services.specs.schemas import BddItem, RevisionView, SddItem, SpecView
from services.workflow import service as workflow
from state.jobs import format as fmt

DOWNLOADABLE = frozenset(
    {
        ArtifactType.DIFF,
        ArtifactType.PATCH,
        ArtifactType.REVERSE_PATCH,
        ArtifactType.PATCH_BUNDLE,
        ArtifactType.PARTIAL_ARTIFACT,
        ArtifactType.EDIT_OPERATIONS,
        ArtifactType.LOG_BUNDLE,
    }
)
"""Kinds a person may take away; packed source trees are not among them."""

SUITES = frozenset({ArtifactType.TEST_SUITE, ArtifactType.BASELINE_SNAPSHOT})
"""The generated tests as written and as recorded; the newest of both is what holds."""

BASELINE_RUNS = ("BASELINE", "REBASE_BASELINE")


@dataclass(frozen=True)
class FrameData:
    """What the head, the rail and the track of every job screen are made from."""

    job: JobView
    transitions: Sequence[TransitionView] = ()
    attempts: Sequence[AttemptView] = ()
    runs: Sequence[TestRunView] = ()
    counts: Mapping[str, str] = field(default_factory=dict)

    @property
    def baseline(self) -> TestRunView | None:
        """The newest run on untouched code."""
        return next((run for run in reversed(self.runs) if run.run_type in BASELINE_RUNS), None)

    @property
    def newest(self) -> TestRunView | None:
        """The newest run on changed code."""
        return next((run for run in reversed(self.runs) if run.run_type not in BASELINE_RUNS), None)


async def load_frame(uow: UnitOfWork, job_id: UUID) -> FrameData:
    """Read the job with its track and runs.

    Raises:
        IamaError: `JOB_NOT_FOUND` for strangers and unknown ids alike.
    """
    job = await jobs.get_job_view(uow, job_id)
    runs = await jobs.list_runs(uow, job_id)
    counts = {
        "artifacts_count": _figure(len(await artifacts.list_artifacts(uow, job_id))),
        "audit_count": _figure(len(await jobs.list_audit(uow, job_id))),
    }
    frame = FrameData(
        job, await jobs.list_transitions(uow, job_id), await jobs.list_attempts(uow, job_id), runs, counts
    )
    if frame.baseline is not None:
        counts["tests_count"] = fmt.count(frame.baseline.generated_total)
    if frame.newest is None:
        counts["delivery_count"] = fmt.DASH
    return frame


def _figure(number: int) -> str:
    return fmt.count(number) if number else fmt.DASH


async def load_log(uow: UnitOfWork, job_id: UUID, limit: int) -> list[LogLineView]:
    """Read the newest log lines, oldest first."""
    return await jobs.list_log(uow, job_id, limit=limit)


async def load_proposals(uow: UnitOfWork, job_id: UUID) -> list[ProposalView]:
    """Read the three strategies, calmest first; none before the analysis ended."""
    return await jobs.list_proposals(uow, job_id)


async def load_audit(uow: UnitOfWork, job_id: UUID) -> list[AuditEventView]:
    """Read the job's links of the audit chain."""
    return await jobs.list_audit(uow, job_id)


async def load_ledger(uow: UnitOfWork, job_id: UUID) -> tuple[JobRecords, dict[str, Any]]:
    """Read what is recorded beside the proof, and the sums of what the job used."""
    await jobs.require_job(uow, job_id)
    return await list_records(uow, job_id), await metering.use_of_job(uow, job_id)


@dataclass(frozen=True)
class SpecData:
    """The newest spec with its history; `spec` is None before the draft exists."""

    spec: SpecView | None = None
    revisions: Sequence[RevisionView] = ()
    proposals: Sequence[ProposalView] = ()


async def load_spec(uow: UnitOfWork, job_id: UUID) -> SpecData:
    """Read the newest revision, the rail and the strategies."""
    revisions = await specs.list_revisions(uow, job_id)
    spec = await specs.get_spec(uow, job_id) if revisions else None
    return SpecData(spec, revisions, await jobs.list_proposals(uow, job_id))


async def load_revision(uow: UnitOfWork, job_id: UUID, number: int) -> SpecView:
    """Read one earlier revision (`NOT_FOUND` for unknown numbers)."""
    return await specs.get_revision(uow, job_id, number)


async def save_spec(
    actor: Actor,
    job_id: UUID,
    revision_token: str,
    items: Sequence[Mapping[str, Any]],
    structure: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Commit behaviours, and the structure where one is given, on top of a revision.

    Raises:
        IamaError: `SPEC_REVISION_CONFLICT` with the differences, `SPEC_EMPTY`, `VALIDATION_FAILED`,
            `TRANSITION_NOT_ALLOWED`; nothing is written.
    """
    try:
        bdd = [BddItem.model_validate(item) for item in items]
        sdd = None if structure is None else [SddItem.model_validate(item) for item in structure]
    except ValidationError as error:
        raise IamaError(
            "VALIDATION_FAILED", sentence="An item of the spec is empty or too long.", fields=["bdd_items", "sdd_items"]
        ) from error
    await workflow.edit_spec(actor, job_id, revision_token=revision_token, bdd=bdd, sdd=sdd)


async def load_artifacts(uow: UnitOfWork, job_id: UUID) -> list[ArtifactView]:
    """Read a job's artifacts, oldest first."""
    await jobs.require_job(uow, job_id)
    return await artifacts.list_artifacts(uow, job_id)


async def read_artifact(actor: Actor, job_id: UUID, artifact_id: UUID) -> tuple[bytes, str]:
    """Open an artifact of a job for download; return its content and file name.

    Raises:
        IamaError: `NOT_FOUND`, also for kinds that are not handed out; `ARTIFACT_EXPIRED`.
    """
    async with unit_of_work(actor) as uow:
        found = next((one for one in await load_artifacts(uow, job_id) if one.id == artifact_id), None)
    if found is None or found.type not in DOWNLOADABLE:
        raise IamaError("NOT_FOUND")
    return await artifacts.read_artifact(actor, artifact_id, job_id), found.name


async def load_tests(actor: Actor, job_id: UUID) -> GeneratedSuite | None:
    """Read the tests as recorded on the untouched code, before that as written; None while there are none."""
    content = await _newest(actor, job_id, SUITES)
    return GeneratedSuite.model_validate_json(content) if content is not None else None


async def _newest(actor: Actor, job_id: UUID, kinds: Collection[ArtifactType]) -> bytes | None:
    async with unit_of_work(actor) as uow:
        found = [one for one in await load_artifacts(uow, job_id) if one.type in kinds]
    if not found:
        return None
    try:
        return await artifacts.read_artifact(actor, found[-1].id, job_id)
    except IamaError as error:
        if error.code != "ARTIFACT_EXPIRED":
            raise
        return None


@dataclass(frozen=True)
class DeliveryData:
    """The result of a job as it can be handed over; `by_file` where hunks cannot be taken one by one."""

    diffs: Sequence[FileDiffView] = ()
    by_file: bool = True
    evidence: Mapping[str, Any] = field(default_factory=dict)
    record_hash: str | None = None
    branch: str = ""
    bundle_bytes: int | None = None
    published: PublicationView | None = None


async def load_delivery(actor: Actor, job_id: UUID) -> DeliveryData:
    """Read the delivered result; empty while there is none or after it expired."""
    try:
        view = await delivery.get_delivery(actor, job_id)
    except IamaError as error:
        if error.code not in ("TRANSITION_NOT_ALLOWED", "ARTIFACT_EXPIRED"):
            raise
        return DeliveryData()
    patch = await _patch_of(actor, job_id)
    return DeliveryData(
        diffs=view.diff_files,
        by_file=view.selectable != "hunks",
        evidence=view.evidence.get("predicate", {}),
        record_hash=view.evidence.get("record_hash"),
        branch=view.proposed_branch,
        bundle_bytes=patch.size if patch else None,
        published=view.publications[-1] if view.publications else None,
    )


async def load_file(actor: Actor, job_id: UUID, path: str) -> tuple[str, str]:
    """Read both sides of one changed file as text; an absent or binary side is empty."""
    texts = await delivery.get_file_texts(actor, job_id, path)
    return texts.before or "", texts.after or ""


async def _patch_of(actor: Actor, job_id: UUID) -> ArtifactView | None:
    async with unit_of_work(actor) as uow:
        found = await load_artifacts(uow, job_id)
    return next((one for one in reversed(found) if one.type == ArtifactType.PATCH and not one.deleted), None)


async def read_patch(actor: Actor, job_id: UUID) -> tuple[bytes, str]:
    """Open the patch of a delivered job (`NOT_FOUND` when there is none)."""
    patch = await _patch_of(actor, job_id)
    if patch is None:
        raise IamaError("NOT_FOUND")
    return await artifacts.read_artifact(actor, patch.id, job_id), patch.name


async def publish(actor: Actor, job_id: UUID, branch: str | None, files: list[str] | None) -> None:
    """Ask for the branch at the source; asking again for the same is harmless.

    Args:
        branch: None takes the proposed name.
        files: None takes every file; a selection is proven again before it is pushed.
    """
    await workflow.publish(actor, job_id, branch=branch, accepted_files=files)


async def last_seq(uow: UnitOfWork, job_id: UUID) -> int:
    """Read the number of the newest frame, 0 when there is none."""
    return await feed.last_seq(uow, job_id)


def subscribe(actor: Actor, job_id: UUID, after_seq: int) -> AsyncIterator[Sequence[Frame]]:
    """Follow the job's feed; the caller has read the job, and so checked access, before."""
    return feed.subscribe(actor, job_id, after_seq)


async def act(actor: Actor, job_id: UUID, action: JobAction, expected_revision: int, params: dict[str, Any]) -> None:
    """Send a command.

    Raises:
        IamaError: `STATE_REVISION_CONFLICT`, `TRANSITION_NOT_ALLOWED`, a role or plan refusal; nothing is written.
    """
    await workflow.act(actor, job_id, action, expected_revision=expected_revision, params=params)
