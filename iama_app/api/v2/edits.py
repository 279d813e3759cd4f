"""Edits before a job: what a change would do, and the names of a project to say it with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, ValidationError

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.examples import PREVIEW_EDIT
from iama_app.api.models import Body, require_storable
from services.canon.errors import IamaError
from services.jobs.schemas import SourceRequest
from services.previews import service as previews
from services.previews.schemas import Preview, PreviewRequest, SymbolAnswer, SymbolKind, SymbolRequest

router = APIRouter(prefix="/v2/edits", tags=["edits"])
SOURCE_REFUSALS = (
    "BRANCH_NOT_FOUND",
    "CONSENT_REQUIRED",
    "DEPENDENCY_UNAVAILABLE",
    "ENTITLEMENT_INSUFFICIENT",
    "GIT_REMOTE_UNREACHABLE",
    "GIT_URL_NOT_ALLOWED",
    "JOB_NOT_FOUND",
    "PATH_NOT_FOUND",
    "PREVIEW_TIMED_OUT",
    "REPO_EMPTY",
    "REPO_FILE_COUNT_LIMIT_EXCEEDED",
    "REPO_NOT_A_GIT_REPOSITORY",
    "REPO_SIZE_LIMIT_EXCEEDED",
    "ROLE_INSUFFICIENT",
    "SPEC_NOT_READY",
)


class PreviewEdit(PreviewRequest, Body):
    """A goal or an edit document for one source."""

    model_config = ConfigDict(json_schema_extra={"examples": [PREVIEW_EDIT]})


@router.post("/preview", responses=refusals("GOAL_NOT_UNDERSTOOD", *SOURCE_REFUSALS))
async def preview_edit(actor: CallingActor, body: PreviewEdit) -> Preview:
    """Show what a change would do: definitions, references by confidence, hazards, operations, diff, refusals.

    Nothing is stored. A refusal of the engine is part of the answer, under `refusals`. The `hazard_id` of a hazard is
    accepted with `accepted_hazards` of `POST /v2/jobs`.
    """
    return await previews.preview(actor, body)


@router.get("/symbols", responses=refusals(*SOURCE_REFUSALS))
async def search_symbols(
    actor: CallingActor,
    url: Annotated[str | None, Query(min_length=1, max_length=2000, description="Address of the repository.")] = None,
    branch: Annotated[str | None, Query(max_length=255)] = None,
    job_id: Annotated[UUID | None, Query(description="A job whose source is searched, instead of an address.")] = None,
    path_scope: Annotated[list[str] | None, Query(max_length=50)] = None,
    q: Annotated[str, Query(max_length=200, description="Beginning of a name, or of a part of it.")] = "",
    kind: Annotated[list[SymbolKind] | None, Query(max_length=5)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SymbolAnswer:
    """Find definitions by the beginning of their name, best match first."""
    try:
        require_storable([url, branch, path_scope, q])
        wanted = SymbolRequest(
            source=SourceRequest(url=url, branch=branch) if url is not None else None,
            job_id=job_id,
            path_scope=path_scope or ["."],
            query=q,
            kinds=kind or [],
            limit=limit,
        )
    except ValidationError as error:
        fields = [
            {"field": ".".join(str(part) for part in item["loc"]) or "url", "in": "query", "message": item["msg"]}
            for item in error.errors()
        ]
        raise IamaError("VALIDATION_FAILED", fields=fields) from error
    return await previews.search_symbols(actor, wanted)
