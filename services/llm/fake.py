"""A gateway for tests: answers from a script, otherwise behaves as the real one (both pass one contract test)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.llm.cancelling import is_cancelled, or_cancelled
from services.llm.errors import CallCancelledError, OutputInvalidError, ProviderUnavailableError
from services.llm.ports import Completion, CompletionCall, LocalAnswer
from services.llm.schemas import Usage

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One answer: its chunks, a pause before each, and how it ends. `error` is raised after the last chunk."""

    chunks: tuple[str, ...] = ()
    finish_reason: str | None = "stop"
    usage: Usage = field(default_factory=Usage)
    chunk_seconds: float = 0.0
    error: ProviderUnavailableError | None = None


class FakeGateway:
    """Plays scripted answers in order to hosted routes, and real local answers to local routes.

    `calls` holds every call received, for assertions on what would have been sent.
    """

    def __init__(self, script: Iterable[ScriptedAnswer] = ()) -> None:
        self._script = list(script)
        self._local: dict[str, LocalAnswer] = {}
        self.calls: list[CompletionCall] = []

    def register_local(self, provider: str, answer: LocalAnswer) -> None:
        """Serve the routes of `provider` from this process."""
        self._local[provider] = answer

    def count_tokens(self, model: str, text: str) -> int:
        """Return a quarter of the number of characters, rounded up, for every model."""
        return -(-len(text) // CHARACTERS_PER_TOKEN)

    async def complete(self, call: CompletionCall) -> Completion:
        """Play the next answer; see `CompletionGateway.complete`."""
        self.calls.append(call)
        if is_cancelled(call.cancel):
            raise CallCancelledError
        if local := self._local.get(call.route.model.partition("/")[0]):
            text = await or_cancelled(local(call.ids["call_id"]), call.cancel, call.route.call_seconds)
            return Completion(text, "stop", Usage())
        return await self._play(self._script.pop(0), call)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def _play(self, answer: ScriptedAnswer, call: CompletionCall) -> Completion:
        text = ""
        for chunk in answer.chunks:
            try:
                await or_cancelled(asyncio.sleep(answer.chunk_seconds), call.cancel, call.route.chunk_seconds)
            except TimeoutError as error:
                raise ProviderUnavailableError(reason="TIMED_OUT") from error
            text += chunk
            cap = call.route.output_cap_tokens
            if cap and self.count_tokens(call.route.model, text) > cap:
                raise OutputInvalidError(reason="OUTPUT_CAP_EXCEEDED", limit_tokens=cap)
        if answer.error:
            raise answer.error
        return Completion(text, answer.finish_reason, answer.usage)
