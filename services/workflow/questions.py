"""Short questions of a web process to the model worker, which alone has the model library loaded.

The task that travels holds ids; question and answer stand in Redis for two minutes and nowhere else.
"""

from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlmodel import select

from services.canon.errors import IamaError
from services.canon.tasks import Queue
from services.core.actor import Actor, ActorKind, Surface, user_actor
from services.core.ids import new_id
from services.infra.settings import load_settings, secret
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.llm.router import model_class_for
from services.llm.schemas import ConversionOutput, ConversionPayload, Half, StageRequest
from services.llm.vocabulary import Stage
from services.tables.repositories import RepositoryWorkspace
from services.workflow import model_layer

TASK = "answer_question"
WAIT_SECONDS = 60
KEPT_SECONDS = 120


class Question(BaseModel):
    """Sentences to restructure for one job."""

    job_id: UUID
    tier: str
    text: str
    half: Half


class Answer(BaseModel):
    """Items and who made them."""

    value: ConversionOutput
    route: str
    model_class: str


class _Reply(BaseModel):
    """An answer, or the code of a refusal."""

    answer: Answer | None = None
    code: str = ""
    sentence: str | None = None
    data: dict[str, Any] = {}


class _Asked(BaseModel):
    """A question with who asked it."""

    user_id: UUID
    surface: Surface
    question: Question


async def ask(actor: Actor, question: Question) -> Answer:
    """Hand a question to the model worker and wait for its answer.

    Raises:
        IamaError: the worker's refusal; `MODEL_PROVIDER_UNAVAILABLE` when nobody answers in time.
    """
    if actor.kind is not ActorKind.USER or actor.user_id is None:
        raise IamaError("FORBIDDEN", denial_reason="FORBIDDEN")
    name = str(new_id())
    asked = _Asked(user_id=actor.user_id, surface=actor.surface, question=question)
    try:
        async with _redis(WAIT_SECONDS + 5) as redis:
            await redis.set(_question_key(name), asked.model_dump_json(), ex=KEPT_SECONDS)
            async with unit_of_work(actor) as uow:
                await uow.enqueue(TASK, Queue.MODELS.value, question_id=name, tenant_id=str(actor.tenant_id))
            found: Any = await redis.blpop([_answer_key(name)], timeout=WAIT_SECONDS)  # type: ignore[misc]
    except RedisError as error:
        raise IamaError("MODEL_PROVIDER_UNAVAILABLE") from error
    if found is None:
        raise IamaError("MODEL_PROVIDER_UNAVAILABLE")
    reply = _Reply.model_validate_json(found[1])
    if reply.answer is None:
        raise IamaError(reply.code, sentence=reply.sentence, **reply.data)
    return reply.answer


async def answer(question_id: str, tenant_id: UUID) -> str:
    """Answer one question, on the model worker; a second call finds none and does nothing."""
    async with _redis(5) as redis:
        text = await redis.getdel(_question_key(question_id))
        if text is None:
            return "no question"
        asked = _Asked.model_validate_json(text)
        reply = await _reply(user_actor(asked.user_id, tenant_id, asked.surface), asked.question)
        await cast(Any, redis.rpush(_answer_key(question_id), reply.model_dump_json()))
        await redis.expire(_answer_key(question_id), KEPT_SECONDS)
    return reply.code or "answered"


async def _reply(actor: Actor, question: Question) -> _Reply:
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, question.job_id)
        statement = select(RepositoryWorkspace.tree_artifact_id).where(RepositoryWorkspace.job_id == job.id)
        tree_artifact_id = (await uow.session.exec(statement)).one_or_none()
    if tree_artifact_id is None:
        return _Reply(code="SPEC_NOT_READY")
    request = StageRequest(
        stage=Stage.SPEC_CONVERSION,
        tier=question.tier,
        model_class=model_class_for(Stage.SPEC_CONVERSION, question.tier, 0),
        job_id=job.id,
        attempt=0,
        snapshot_ref=model_layer.snapshot_ref(actor.tenant_id, tree_artifact_id),
        payload=ConversionPayload(goal=job.goal, path_scope=job.target_paths, text=question.text, half=question.half),
        schema=ConversionOutput,
    )
    try:
        result = await model_layer.ask(actor, job, request)
    except IamaError as error:
        return _Reply(code=error.code, sentence=error.sentence, data=error.data)
    made = Answer(value=result.value, route=result.route.value, model_class=result.model_class.value)
    return _Reply(answer=made)


def _redis(patience_seconds: float) -> Redis:
    url = secret(load_settings().redis_url)
    if not url:
        raise IamaError("MODEL_PROVIDER_UNAVAILABLE")
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=patience_seconds)


def _question_key(name: str) -> str:
    return f"iama:question:{name}"


def _answer_key(name: str) -> str:
    return f"iama:answer:{name}"
