"""The one door to LiteLLM: every provider, hosted, compatible or local, is reached and streamed through it.

LiteLLM is imported at the first call, with its bundled price table: its import takes seconds and would otherwise
read the network. Nothing is sent to anyone but the route; LiteLLM's own retries, callbacks and message logs are off.
"""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle
from typing import Any

from services.llm.cancelling import is_cancelled, or_cancelled
from services.llm.context.tokens import count_tokens
from services.llm.errors import CallCancelledError, OutputInvalidError, ProviderUnavailableError
from services.llm.ports import Completion, CompletionCall, LocalAnswer
from services.llm.schemas import Usage

CHARACTERS_PER_TOKEN = 8
"""No tokenizer yields longer tokens on average; used to stop an endless answer before it is counted."""

LOCAL_CHUNK_CHARACTERS = 65_536

_log = logging.getLogger(__name__)

FAILURE_REASONS: dict[str, str] = {
    "RateLimitError": "RATE_LIMITED",
    "AuthenticationError": "CREDENTIALS_REFUSED",
    "PermissionDeniedError": "CREDENTIALS_REFUSED",
    "NotFoundError": "MODEL_UNKNOWN",
    "ContextWindowExceededError": "CONTEXT_TOO_LONG",
    "ContentPolicyViolationError": "REQUEST_REFUSED",
    "BadRequestError": "REQUEST_REFUSED",
    "UnprocessableEntityError": "REQUEST_REFUSED",
    "Timeout": "TIMED_OUT",
    "MidStreamFallbackError": "STREAM_BROKEN",
}
"""LiteLLM's error class → our reason; any other class means that the provider was not reached or failed."""


@cache
def load_litellm() -> Any:
    """Import LiteLLM once per process, quiet and offline."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.disable_streaming_logging = True
    litellm.disable_aiohttp_transport = True
    litellm.drop_params = True
    litellm.num_retries = 0
    for callbacks in ("callbacks", "success_callback", "failure_callback", "input_callback"):
        setattr(litellm, callbacks, [])
    return litellm


class LiteLlmGateway:
    """Streams completions through LiteLLM."""

    def register_local(self, provider: str, answer: LocalAnswer) -> None:
        """Serve the routes of `provider` from this process; a second registration replaces the first."""
        litellm = load_litellm()
        others = [entry for entry in litellm.custom_provider_map if entry["provider"] != provider]
        litellm.custom_provider_map = [
            *others,
            {"provider": provider, "custom_handler": _local_handler(litellm, answer)},
        ]

    def count_tokens(self, model: str, text: str) -> int:
        """Return the number of tokens by the encodings in LiteLLM's wheel; see `context.tokens`."""
        return count_tokens(model, text)

    async def complete(self, call: CompletionCall) -> Completion:
        """Stream one answer; see `CompletionGateway.complete`."""
        if is_cancelled(call.cancel):
            raise CallCancelledError
        litellm = load_litellm()
        stream: Any = None
        try:
            async with asyncio.timeout(call.route.call_seconds):
                stream = await or_cancelled(litellm.acompletion(**_arguments(call)), call.cancel)
                return await _collect(stream, call)
        except TimeoutError as error:
            raise ProviderUnavailableError(reason="TIMED_OUT") from error
        except (CallCancelledError, OutputInvalidError):
            raise
        except Exception as error:
            raise _translate(error) from None
        finally:
            await _close(stream)

    async def aclose(self) -> None:
        """Close the connections that LiteLLM keeps for this process."""
        litellm = load_litellm()
        await importlib.import_module("litellm.llms.custom_httpx.async_client_cleanup").close_litellm_async_clients()
        litellm.in_memory_llm_clients_cache.flush_cache()


def _arguments(call: CompletionCall) -> dict[str, Any]:
    route = call.route
    options = {
        "api_base": route.api_base,
        "api_key": route.api_key,
        "max_tokens": route.output_cap_tokens,
        "response_format": {"type": "json_object"} if route.native_json else None,
    }
    return {
        "model": route.model,
        "messages": [{"role": message.role, "content": message.content} for message in call.messages],
        "metadata": dict(call.ids),
        "stream": True,
        "stream_options": {"include_usage": True},
        "num_retries": 0,
        "max_retries": 0,
        "timeout": route.call_seconds,
        **{name: value for name, value in options.items() if value is not None},
    }


async def _collect(stream: Any, call: CompletionCall) -> Completion:
    parts: list[str] = []
    finish_reason: str | None = None
    usage = Usage()
    room = (call.route.output_cap_tokens or 0) * CHARACTERS_PER_TOKEN
    iterator = aiter(stream)
    while (chunk := await or_cancelled(_next(iterator), call.cancel, call.route.chunk_seconds)) is not None:
        usage = _usage_of(chunk) or usage
        for choice in chunk.choices[:1]:
            finish_reason = choice.finish_reason or finish_reason
            parts.append(choice.delta.content or "")
            room -= len(parts[-1])
        if call.route.output_cap_tokens and room < 0:
            raise OutputInvalidError(reason="OUTPUT_CAP_EXCEEDED", limit_tokens=call.route.output_cap_tokens)
    return Completion("".join(parts), finish_reason, usage)


async def _next(iterator: AsyncIterator[Any]) -> Any:
    return await anext(iterator, None)


def _usage_of(chunk: Any) -> Usage | None:
    counted = getattr(chunk, "usage", None)
    return Usage(counted.prompt_tokens or 0, counted.completion_tokens or 0) if counted else None


async def _close(stream: Any) -> None:
    for closing in (stream, getattr(stream, "completion_stream", None)):
        for name in ("aclose", "close"):
            if method := getattr(closing, name, None):
                with suppress(Exception):
                    result = method()
                    await result if asyncio.iscoroutine(result) else None
                break


def _translate(error: Exception) -> ProviderUnavailableError:
    """Keep reason, status and waiting time; the message is dropped, since providers quote what they were sent."""
    names = [kind.__name__ for kind in type(error).__mro__]
    reason = next((FAILURE_REASONS[name] for name in names if name in FAILURE_REASONS), "UNREACHABLE")
    _log.warning("model call failed: %s (%s)", names[0], reason)
    details: dict[str, Any] = {"reason": reason}
    if isinstance(status := getattr(error, "status_code", None), int):
        details["http_status"] = status
    if (seconds := _retry_after(error)) is not None:
        details["retry_after_seconds"] = seconds
    return ProviderUnavailableError(**details)


def _retry_after(error: Exception) -> float | None:
    headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _local_handler(litellm: Any, answer: LocalAnswer) -> Any:
    class LocalProvider(litellm.CustomLLM):
        async def astreaming(self, *_: Any, litellm_params: dict[str, Any], **__: Any) -> AsyncIterator[dict[str, Any]]:
            text = await answer(litellm_params["metadata"]["call_id"])
            for piece in _pieces(text):
                yield _local_chunk(piece)
            yield _local_chunk("", finished=True)

    return LocalProvider()


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces of alternating length: LiteLLM takes a run of equal pieces for a model gone astray."""
    start = 0
    for shorter in cycle((0, 1)):
        if start >= len(text):
            return
        end = start + LOCAL_CHUNK_CHARACTERS - shorter
        yield text[start:end]
        start = end


def _local_chunk(text: str, *, finished: bool = False) -> dict[str, Any]:
    return {
        "text": text,
        "tool_use": None,
        "is_finished": finished,
        "finish_reason": "stop" if finished else "",
        "index": 0,
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0} if finished else None,
    }
