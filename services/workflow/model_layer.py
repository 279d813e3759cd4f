"""Puts the model layer together for a worker process: settings, gateway, snapshots, measuring tools, the recorder."""

import asyncio
import logging
import os
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.artifacts import service as artifacts
from services.canon.failpoints import Failpoint
from services.canon.lifecycle import FailureClass
from services.core.actor import Actor, system_actor
from services.core.tree import Tree
from services.engine.project_model import ProjectModel
from services.infra.failpoints import reach
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.llm.litellm_gateway import LiteLlmGateway
from services.llm.schemas import (
    ModelCallRecord,
    SpecOutput,
    SpecPayload,
    StageRequest,
    StageResult,
    TestPayload,
    TestPlanOutput,
)
from services.llm.service import LlmService
from services.llm.settings import LlmSettings
from services.llm.vocabulary import CallOutcome, RouteName
from services.metering import service as metering
from services.tables.evidence import ModelCall
from services.tables.jobs import RefactorJob
from services.workflow import measuring

T = TypeVar("T", bound=BaseModel)
_CACHED_TREES = 4
_BUILDING = Lock()


@cache
def llm_settings() -> LlmSettings:
    """Read the provider's settings from the environment; without a model everything goes to `iama-rules`."""
    return LlmSettings(
        provider_base_url=os.environ.get("IAMA_MODEL_BASE_URL") or None,
        api_key=os.environ.get("IAMA_MODEL_API_KEY") or None,
        model_l1=os.environ.get("IAMA_MODEL_L1") or None,
        model_l2=os.environ.get("IAMA_MODEL_L2") or None,
        model_l3=os.environ.get("IAMA_MODEL_L3") or None,
        allow_fallback=os.environ.get("IAMA_MODEL_FALLBACK", "1") == "1",
    )


def snapshot_ref(tenant_id: UUID, artifact_id: UUID) -> str:
    """Name a stored tree for the model layer."""
    return f"{tenant_id}/{artifact_id}"


class ArtifactSnapshots:
    """Reads trees by reference and keeps the last few, since a job's stages ask for the same one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tree] = OrderedDict()

    async def read(self, snapshot_ref: str) -> Tree:
        """Return the stored tree."""
        if snapshot_ref not in self._kept:
            tenant, _, artifact = snapshot_ref.partition("/")
            actor = system_actor(UUID(tenant), "model layer")
            self._kept[snapshot_ref] = await artifacts.read_tree(actor, UUID(artifact))
            while len(self._kept) > _CACHED_TREES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(snapshot_ref)
        return self._kept[snapshot_ref]


class MeasuringTools:
    """Hands the spec and test measurements to the model layer."""

    async def extract_items(self, payload: SpecPayload, project: ProjectModel, tree: Tree) -> SpecOutput:
        """Draft behaviours of the functions that the plan touches."""
        return await measuring.extract(payload, project, tree)

    async def generate_tests(self, payload: TestPayload, project: ProjectModel, tree: Tree) -> TestPlanOutput:
        """Write tests for the approved behaviours."""
        return await measuring.generate(payload, project, tree)


SNAPSHOTS = ArtifactSnapshots()


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks for which job; the work item, if one does, and the how manieth question of a stage this is in it."""

    actor: Actor
    job: RefactorJob
    step_id: UUID | None
    ordinal: int

    def charge_key(self, record: ModelCallRecord) -> str:
        """Name the question, not the call: a work item that is done again after a lost worker asks it again."""
        question = f"{record.model_class.value}:{record.attempt_number}:{record.stage.value}:{self.ordinal}"
        return f"{self.job.id}:{question}:{self.step_id or record.call_id}"


_asking: ContextVar[_Asking] = ContextVar("asking")


async def ask(
    actor: Actor, job: RefactorJob, request: StageRequest[T], *, step_id: UUID | None = None, ordinal: int = 0
) -> StageResult[T]:
    """Answer one stage; every call made for it is recorded with the job that asked (V1-FR-SUB-002).

    Args:
        step_id: work item that asks; it may ask again after its worker was lost.
        ordinal: position among the item's questions of this stage, so that each is charged, and a repeat is not.
    """
    token = _asking.set(_Asking(actor, job, step_id, ordinal))
    try:
        return await (await asyncio.to_thread(_service)).run(request)
    finally:
        _asking.reset(token)


async def warm_up() -> None:
    """Import the model library ahead of the first question, beside other work: it takes seconds."""
    await asyncio.to_thread(_service)


def _service() -> LlmService:
    """Return the process's model layer; threads that ask at once wait for the one that builds it."""
    with _BUILDING:
        return _built()


@cache
def _built() -> LlmService:
    logging.getLogger("LiteLLM").setLevel(logging.WARNING)
    return LlmService(llm_settings(), LiteLlmGateway(), SNAPSHOTS, tools=MeasuringTools(), recorder=_record)


async def _record(record: ModelCallRecord) -> None:
    asking = _asking.get()
    await reach(Failpoint.AFTER_CALL, asking.job.status)
    async with unit_of_work(asking.actor) as uow:
        await _store(uow, asking, record)


async def _store(uow: UnitOfWork, asking: _Asking, record: ModelCallRecord) -> None:
    job = asking.job
    uow.session.add(
        ModelCall(
            id=record.call_id,
            tenant_id=uow.tenant_id,
            job_id=job.id,
            stage=record.stage.value,
            model_class=record.model_class.value,
            model_alias=record.model_alias,
            route=record.route.value,
            route_reason=record.route_reason.value,
            attempt_number=record.attempt_number,
            input_tokens=record.usage.llm_tokens_in,
            output_tokens=record.usage.llm_tokens_out,
            latency_ms=record.latency_ms,
            outcome=record.outcome.value,
            schema_retry=record.schema_retry,
            detail=record.stored_detail,
        )
    )
    await _charge(uow, asking, record)


async def _charge(uow: UnitOfWork, asking: _Asking, record: ModelCallRecord) -> None:
    """Bill the accepted answer to a question once; the same answer again is the platform's cost, a refused one free."""
    job = asking.job
    use = partial(
        metering.record_use,
        uow,
        job.id,
        dimension="CREDITS",
        quantity=0 if record.route is RouteName.RULES else 1,
        event_type=f"phase_{job.current_phase}_call",
        stage=record.stage.value,
        model_class=record.model_class.value,
        attempt_number=record.attempt_number,
        input_tokens=record.usage.llm_tokens_in,
        output_tokens=record.usage.llm_tokens_out,
    )
    own_key = f"{job.id}:{record.call_id}"
    if record.outcome is not CallOutcome.OK:
        await use(idempotency_key=own_key, charge_reason=metering.REFUSED_ANSWER, billable=False)
    elif not await use(idempotency_key=asking.charge_key(record), charge_reason="LOCAL_PLAN"):
        failure = FailureClass.INFRA_FAILURE.value
        await use(idempotency_key=own_key, charge_reason=metering.PLATFORM_COST, billable=False, failure_class=failure)
