"""Asking what a change would do. The web process asks; a worker fetches, parses and plans; nothing is stored."""

import asyncio
from typing import Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.access import service as access
from services.canon.clocks import PREVIEW_SECONDS
from services.canon.errors import IamaError
from services.canon.permissions import Permission
from services.canon.tasks import Queue
from services.core.actor import Actor
from services.identity import service as identity
from services.infra import channel
from services.infra.unit_of_work import unit_of_work
from services.previews import planning, symbols
from services.previews.schemas import Preview, PreviewRequest, SymbolAnswer, SymbolRequest
from services.previews.sources import read_source

TASK = "preview_change"
AT_ONCE = 2
"""Previews that one worker works out at a time; the others wait, so that jobs keep their slots of the processor."""

_UNANSWERED = "DEPENDENCY_UNAVAILABLE"
_ANSWER_SECONDS = 10
T = TypeVar("T")
_free = asyncio.Semaphore(AT_ONCE)


class _Question(BaseModel):
    """A preview or a search of names; `body` is the request as JSON."""

    kind: Literal["preview", "symbols"]
    body: str


async def preview(actor: Actor, wanted: PreviewRequest) -> Preview:
    """Show what a goal or a document would do to a repository, or to a job's source.

    Raises:
        IamaError: `GOAL_NOT_UNDERSTOOD`, `VALIDATION_FAILED`, the codes of the source, `PREVIEW_TIMED_OUT`,
            `DEPENDENCY_UNAVAILABLE` when no worker answers, and what creating a job would refuse.
    """
    return Preview.model_validate_json(await _ask(actor, _Question(kind="preview", body=wanted.model_dump_json())))


async def search_symbols(actor: Actor, wanted: SymbolRequest) -> SymbolAnswer:
    """Find names of a project, for completion. Refusals as `preview`."""
    return SymbolAnswer.model_validate_json(await _ask(actor, _Question(kind="symbols", body=wanted.model_dump_json())))


async def answer(question_id: str, tenant_id: UUID) -> str:
    """Answer one question, on a worker; a second call finds none and does nothing."""
    return await channel.answer(question_id, tenant_id, respond, unanswered=_UNANSWERED)


async def respond(actor: Actor, asked: str) -> str:
    """Work out the answer to one question in this process."""
    question = _Question.model_validate_json(asked)
    try:
        async with asyncio.timeout(PREVIEW_SECONDS), _free:
            found = await (
                _preview(actor, question.body) if question.kind == "preview" else _symbols(actor, question.body)
            )
    except TimeoutError as error:
        raise IamaError("PREVIEW_TIMED_OUT", limit_seconds=PREVIEW_SECONDS) from error
    return found.model_dump_json()


async def _ask(actor: Actor, question: _Question) -> str:
    async with unit_of_work(actor) as uow:
        await access.require(uow, Permission.JOBS_CREATE)
        await access.require_server_execution(uow)
        await identity.require_consent(uow)
    return await channel.ask(
        actor,
        TASK,
        Queue.MODELS,
        question.model_dump_json(),
        wait_seconds=PREVIEW_SECONDS + _ANSWER_SECONDS,
        unanswered=_UNANSWERED,
    )


async def _preview(actor: Actor, body: str) -> Preview:
    wanted = PreviewRequest.model_validate_json(body)
    pinned = await read_source(actor, wanted, wanted.path_scope)
    return await asyncio.to_thread(planning.preview, pinned, wanted)


async def _symbols(actor: Actor, body: str) -> SymbolAnswer:
    wanted = SymbolRequest.model_validate_json(body)
    pinned = await read_source(actor, wanted, wanted.path_scope)
    project = await asyncio.to_thread(pinned.project, wanted.path_scope)
    items, total = symbols.find_symbols(project, wanted.query, wanted.kinds, wanted.limit)
    return SymbolAnswer(head_sha=pinned.head_sha, items=items, total=total)
