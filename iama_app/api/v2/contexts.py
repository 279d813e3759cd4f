"""The context manifest of a job: which slices of source a model was shown, why, and what was kept out."""

from uuid import UUID

from fastapi import APIRouter

from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from services.infra.unit_of_work import unit_of_work
from services.workflow import contexts

router = APIRouter(prefix="/v2/jobs/{job_id}", tags=["jobs"])


@router.get("/context-manifest", response_model=contexts.ContextView, responses=refusals("JOB_NOT_FOUND"))
async def get_context_manifest(actor: CallingActor, job_id: UUID) -> contexts.ContextView:
    """Slices of the newest call with reason and tokens, what was pruned, and files kept from reading; no source."""
    async with unit_of_work(actor) as uow:
        return await contexts.find_context(uow, job_id)
