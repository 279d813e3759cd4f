"""What the model layer needs from outside: a completion gateway, snapshots, measuring tools, a recorder."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.core.tree import Tree
from services.engine.project_model import ProjectModel
from services.llm.router import Route
from services.llm.schemas import (
    CancelSignal,
    ModelCallRecord,
    SpecOutput,
    SpecPayload,
    TestPayload,
    TestPlanOutput,
    Usage,
)

Recorder = Callable[[ModelCallRecord], Awaitable[None]]
LocalAnswer = Callable[[str], Coroutine[Any, Any, str]]
"""Call id → answer as JSON text."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class CompletionCall:
    """One call of a route; `ids` is the only metadata that travels with it."""

    route: Route
    messages: Sequence[Message]
    ids: dict[str, str]
    cancel: CancelSignal | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """Everything that one call streamed; `finish_reason` is the provider's word (`stop`, `length`, …) or None."""

    text: str
    finish_reason: str | None
    usage: Usage


class CompletionGateway(Protocol):
    """The door to providers."""

    def register_local(self, provider: str, answer: LocalAnswer) -> None:
        """Let routes of `provider` be answered on this machine."""

    def count_tokens(self, model: str, text: str) -> int:
        """Return how many tokens of `model` the text takes; an upper bound for models it does not know."""

    async def complete(self, call: CompletionCall) -> Completion:
        """Stream one answer.

        Raises:
            ProviderUnavailableError: refused, failed, silent or cut.
            OutputInvalidError: longer than the route's output cap.
            CallCancelledError: withdrawn.
        """

    async def aclose(self) -> None:
        """Close the connections that this process keeps open."""


class SnapshotReader(Protocol):
    """Finds the source tree of a snapshot."""

    async def read(self, snapshot_ref: str) -> Tree:
        """Return the pinned, filtered tree; raises what the artifact store raises."""


class StageTools(Protocol):
    """Measurements that belong to the slices above and are handed in by whoever runs the stages."""

    async def extract_items(self, payload: SpecPayload, project: ProjectModel, tree: Tree) -> SpecOutput:
        """Draft behaviours from signatures, docstrings, call sites and existing tests."""

    async def generate_tests(self, payload: TestPayload, project: ProjectModel, tree: Tree) -> TestPlanOutput:
        """Write tests for the approved behaviours."""
