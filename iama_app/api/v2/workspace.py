"""The workspace's stream: every job that changes, as lists show it, and how many jobs stand where."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from iama_app.api import sse
from iama_app.api.dependencies import BearerCaller
from iama_app.api.errors import refusals
from iama_app.api.examples import WORKSPACE_STREAM
from iama_app.api.streams import StreamSource
from iama_app.api.v2.streams import LastEventId, stream_from
from services.core.actor import Actor
from services.feed import workspace
from services.feed.schemas import JobChange
from services.identity import service as identity
from services.identity.schemas import SessionActor
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs

router = APIRouter(prefix="/v2", tags=["streams"])
RESPONSES: dict[int | str, dict[str, Any]] = refusals("ROLE_INSUFFICIENT", "TOKEN_EXPIRED", "TOKEN_INVALID") | {
    200: {
        "description": "Server-sent events.",
        "content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}, "example": WORKSPACE_STREAM}},
    }
}


@router.get("/events", response_class=StreamingResponse, responses=RESPONSES)
async def stream_workspace(
    request: Request, caller: BearerCaller, last_event_id: LastEventId = None
) -> StreamingResponse:
    """Follow the workspace: `hello` with counters, then `job_summary` and `counters` as jobs change.

    `id` is the workspace's own number; resuming tells every job that changed since, once, as it stands now. Needs the
    bearer header.
    """
    return await stream_from(request, caller, _source(caller), last_event_id)


def _source(caller: SessionActor) -> StreamSource:
    actor = identity.actor_of(caller)

    async def last_seq() -> int:
        async with unit_of_work(actor) as uow:
            return await workspace.last_feed_seq(uow)

    async def facts(after_seq: int) -> AsyncGenerator[list[bytes], None]:
        async with aclosing(workspace.follow_jobs(actor, after_seq)) as batches:
            async for changes in batches:
                yield await _frames(actor, changes)

    return StreamSource(
        snapshot=lambda: _counters(actor),
        last_seq=last_seq,
        facts=facts,
        is_signed_in=lambda lease: identity.is_signed_in(lease.user_id, lease.sign_in_id),
    )


async def _counters(actor: Actor) -> dict[str, Any]:
    async with unit_of_work(actor) as uow:
        return {"counters": await jobs.count_jobs(uow)}


async def _frames(actor: Actor, changes: list[JobChange]) -> list[bytes]:
    async with unit_of_work(actor) as uow:
        views = [await jobs.get_job_view(uow, change.job_id) for change in changes]
        counters = await jobs.count_jobs(uow)
    told = [
        sse.encode_change(change, view.model_dump(mode="json")) for change, view in zip(changes, views, strict=True)
    ]
    return [*told, sse.encode("counters", {"seq": changes[-1].seq, "counters": counters}, changes[-1].seq)]
