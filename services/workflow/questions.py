"""Short questions of a web process to the model worker, which alone has the model library loaded.

How question and answer travel is left to `infra.channel`.
"""

from uuid import UUID

from pydantic import BaseModel
from sqlmodel import select

from services.canon.errors import IamaError
from services.canon.tasks import Queue
from services.core.actor import Actor
from services.infra import channel
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.llm.router import model_class_for
from services.llm.schemas import ConversionOutput, ConversionPayload, Half, StageRequest
from services.llm.vocabulary import Stage
from services.tables.repositories import RepositoryWorkspace
from services.workflow import model_layer

TASK = "answer_question"
WAIT_SECONDS: float = 60
_UNANSWERED = "MODEL_PROVIDER_UNAVAILABLE"


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


async def ask(actor: Actor, question: Question) -> Answer:
    """Hand a question to the model worker and wait for its answer.

    Raises:
        IamaError: the worker's refusal; `MODEL_PROVIDER_UNAVAILABLE` when nobody answers in time.
    """
    asked = question.model_dump_json()
    text = await channel.ask(actor, TASK, Queue.MODELS, asked, wait_seconds=WAIT_SECONDS, unanswered=_UNANSWERED)
    return Answer.model_validate_json(text)


async def answer(question_id: str, tenant_id: UUID) -> str:
    """Answer one question, on the model worker; a second call finds none and does nothing."""
    return await channel.answer(question_id, tenant_id, _respond, unanswered=_UNANSWERED)


async def _respond(actor: Actor, asked: str) -> str:
    question = Question.model_validate_json(asked)
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, question.job_id)
        statement = select(RepositoryWorkspace.tree_artifact_id).where(RepositoryWorkspace.job_id == job.id)
        tree_artifact_id = (await uow.session.exec(statement)).one_or_none()
    if tree_artifact_id is None:
        raise IamaError("SPEC_NOT_READY")
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
    result = await model_layer.ask(actor, job, request)
    made = Answer(value=result.value, route=result.route.value, model_class=result.model_class.value)
    return made.model_dump_json()
