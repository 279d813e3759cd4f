"""The spec as version 1 shows it (J8–J11)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.v1.jobs import JobStatus
from iama_app.api.v2.specs import CONVERTING, EDITING, PlainWords, SpecApproval, SpecEdit, approve
from services.canon.errors import IamaError
from services.infra.unit_of_work import unit_of_work
from services.specs import service as specs
from services.specs.schemas import ConversionPreview, SpecView
from services.workflow import spec_edits

router = APIRouter(prefix="/v1/jobs/{job_id}/spec", tags=["spec, version 1"])


class CommittedRevision(BaseModel):
    """The revision that an edit made."""

    revision_id: UUID
    revision_token: str


@router.get("", response_model=SpecView, responses=refusals("JOB_NOT_FOUND", "SPEC_NOT_READY"))
async def get_spec(actor: CallingActor, job_id: UUID) -> SpecView:
    """The newest revision (J8)."""
    async with unit_of_work(actor) as uow:
        return await specs.get_spec(uow, job_id)


@router.patch("", response_model=CommittedRevision, responses=refusals(*EDITING, "SPEC_EMPTY"))
async def edit_spec(actor: CallingActor, job_id: UUID, body: SpecEdit) -> CommittedRevision:
    """Commit an edit on top of the revision seen (J9)."""
    if not body.revision_token:
        raise IamaError("REVISION_REQUIRED", field="revision_token")
    view = await spec_edits.edit_spec(
        actor, job_id, revision_token=body.revision_token, bdd=body.bdd_items, sdd=body.sdd_items, kind=body.kind
    )
    return CommittedRevision(revision_id=view.revision_id, revision_token=view.revision_token)


@router.post("/nl-convert", response_model=ConversionPreview, responses=refusals(*CONVERTING))
async def convert_sentences(actor: CallingActor, job_id: UUID, body: PlainWords) -> ConversionPreview:
    """Show what items plain sentences would be (J10); nothing is stored."""
    if not body.revision_token:
        raise IamaError("REVISION_REQUIRED", field="revision_token")
    return await spec_edits.convert_sentences(
        actor, job_id, text=body.natural_language_input, half=body.mode, revision_token=body.revision_token
    )


@router.post(
    "/approve",
    response_model=JobStatus,
    responses=refusals(*EDITING, "SPEC_EMPTY", "SPEC_UNCHANGED", "HAZARD_NOT_ACCEPTED"),
)
async def approve_spec(
    actor: CallingActor, job_id: UUID, body: Annotated[SpecApproval | None, Body()] = None
) -> JobStatus:
    """Approve (J11); a `revision_token` is optional here and checked when given."""
    wanted = body or SpecApproval(revision_token=None)
    job = await approve(actor, job_id, wanted.revision_token, wanted.accepted_hazards)
    return JobStatus(job_id=job_id, status=job.status)
