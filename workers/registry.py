"""Task name → coroutine. A name outside this table is refused, so nobody who writes to Redis can choose code."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from services.previews import service as previews
from services.workflow import handlers, questions
from services.workflow.runner import run_item
from services.workflow.timers import fire_timer

Task = Callable[[dict[str, Any]], Awaitable[str]]

handlers.load()


async def _run_item(payload: dict[str, Any]) -> str:
    return await run_item(UUID(payload["step_id"]), UUID(payload["tenant_id"]))


async def _fire_timer(payload: dict[str, Any]) -> str:
    return await fire_timer(UUID(payload["timer_id"]), UUID(payload["tenant_id"]))


async def _answer_question(payload: dict[str, Any]) -> str:
    return await questions.answer(str(payload["question_id"]), UUID(payload["tenant_id"]))


async def _preview_change(payload: dict[str, Any]) -> str:
    return await previews.answer(str(payload["question_id"]), UUID(payload["tenant_id"]))


TASKS: dict[str, Task] = {
    "run_item": _run_item,
    "fire_timer": _fire_timer,
    questions.TASK: _answer_question,
    previews.TASK: _preview_change,
}
