"""The job's stream of facts, its history by pages, and the renewal of an open stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from iama_app.api import sse
from iama_app.api.dependencies import BearerCaller, CallingActor
from iama_app.api.errors import refusals
from iama_app.api.examples import STREAM
from iama_app.api.stream_leases import StreamLeases, lease_of
from iama_app.api.streams import EventStream, StreamSource
from services.canon.errors import IamaError
from services.canon.events import EventType
from services.feed import service as feed
from services.feed.schemas import Frame
from services.identity import service as identity
from services.identity.schemas import SessionActor
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs

router = APIRouter(prefix="/v2", tags=["streams"])
BIGGEST_SEQ = 2**62
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=64, description="`id` of the last frame seen; facts go on after it."),
]
STREAM_RESPONSES: dict[int | str, dict[str, Any]] = refusals("JOB_NOT_FOUND", "TOKEN_EXPIRED", "TOKEN_INVALID") | {
    200: {"description": "Server-sent events.", "content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}}}
}
STREAM_RESPONSES[200]["content"][sse.MEDIA_TYPE]["example"] = STREAM


class History(BaseModel):
    """A page of facts; `next_after_seq` is where the next page begins, null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "next_after_seq": None}]})

    items: list[Frame]
    next_after_seq: int | None


@router.get("/jobs/{job_id}/events", response_class=StreamingResponse, responses=STREAM_RESPONSES)
async def stream_events(
    request: Request, caller: BearerCaller, job_id: UUID, last_event_id: LastEventId = None
) -> StreamingResponse:
    """Follow a job: `hello` with a snapshot, then every fact in order. Needs the bearer header."""
    return await open_stream(request, caller, job_id, last_event_id)


async def open_stream(
    request: Request, caller: SessionActor, job_id: UUID, last_event_id: str | None
) -> StreamingResponse:
    """Check access, then answer with the stream (`JOB_NOT_FOUND`)."""
    return await stream_from(request, caller, _source(caller, job_id), last_event_id)


async def stream_from(
    request: Request, caller: SessionActor, source: StreamSource, last_event_id: str | None
) -> StreamingResponse:
    """Answer with the stream of a source that the caller may read."""
    await source.snapshot()
    state = request.app.state
    stream = EventStream(source, caller, state.stream_leases, state.stream_clocks)
    frames = stream.frames(sse.parse_last_event_id(last_event_id))
    return StreamingResponse(frames, media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


@router.get("/jobs/{job_id}/events/history", response_model=History, responses=refusals("JOB_NOT_FOUND"))
async def get_history(
    actor: CallingActor,
    job_id: UUID,
    after_seq: Annotated[int, Query(ge=0, le=BIGGEST_SEQ)] = 0,
    types: Annotated[list[EventType] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> History:
    """Facts by pages, oldest first, as the stream would have told them."""
    wanted = [event_type.value for event_type in types or ()]
    async with unit_of_work(actor) as uow:
        await jobs.require_job(uow, job_id)
        frames = await feed.list_frames(uow, job_id, after_seq=after_seq, limit=limit, types=wanted)
    return History(items=frames, next_after_seq=frames[-1].seq if len(frames) == limit else None)


@router.post("/streams/{stream_id}/renew", status_code=204, response_class=Response, responses=refusals("NOT_FOUND"))
async def renew_stream(request: Request, caller: BearerCaller, stream_id: UUID) -> Response:
    """Extend an open stream to the end of this request's access token."""
    leases: StreamLeases = request.app.state.stream_leases
    known = await leases.find(stream_id)
    if known is None or known.user_id != caller.user_id:
        raise IamaError("NOT_FOUND")
    await leases.put(stream_id, lease_of(caller))
    return Response(status_code=204)


def _source(caller: SessionActor, job_id: UUID) -> StreamSource:
    actor = identity.actor_of(caller)

    async def snapshot() -> dict[str, Any]:
        async with unit_of_work(actor) as uow:
            return (await jobs.get_job_view(uow, job_id)).model_dump(mode="json")

    async def last_seq() -> int:
        async with unit_of_work(actor) as uow:
            return await feed.last_seq(uow, job_id)

    async def facts(after_seq: int) -> AsyncGenerator[list[bytes], None]:
        async with aclosing(feed.subscribe(actor, job_id, after_seq)) as batches:
            async for frames in batches:
                yield [sse.encode_fact(frame) for frame in frames]

    return StreamSource(
        snapshot=snapshot,
        last_seq=last_seq,
        facts=facts,
        is_signed_in=lambda lease: identity.is_signed_in(lease.user_id, lease.sign_in_id),
    )
