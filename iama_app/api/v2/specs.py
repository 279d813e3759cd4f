"""The behaviour spec of a job: read, edit under its revision token, approve, look back."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from iama_app.api.audited import Audited, changed
from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.models import Body
from iama_app.api.revisions import IfMatch, expected_token
from iama_app.api.v2.actions import ShortText
from iama_app.api.v2.jobs import JobChanged
from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS, SPEC_MAX_ITEMS
from services.canon.vocabulary import JobAction
from services.core.actor import Actor
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import JobView
from services.llm.schemas import Half
from services.specs import service as specs
from services.specs.schemas import BddItem, ConversionPreview, Resolution, RevisionView, SddItem, SpecView
from services.workflow import service as workflow
from services.workflow import spec_edits

router = APIRouter(prefix="/v2/jobs/{job_id}/spec", tags=["spec"])
Token = Annotated[
    str | None,
    Field(default=None, min_length=1, max_length=200, description="Of the revision seen; or send `If-Match`."),
]
EDITING = (
    "JOB_NOT_FOUND",
    "JOB_OWNERSHIP_VIOLATION",
    "ENTITLEMENT_DENIED",
    "SPEC_NOT_READY",
    "SPEC_REVISION_CONFLICT",
    "REVISION_REQUIRED",
    "TRANSITION_NOT_ALLOWED",
)
CONVERTING = (*EDITING, "SENTENCE_NOT_UNDERSTOOD", "MODEL_PROVIDER_UNAVAILABLE", "MODEL_OUTPUT_INVALID")


class SpecEdit(Body):
    """Whole lists of items; a list that is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revision_token": "6c1Jm0…",
                    "bdd_items": [
                        {
                            "id": "B-1",
                            "title": "Accents are removed",
                            "given": "a text with accents",
                            "when_action": "slugify('Déjà vu') is called",
                            "then_outcome": "it returns 'deja-vu'",
                        }
                    ],
                }
            ]
        }
    )

    revision_token: Token
    bdd_items: list[BddItem] | None = Field(default=None, max_length=SPEC_MAX_ITEMS)
    sdd_items: list[SddItem] | None = Field(default=None, max_length=SPEC_MAX_ITEMS)
    kind: Literal["HUMAN", "NL_CONVERT"] = Field(
        default="HUMAN", description="NL_CONVERT when the items came of a preview of plain words."
    )


class PlainWords(Body):
    """Sentences to be shown as items."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "natural_language_input": "slugify('a b') returns 'a-b'. `slugify` raises TypeError for a number.",
                    "mode": "BOTH",
                    "revision_token": "6c1Jm0…",
                }
            ]
        }
    )

    natural_language_input: str = Field(min_length=1, max_length=SPEC_FIELD_MAX_CHARACTERS)
    mode: Half = Half.BOTH
    revision_token: Token


class RestoreRequest(Body):
    """Which earlier revision is wanted back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": 1, "revision_token": "6c1Jm0…"}]})

    number: int = Field(ge=1, le=2**31 - 1)
    revision_token: Token


class ConflictResolution(Body):
    """Fields settled after a conflict, on top of the revision that stood in the way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revision_token": "6c1Jm0…",
                    "resolutions": [
                        {"item_id": "B-1", "field": "title", "choice": "MINE", "value": "Accents go"},
                        {"item_id": "B-1", "field": "given", "choice": "THEIRS"},
                    ],
                }
            ]
        }
    )

    revision_token: Token
    resolutions: list[Resolution] = Field(min_length=1, max_length=SPEC_MAX_ITEMS)


class SpecApproval(Body):
    """Approval of one revision with the hazards that are accepted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revision_token": "6c1Jm0…", "accepted_hazards": ["H-1"]}]}
    )

    revision_token: Token
    accepted_hazards: list[ShortText] | None = Field(
        default=None, max_length=500, description="Ids; without it those count that were accepted in a preview."
    )


class SpecChanged(SpecView, Audited):
    """The newest revision after a change."""


class RevisionList(BaseModel):
    """Revisions, newest first."""

    items: list[RevisionView]


@router.get("", response_model=SpecView, responses=refusals("JOB_NOT_FOUND", "SPEC_NOT_READY"))
async def get_spec(actor: CallingActor, job_id: UUID) -> SpecView:
    """The newest revision with its token."""
    async with unit_of_work(actor) as uow:
        return await specs.get_spec(uow, job_id)


