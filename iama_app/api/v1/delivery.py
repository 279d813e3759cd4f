"""Results and failures as version 1 shows them (J13–J16)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.models import Body
from iama_app.api.v2.delivery import DELIVERED_ONLY, download_url, find_download
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction
from services.delivery import applying
from services.delivery import service as delivery
from services.delivery.picking import Wish
from services.delivery.schemas import DeliveryView
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import FailedTestView

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs, version 1"])

APPLYING = (*DELIVERED_ONLY, "JOB_OWNERSHIP_VIOLATION")
REVERTING = ("JOB_NOT_FOUND", "JOB_OWNERSHIP_VIOLATION", "TRANSITION_NOT_ALLOWED", "POST_COMMIT_REVERT_BLOCKED")
EVIDENCE_STATES = frozenset(
    {JobState.FALLBACK_REQUIRED, JobState.FAILED, JobState.WAITING_INTERVENTION, JobState.USER_INTERVENING}
)


class FallbackAction(StrEnum):
    """What version 1 lets a person do after a failure."""

    DEEP_FIX = "DEEP_FIX"
    INTERVENE = "INTERVENE"
    RETRY_STRONGER_MODEL = "RETRY_STRONGER_MODEL"
    EDIT_SPEC = "EDIT_SPEC"
    DOWNLOAD_PARTIAL = "DOWNLOAD_PARTIAL"


AS_FALLBACK = {
    JobAction.DEEP_FIX: FallbackAction.DEEP_FIX,
    JobAction.INTERVENE: FallbackAction.INTERVENE,
    JobAction.RETRY_STRONGER_MODEL: FallbackAction.RETRY_STRONGER_MODEL,
    JobAction.REVISE_SPEC: FallbackAction.EDIT_SPEC,
}


class DeliveryV1(DeliveryView):
    """A delivered result with the address of its patch."""

    patch_artifact_url: str | None


Path = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
HunkId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AcceptedHunks(Body):
    """The hunks of one file that are accepted."""

    file: Path
    hunk_ids: list[HunkId] = Field(max_length=10_000)


class ApplyRequest(Body):
    """What is accepted of the result; nothing at all discards it. Hunks only where `selectable` says `hunks`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"accept_all": True}, {"accepted_files": ["slugify/slugify.py"]}, {}]}
    )

    accept_all: bool = False
    accepted_files: list[Path] = Field(default=[], max_length=10_000)
    accepted_hunks: list[AcceptedHunks] | None = Field(default=None, max_length=10_000)


class Applied(BaseModel):
    """What was put in place and what was left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "applied_files": ["slugify/slugify.py"],
                    "skipped_files": [],
                    "revert_available_until": "2026-01-19T09:41:10Z",
                    "is_proven": True,
                }
            ]
        }
    )

    applied_files: list[str]
    skipped_files: list[str]
    revert_available_until: datetime | None
    is_proven: bool = Field(description="False for a part of the result: that part was not proven again.")


class Reverted(BaseModel):
    """The choice was taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reverted": True}]})

    reverted: bool = True


class AvailableAction(BaseModel):
    """An action of the fallback page; Deep Fix always asks for confirmation."""

    type: FallbackAction
    requires_confirmation: bool = False


class Fallback(BaseModel):
    """Why the job could not finish, and what can be done."""

    failed_tests: list[FailedTestView]
    error_excerpts: list[str]
    failure_pattern_fingerprint: str | None
    identical_failure_count: int
    last_patch_summary: str | None
    partial_artifact_url: str | None
    available_actions: list[AvailableAction]


@router.get("/delivery", response_model=DeliveryV1, responses=refusals(*DELIVERED_ONLY))
async def get_delivery(actor: CallingActor, job_id: UUID) -> DeliveryV1:
    """The delivered result (J13)."""
    view = await delivery.get_delivery(actor, job_id)
    selectable = "hunks" if await applying.is_by_hunk(actor, job_id) else "files"
    url = await find_download(actor, job_id, ArtifactType.PATCH)
    return DeliveryV1(**view.model_dump() | {"selectable": selectable}, patch_artifact_url=url)


@router.post("/delivery/apply", response_model=Applied, responses=refusals(*APPLYING))
async def apply_delivery(actor: CallingActor, job_id: UUID, body: ApplyRequest) -> Applied:
    """Record what is accepted (J14); the files are written by the client that holds the workspace."""
    hunks = {item.file: item.hunk_ids for item in body.accepted_hunks or ()}
    view = await applying.apply(actor, job_id, Wish(body.accept_all, body.accepted_files, hunks))
    return Applied(**view.model_dump())


@router.post("/delivery/revert", response_model=Reverted, responses=refusals(*REVERTING))
async def revert_delivery(actor: CallingActor, job_id: UUID) -> Reverted:
    """Take back what was accepted (J15); after a commit only the reverse patch is left."""
    view = await applying.revert(actor, job_id)
    if not view.reverted:
        url = download_url(job_id, view.reverse_patch_id) if view.reverse_patch_id else None
        raise IamaError("POST_COMMIT_REVERT_BLOCKED", reverse_patch_url=url, commit_sha=view.commit_sha)
    return Reverted()


@router.get("/fallback", response_model=Fallback, responses=refusals("JOB_NOT_FOUND", "TRANSITION_NOT_ALLOWED"))
async def get_fallback(actor: CallingActor, job_id: UUID) -> Fallback:
    """Evidence and ways on after a failure (J16)."""
    async with unit_of_work(actor) as uow:
        job = await jobs.get_job_view(uow, job_id)
        if job.status not in EVIDENCE_STATES:
            raise IamaError("TRANSITION_NOT_ALLOWED", status=job.status, state_revision=job.state_revision)
        failed = await jobs.list_still_failing(uow, job_id)
        attempts = await jobs.list_attempts(uow, job_id)
    partial = await find_download(actor, job_id, ArtifactType.PARTIAL_ARTIFACT)
    offered = [AS_FALLBACK[item.action] for item in job.available_actions if item.action in AS_FALLBACK]
    offered += [FallbackAction.DOWNLOAD_PARTIAL] if partial else []
    return Fallback(
        failed_tests=failed,
        error_excerpts=[test.excerpt for test in failed if test.excerpt],
        failure_pattern_fingerprint=job.failure_pattern_fingerprint,
        identical_failure_count=job.identical_failure_count,
        last_patch_summary=attempts[-1].patch_summary if attempts else None,
        partial_artifact_url=partial,
        available_actions=[
            AvailableAction(type=action, requires_confirmation=action is FallbackAction.DEEP_FIX) for action in offered
        ],
    )
