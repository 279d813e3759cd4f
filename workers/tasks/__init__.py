"""Entry points that RQ calls by name."""

import asyncio
from typing import Any

from services.infra.database import engine
from services.infra.wakes import sender


def run(name: str, payload: dict[str, Any]) -> str:
    """Run one task to its end in a forked child; the answer goes to the worker's log."""
    return asyncio.run(_run(name, payload))


async def _run(name: str, payload: dict[str, Any]) -> str:
    from workers.registry import TASKS

    try:
        return await TASKS[name](payload)
    finally:
        await sender().finish()
        await engine().dispose()
