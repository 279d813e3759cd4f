"""What a job delivered: the difference, its proof, and handing it over as a branch or a patch bundle."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from iama_app.api.audited import Audited
from iama_app.api.dependencies import CallingActor
from iama_app.api.errors import refusals
from iama_app.api.idempotency import REPLAYED, IdempotencyKey, once, perform
from iama_app.api.models import Body
from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.canon.errors import ERRORS, IamaError
from services.core.actor import Actor
from services.delivery import bundles
from services.delivery import service as delivery
from services.delivery.records import JobRecords, list_records
from services.delivery.schemas import TRAILER, DeliveryView, FileTexts, PublicationView
from services.infra.unit_of_work import UnitOfWork, audit_trail, unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import AttemptView, RemoteSessionView, TestRunView, TransitionView
from services.workflow import service as workflow

router = APIRouter(prefix="/v2/jobs/{job_id}", tags=["delivery"])
PUSH_WAIT_SECONDS = 15.0
PUSH_POLL_SECONDS = 0.2
KEYED = ("IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED")
DELIVERED_ONLY = ("JOB_NOT_FOUND", "TRANSITION_NOT_ALLOWED", "ARTIFACT_EXPIRED")


class PushRequest(Body):
    """Where to push, and what; everything is optional."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"branch_name": "refactor/slugify-20260105-2b901c3e"}]}
    )

    branch_name: str | None = Field(default=None, min_length=1, max_length=200)
    accepted_files: list[str] | None = Field(
        default=None, min_length=1, max_length=10_000, description="A part of the files; it is proven again first."
    )


class Provenance(BaseModel):
    """Who made the commit, for which job."""

    co_authored_by: str
    job_id: UUID


class Publication(PublicationView):
    """A publication with its provenance; `commit_sha` is there once the branch is pushed."""

    provenance: Provenance


class PublicationAsked(Publication, Audited):
    """A publication that was asked for."""


class PublicationList(BaseModel):
    """Publications, oldest first."""

    items: list[Publication]


class Bundle(Audited):
    """A stored patch bundle."""

    artifact_id: UUID
    url: str
    hash: str
    size: int
    expires_at: datetime


class EvidenceBundle(JobRecords):
    """Everything recorded about how a job came to its end; `record` is absent before delivery."""

    job_id: UUID
    record: dict[str, Any] | None
    record_hash: str | None
    transitions: list[TransitionView]
    attempts: list[AttemptView]
    test_runs: list[TestRunView]
    remote_session: RemoteSessionView | None
    publications: list[Publication]


@router.get("/delivery", response_model=DeliveryView, responses=refusals(*DELIVERED_ONLY))
async def get_delivery(actor: CallingActor, job_id: UUID) -> DeliveryView:
    """The difference of every file with the evidence that behaviour stayed the same."""
    return await delivery.get_delivery(actor, job_id)


@router.get("/delivery/files", response_model=FileTexts, responses=refusals(*DELIVERED_ONLY, "NOT_FOUND"))
async def get_file_texts(
    actor: CallingActor, job_id: UUID, path: Annotated[str, Query(min_length=1, max_length=4096)]
) -> FileTexts:
    """Both sides of one changed file."""
    return await delivery.get_file_texts(actor, job_id, path)


@router.get("/delivery/git", response_model=PublicationList, responses=refusals("JOB_NOT_FOUND"))
async def list_publications(actor: CallingActor, job_id: UUID) -> PublicationList:
    """Where the result went."""
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        views = await delivery.list_publications(uow, job_id)
    return PublicationList(items=[_with_provenance(job_id, view) for view in views])


