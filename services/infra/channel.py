"""Short questions of a web process to a worker: question and answer stand in Redis for two minutes, nowhere else.

The task that travels holds ids only. What a question means is left to who asks and who answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.canon.errors import IamaError
from services.canon.tasks import Queue
from services.core.actor import Actor, ActorKind, Surface, user_actor
from services.core.ids import new_id
from services.infra.settings import load_settings, secret
from services.infra.unit_of_work import unit_of_work

KEPT_SECONDS = 120
Respond = Callable[[Actor, str], Awaitable[str]]


class _Asked(BaseModel):
    """A question with who asked it."""

    user_id: UUID
    surface: Surface
    question: str


class _Reply(BaseModel):
    """An answer, or the code of a refusal."""

    answer: str | None = None
    code: str = ""
    sentence: str | None = None
    data: dict[str, Any] = {}


async def ask(actor: Actor, task: str, queue: Queue, question: str, *, wait_seconds: float, unanswered: str) -> str:
    """Hand a question to a worker and wait for its answer.

    Args:
        unanswered: code of the refusal when nobody answers in time.
    Raises:
        IamaError: the worker's refusal; `FORBIDDEN` for who is no person; `unanswered`.
    """
    if actor.kind is not ActorKind.USER or actor.user_id is None:
        raise IamaError("FORBIDDEN", denial_reason="FORBIDDEN")
    name = str(new_id())
    asked = _Asked(user_id=actor.user_id, surface=actor.surface, question=question)
    try:
        async with _redis(wait_seconds + 5, unanswered) as redis:
            await redis.set(_question_key(name), asked.model_dump_json(), ex=KEPT_SECONDS)
            async with unit_of_work(actor) as uow:
                await uow.enqueue(task, queue.value, question_id=name, tenant_id=str(actor.tenant_id))
            found: Any = await redis.blpop([_answer_key(name)], timeout=wait_seconds)  # type: ignore[misc]
    except RedisError as error:
        raise IamaError(unanswered) from error
    if found is None:
        raise IamaError(unanswered)
    reply = _Reply.model_validate_json(found[1])
    if reply.answer is None:
        raise IamaError(reply.code, sentence=reply.sentence, **reply.data)
    return reply.answer


async def answer(question_id: str, tenant_id: UUID, respond: Respond, *, unanswered: str) -> str:
    """Answer one question on a worker; a second call finds none and does nothing."""
    async with _redis(5, unanswered) as redis:
        text = await redis.getdel(_question_key(question_id))
        if text is None:
            return "no question"
        asked = _Asked.model_validate_json(text)
        reply = await _reply(user_actor(asked.user_id, tenant_id, asked.surface), asked.question, respond)
        await cast(Any, redis.rpush(_answer_key(question_id), reply.model_dump_json()))
        await redis.expire(_answer_key(question_id), KEPT_SECONDS)
    return reply.code or "answered"


async def _reply(actor: Actor, question: str, respond: Respond) -> _Reply:
    try:
        return _Reply(answer=await respond(actor, question))
    except IamaError as error:
        return _Reply(code=error.code, sentence=error.sentence, data=error.data)


def _redis(patience_seconds: float, unanswered: str) -> Redis:
    url = secret(load_settings().redis_url)
    if not url:
        raise IamaError(unanswered)
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=patience_seconds)


def _question_key(name: str) -> str:
    return f"iama:question:{name}"


def _answer_key(name: str) -> str:
    return f"iama:answer:{name}"
