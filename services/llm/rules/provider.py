"""The provider itself: finds the pending request of a call, reads its snapshot, answers with the stage's analysis."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from services.core.tree import Tree
from services.engine.project import read_project
from services.engine.project_model import ProjectModel
from services.llm.ports import SnapshotReader, StageTools
from services.llm.rules.planning import propose, write_patch
from services.llm.rules.repair import repair
from services.llm.rules.sentences import convert
from services.llm.schemas import ChangePayload, SpecPayload, StageRequest, TestPayload
from services.llm.vocabulary import Stage

Analysis = Callable[[Any, ProjectModel, Tree], BaseModel]

ANALYSES: dict[Stage, Analysis] = {
    Stage.PROPOSALS: propose,
    Stage.REFACTOR_GENERATION: write_patch,
    Stage.REPAIR: repair,
    Stage.SPEC_CONVERSION: convert,
}
"""Stages answered by pure computation; the measuring stages go to the tools."""


@dataclass(slots=True)
class PendingCall:
    """A request under way. `failure` keeps the original refusal or fault, which a gateway would otherwise wrap."""

    request: StageRequest[Any]
    failure: Exception | None = None


class RulesProvider:
    """Answers calls by id, so that neither goals nor source text travel through the gateway."""

    def __init__(self, snapshots: SnapshotReader, tools: StageTools | None = None) -> None:
        self._snapshots = snapshots
        self._tools = tools
        self._pending: dict[str, PendingCall] = {}

    @contextmanager
    def holding(self, call_id: str, request: StageRequest[Any]) -> Iterator[PendingCall]:
        """Keep a request answerable under `call_id` for the length of the block."""
        pending = self._pending[call_id] = PendingCall(request)
        try:
            yield pending
        finally:
            del self._pending[call_id]

    async def answer(self, call_id: str) -> str:
        """Return the stage's output as JSON.

        Raises:
            KeyError: no request is held under this id.
            GoalNotUnderstoodError: the goal cannot be carried out without a model.
        """
        pending = self._pending[call_id]
        try:
            return (await self._analyse(pending.request)).model_dump_json()
        except Exception as error:
            pending.failure = error
            raise

    async def _analyse(self, request: StageRequest[Any]) -> BaseModel:
        payload: ChangePayload = request.payload
        tree = await self._snapshots.read(request.snapshot_ref)
        project = await asyncio.to_thread(read_project, tree, payload.path_scope)
        if analysis := ANALYSES.get(request.stage):
            return await asyncio.to_thread(analysis, payload, project, tree)
        if self._tools is None:
            raise LookupError(f"no tools were handed in for {request.stage}")
        if isinstance(payload, TestPayload):
            return await self._tools.generate_tests(payload, project, tree)
        if isinstance(payload, SpecPayload):
            return await self._tools.extract_items(payload, project, tree)
        raise TypeError(f"{request.stage} does not take a {type(payload).__name__}")
