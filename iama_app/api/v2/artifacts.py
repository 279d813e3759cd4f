"""Stored results of a job: the list, and one file as a download."""

import re
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactView
from services.canon.errors import IamaError
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs

router = APIRouter(prefix="/v2/jobs/{job_id}/artifacts", tags=["delivery"])


class ArtifactList(BaseModel):
    """Artifacts, oldest first; deleted ones keep their row."""

    items: list[ArtifactView]


@router.get("", response_model=ArtifactList, responses=refusals("JOB_NOT_FOUND"))
async def list_artifacts(actor: CallingActor, job_id: UUID) -> ArtifactList:
    """Every stored result with its hash and expiry."""
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        return ArtifactList(items=await artifacts.list_artifacts(uow, job_id))


@router.get(
    "/{artifact_id}/download",
    response_class=Response,
    responses=refusals(
        "JOB_NOT_FOUND",
        "NOT_FOUND",
        "ARTIFACT_EXPIRED",
        answers={200: {"description": "The file.", "content": {"application/octet-stream": {}}}},
    ),
)
async def download_artifact(actor: CallingActor, job_id: UUID, artifact_id: UUID) -> Response:
    """The plain bytes of one artifact, after its hash was checked."""
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        known = {item.id: item for item in await artifacts.list_artifacts(uow, job_id)}
    if artifact_id not in known:
        raise IamaError("NOT_FOUND")
    content = await artifacts.read_artifact(actor, artifact_id, job_id)
    view = known[artifact_id]
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", view.name) or "artifact"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{view.hash}"'}
    return Response(content, media_type=view.media_type, headers=headers)
