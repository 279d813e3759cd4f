"""Asking a model: `run` routes one typed request, calls, validates, records, and answers with a typed value.

No database here: the record of each call is handed to the recorder that the caller configured.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.canon.errors import IamaError
from services.core.ids import new_id
from services.engine.goals import GoalNotUnderstoodError
from services.llm.checks import check_for, onto_snapshot
from services.llm.context.manifest import ContextManifest
from services.llm.errors import CallCancelledError, ChangeNotSafeError, OutputInvalidError, ProviderUnavailableError
from services.llm.ports import (
    Completion,
    CompletionCall,
    CompletionGateway,
    Message,
    Recorder,
    SnapshotReader,
    StageTools,
)
from services.llm.prompts import reask, render
from services.llm.repair_json import Check, validated
from services.llm.router import Route, choose_route, fallback_route
from services.llm.rules.provider import RulesProvider
from services.llm.rules.sentences import SentenceNotUnderstoodError
from services.llm.schemas import ModelCallRecord, StageRequest, StageResult, Usage
from services.llm.settings import LlmSettings
from services.llm.vocabulary import CallOutcome, RouteName

T = TypeVar("T", bound=BaseModel)

OUTCOMES: tuple[tuple[type[Exception], CallOutcome], ...] = (
    (CallCancelledError, CallOutcome.CANCELLED),
    (ProviderUnavailableError, CallOutcome.PROVIDER_UNAVAILABLE),
    (OutputInvalidError, CallOutcome.OUTPUT_INVALID),
    (IamaError, CallOutcome.REFUSED),
)
"""First match decides what the record says of a call that raised."""


@dataclass(slots=True)
class _Trace:
    """One routed call while it runs."""

    call_id: UUID
    route: Route
    started: float = field(default_factory=time.monotonic)
    usage: Usage = field(default_factory=Usage)
    schema_retry: bool = False
    manifest: ContextManifest | None = None

    @property
    def latency_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


class LlmService:
    """The model layer of one process: settings, the gateway, and what `iama-rules` needs."""

    def __init__(
        self,
        settings: LlmSettings,
        gateway: CompletionGateway,
        snapshots: SnapshotReader,
        *,
        tools: StageTools | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._snapshots = snapshots
        self._recorder = recorder
        self._rules = RulesProvider(snapshots, tools)
        gateway.register_local(RouteName.RULES, self._rules.answer)

    async def run(self, request: StageRequest[T]) -> StageResult[T]:
        """Answer one stage, over the fallback route when the provider does not answer and policy allows it.

        Raises:
            ProviderUnavailableError: no allowed route answered; `data.retry_after_seconds` when the provider said so.
            OutputInvalidError: the answer did not fit, also after one repair.
            CallCancelledError: withdrawn; nothing of the answer is used.
            GoalNotUnderstoodError, ChangeNotSafeError, SecretInContextError, ContextTooLargeError,
                ContextBlockedError: refused before or instead of a call.
        Writes: one record per routed call through the recorder.
        Req: V1-LLM-01, V1-LLM-03, V1-LLM-05, V1-LLM-09, V1-LLM-10, V1-LLM-11.
        """
        route = choose_route(request.stage, request.model_class, request.payload, self._settings)
        try:
            return await self._run_route(request, route)
        except ProviderUnavailableError as unavailable:
            other = fallback_route(route, request.payload, self._settings)
            if other is None:
                raise
            return await self._run_fallback(request, other, unavailable)

    async def _run_fallback(
        self, request: StageRequest[T], route: Route, unavailable: ProviderUnavailableError
    ) -> StageResult[T]:
        """A goal that only a model can reach stays the provider's failure: waiting may help, rewording would not."""
        try:
            return await self._run_route(request, route)
        except (GoalNotUnderstoodError, ChangeNotSafeError, SentenceNotUnderstoodError):
            raise unavailable from None

    async def _run_route(self, request: StageRequest[T], route: Route) -> StageResult[T]:
        trace = _Trace(new_id(), route)
        try:
            answer = self._ask_rules if route.name is RouteName.RULES else self._ask_hosted
            value = await answer(request, trace)
        except (IamaError, CallCancelledError) as error:
            await self._record(request, trace, _outcome_of(error), error)
            raise
        await self._record(request, trace, CallOutcome.OK)
        return StageResult(
            value=value,
            route=route.name,
            route_reason=route.reason,
            model_class=route.model_class,
            model_alias=route.alias,
            usage=trace.usage,
            latency_ms=trace.latency_ms,
            call_id=trace.call_id,
            schema_retry=trace.schema_retry,
        )

    async def _ask_rules(self, request: StageRequest[T], trace: _Trace) -> T:
        with self._rules.holding(str(trace.call_id), request) as pending:
            try:
                completion = await self._complete(request, trace, [Message("user", request.stage)])
            except ProviderUnavailableError as error:
                raise pending.failure or error from error
        value, _ = await validated(completion.text, request.schema)
        return value

    async def _ask_hosted(self, request: StageRequest[T], trace: _Trace) -> T:
        """Show the snapshot's context, read the answer against what was shown."""
        tree = await self._snapshots.read(request.snapshot_ref)
        prompt = await asyncio.to_thread(render, request, trace.route, tree, self._gateway.count_tokens)
        trace.manifest, redactor = prompt.manifest, prompt.redactor
        completion = await self._complete(request, trace, prompt.messages)

        async def ask_again(answer: str, problems: list[str]) -> str:
            trace.schema_retry = True
            question = reask(redactor.hide(answer), [redactor.hide(problem) for problem in problems])
            return redactor.restore((await self._complete(request, trace, [*prompt.messages, *question])).text)

        check: Check[T] = check_for(request.payload, tree, prompt.views)
        text = redactor.restore(completion.text)
        value, _ = await validated(text, request.schema, check=check, ask_again=ask_again)
        return onto_snapshot(value, prompt.views)

    async def _complete(self, request: StageRequest[Any], trace: _Trace, messages: Sequence[Message]) -> Completion:
        ids = {
            "call_id": str(trace.call_id),
            "job_id": str(request.job_id),
            "stage": request.stage.value,
            "attempt": str(request.attempt),
            "snapshot_ref": request.snapshot_ref,
        }
        completion = await self._gateway.complete(CompletionCall(trace.route, messages, ids, request.cancel))
        trace.usage += completion.usage
        cap = trace.route.output_cap_tokens
        if cap and completion.usage.llm_tokens_out > cap:
            raise OutputInvalidError(reason="OUTPUT_CAP_EXCEEDED", limit_tokens=cap)
        return completion

    async def _record(
        self, request: StageRequest[Any], trace: _Trace, outcome: CallOutcome, error: Exception | None = None
    ) -> None:
        if self._recorder is None:
            return
        record = ModelCallRecord(
            call_id=trace.call_id,
            job_id=request.job_id,
            stage=request.stage,
            tier=request.tier,
            model_class=trace.route.model_class,
            attempt_number=request.attempt,
            route=trace.route.name,
            route_reason=trace.route.reason,
            model_alias=trace.route.alias,
            usage=trace.usage,
            latency_ms=trace.latency_ms,
            outcome=outcome,
            schema_retry=trace.schema_retry,
            detail={"code": error.code, **error.data} if isinstance(error, IamaError) else {},
            context=trace.manifest,
        )
        await self._recorder(record)


def _outcome_of(error: Exception) -> CallOutcome:
    return next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))


_configured: list[LlmService] = []


def configure(service: LlmService) -> None:
    """Set this process's model layer; a later call replaces it."""
    _configured[:] = [service]


async def run(request: StageRequest[T]) -> StageResult[T]:
    """Answer one stage with this process's model layer; see `LlmService.run`.

    Raises:
        RuntimeError: `configure` was not called in this process.
    """
    if not _configured:
        raise RuntimeError("the model layer was not configured in this process")
    return await _configured[0].run(request)
