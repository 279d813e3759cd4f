"""Waiting that ends early: the next item of a stream, or the caller's withdrawal, or silence."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from services.llm.errors import CallCancelledError
from services.llm.schemas import CancelSignal

POLL_SECONDS = 0.05
T = TypeVar("T")


def is_cancelled(cancel: CancelSignal | None) -> bool:
    """Tell whether the caller withdrew."""
    if cancel is None:
        return False
    return cancel.is_set() if isinstance(cancel, asyncio.Event) else cancel()


async def wait_cancelled(cancel: CancelSignal | None) -> None:
    """Return when the caller withdraws; without a signal, never."""
    if isinstance(cancel, asyncio.Event):
        await cancel.wait()
        return
    while not is_cancelled(cancel):
        await asyncio.sleep(POLL_SECONDS if cancel else 3600)


async def or_cancelled(work: Coroutine[Any, Any, T], cancel: CancelSignal | None, seconds: float | None = None) -> T:
    """Return the result of `work` unless the caller withdraws or `seconds` pass first; then `work` is stopped.

    Raises:
        CallCancelledError: withdrawn.
        TimeoutError: nothing came in time.
    """
    task, watch = asyncio.ensure_future(work), asyncio.ensure_future(wait_cancelled(cancel))
    try:
        done, _ = await asyncio.wait({task, watch}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if watch in done:
            raise CallCancelledError
        if task not in done:
            raise TimeoutError
        return task.result()
    finally:
        await _stop(task, watch)


async def _stop(*tasks: Awaitable[Any]) -> None:
    pending = [task for task in tasks if isinstance(task, asyncio.Future) and not task.done()]
    for task in pending:
        task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await asyncio.gather(*pending, return_exceptions=True)