@router.post(
    "/delivery/git",
    response_model=PublicationAsked,
    responses=refusals(
        *DELIVERED_ONLY,
        "PUBLISHING_CLOSED",
        "BRANCH_NAME_INVALID",
        "REMOTE_HEAD_CONFLICT",
        "NOT_FOUND",
        *KEYED,
        answers={
            202: {"model": PublicationAsked, "description": "Still being pushed; ask again or follow the stream."}
        },
    ),
)
async def push_branch(
    request: Request, response: Response, actor: CallingActor, job_id: UUID, key: IdempotencyKey, body: PushRequest
) -> PublicationAsked:
    """Push the result as a new branch, never onto the checked-out or default one. The same wish pushes once.

    Under the same key the answer is about the same publication, as it stands now; one that failed is asked for again
    under a new key.
    """

    async def ask(uow: UnitOfWork) -> PublicationView:
        return await workflow.ask_to_publish(uow, job_id, branch=body.branch_name, accepted_files=body.accepted_files)

    asked = await perform(request, actor, key, ask, status=202)
    view = await _settled(actor, job_id, PublicationView.model_validate(asked.body))
    if view.error_code:
        code = view.error_code if view.error_code in ERRORS else "INFRA_FAILURE"
        raise IamaError(code, delivery_id=view.delivery_id, branch_name=view.branch_name, base_sha=view.base_sha)
    response.status_code = 200 if view.commit_sha else 202
    if asked.replayed:
        response.headers.update(REPLAYED)
    shown = _with_provenance(job_id, view).model_dump()
    return PublicationAsked(**shown, audit_event_id=asked.body["audit_event_id"])


@router.post("/delivery/patch-bundle", response_model=Bundle, responses=refusals(*DELIVERED_ONLY, *KEYED))
async def make_bundle(request: Request, actor: CallingActor, job_id: UUID, key: IdempotencyKey) -> JSONResponse:
    """Store a Git mailbox with the edit document and the evidence in one zip file; a repeat answers the same one."""
    with audit_trail() as links:
        artifact_id, _ = await bundles.make_bundle(actor, job_id)

    async def show(uow: UnitOfWork) -> Bundle:
        view = next(item for item in await artifacts.list_artifacts(uow, job_id) if item.id == artifact_id)
        return Bundle(
            artifact_id=artifact_id,
            url=download_url(job_id, artifact_id),
            hash=view.hash,
            size=view.size,
            expires_at=view.expires_at,
            audit_event_id=links[-1] if links else None,
        )

    return await once(request, actor, key, show, status=200, audited=False)


@router.get("/evidence", response_model=EvidenceBundle, responses=refusals("JOB_NOT_FOUND"))
async def get_evidence(actor: CallingActor, job_id: UUID) -> EvidenceBundle:
    """States, attempts, proof runs, snapshots, head checks, wipes, decisions and publications in one answer."""
    async with unit_of_work(actor) as uow:
        job = await jobs.get_job_view(uow, job_id)
        record = await delivery.find_evidence(uow, job_id)
        publications = await delivery.list_publications(uow, job_id)
        return EvidenceBundle(
            job_id=job_id,
            record=record.document if record else None,
            record_hash=record.record_hash if record else None,
            transitions=await jobs.list_transitions(uow, job_id),
            attempts=await jobs.list_attempts(uow, job_id),
            test_runs=await jobs.list_runs(uow, job_id),
            remote_session=job.remote_session,
            publications=[_with_provenance(job_id, view) for view in publications],
            **dict(await list_records(uow, job_id)),
        )


def download_url(job_id: UUID, artifact_id: UUID) -> str:
    """Return where an artifact is downloaded, with the caller's own sign-in."""
    return f"/api/v2/jobs/{job_id}/artifacts/{artifact_id}/download"


async def find_download(actor: Actor, job_id: UUID, kind: ArtifactType) -> str | None:
    """Return where the newest artifact of a kind is downloaded."""
    async with unit_of_work(actor) as uow:
        artifact_id = await artifacts.find_latest(uow, job_id, kind)
    return download_url(job_id, artifact_id) if artifact_id else None


async def _settled(actor: Actor, job_id: UUID, wish: PublicationView) -> PublicationView:
    """Wait a while for the push to end one way or the other."""
    deadline = asyncio.get_running_loop().time() + PUSH_WAIT_SECONDS
    view = wish
    while not (view.commit_sha or view.error_code) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(PUSH_POLL_SECONDS)
        async with unit_of_work(actor) as uow:
            known = {item.delivery_id: item for item in await delivery.list_publications(uow, job_id)}
        view = known.get(wish.delivery_id, view)
    return view


def _with_provenance(job_id: UUID, view: PublicationView) -> Publication:
    provenance = Provenance(co_authored_by=TRAILER.partition(": ")[2], job_id=job_id)
    return Publication(**view.model_dump(), provenance=provenance)