@router.patch("", response_model=SpecChanged, responses=refusals(*EDITING, "SPEC_EMPTY"))
async def edit_spec(
    request: Request, actor: CallingActor, job_id: UUID, body: SpecEdit, if_match: IfMatch = None
) -> SpecChanged:
    """Commit an edit on top of the revision seen; a stale one is refused with what both sides changed."""
    token = expected_token(request, body.revision_token)
    verb = spec_edits.edit_spec(
        actor, job_id, revision_token=token, bdd=body.bdd_items, sdd=body.sdd_items, kind=body.kind
    )
    return await changed(SpecChanged, verb)


@router.post("/resolve", response_model=SpecChanged, responses=refusals(*EDITING, "SPEC_EMPTY"))
async def resolve_spec(
    request: Request, actor: CallingActor, job_id: UUID, body: ConflictResolution, if_match: IfMatch = None
) -> SpecChanged:
    """Settle fields after a conflict: mine, theirs, or another text; the revision that stood in the way is the base."""
    token = expected_token(request, body.revision_token)
    verb = spec_edits.resolve_spec(actor, job_id, revision_token=token, resolutions=body.resolutions)
    return await changed(SpecChanged, verb)


@router.post("/restore", response_model=SpecChanged, responses=refusals(*EDITING, "NOT_FOUND"))
async def restore_spec(
    request: Request, actor: CallingActor, job_id: UUID, body: RestoreRequest, if_match: IfMatch = None
) -> SpecChanged:
    """Commit the items of an earlier revision anew, on top of the revision seen."""
    token = expected_token(request, body.revision_token)
    verb = spec_edits.restore_spec(actor, job_id, number=body.number, revision_token=token)
    return await changed(SpecChanged, verb)


@router.post("/nl-convert", response_model=ConversionPreview, responses=refusals(*CONVERTING))
async def convert_sentences(
    request: Request, actor: CallingActor, job_id: UUID, body: PlainWords, if_match: IfMatch = None
) -> ConversionPreview:
    """Show what items plain sentences would be. A preview: nothing is stored before a `PATCH` commits it."""
    token = expected_token(request, body.revision_token)
    return await spec_edits.convert_sentences(
        actor, job_id, text=body.natural_language_input, half=body.mode, revision_token=token
    )


@router.post(
    "/approve",
    response_model=JobChanged,
    responses=refusals(*EDITING, "SPEC_EMPTY", "SPEC_UNCHANGED", "HAZARD_NOT_ACCEPTED"),
)
async def approve_spec(
    request: Request, actor: CallingActor, job_id: UUID, body: SpecApproval, if_match: IfMatch = None
) -> JobChanged:
    """Freeze the revision seen and write tests from it."""
    token = expected_token(request, body.revision_token)
    return await changed(JobChanged, approve(actor, job_id, token, body.accepted_hazards))


async def approve(actor: Actor, job_id: UUID, token: str | None, accepted_hazards: list[str] | None) -> JobView:
    """Approve under the job's present state revision; the spec's own token says what was seen."""
    async with unit_of_work(actor) as uow:
        job = await jobs.get_job_view(uow, job_id)
    params = {"revision_token": token, "accepted_hazards": accepted_hazards}
    return await workflow.act(
        actor, job_id, JobAction.APPROVE_SPEC, expected_revision=job.state_revision, params=params
    )


@router.get("/revisions", response_model=RevisionList, responses=refusals("JOB_NOT_FOUND"))
async def list_revisions(actor: CallingActor, job_id: UUID) -> RevisionList:
    """Who changed what, newest first; empty before the draft exists."""
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        if await specs.find_latest(uow, job_id) is None:
            return RevisionList(items=[])
        return RevisionList(items=await specs.list_revisions(uow, job_id))


@router.get("/revisions/{number}", response_model=SpecView, responses=refusals("JOB_NOT_FOUND", "NOT_FOUND"))
async def get_revision(actor: CallingActor, job_id: UUID, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> SpecView:
    """One earlier revision."""
    async with unit_of_work(actor) as uow:
        return await specs.get_revision(uow, job_id, number)
