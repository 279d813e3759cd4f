"""Runs a creating request once per Idempotency-Key and repeats its answer afterwards."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.access.idempotency import RequestKey, StoredAnswer, claim, store
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork, unit_of_work


async def once(
    request: Request,
    actor: Actor,
    key: str | None,
    run: Callable[[UnitOfWork], Awaitable[BaseModel]],
    *,
    status: int = 201,
) -> JSONResponse:
    """Run a verb in one transaction with its stored answer; without a key, just run it.

    Raises:
        IamaError: what the verb raises (nothing is stored), `IDEMPOTENCY_IN_PROGRESS`, `IDEMPOTENCY_KEY_REUSED`.
    """
    async with unit_of_work(actor) as uow:
        if key is None:
            return JSONResponse(jsonable_encoder(await run(uow)), status)
        named = RequestKey(f"{request.method} {request.scope['path']}"[:200], key, await request.body())
        stored = await claim(uow, named)
        if stored is not None:
            return JSONResponse(stored.body, stored.status, {"Idempotency-Replayed": "true"})
        answer = StoredAnswer(status, jsonable_encoder(await run(uow)))
        await store(uow, named, answer)
    return JSONResponse(answer.body, answer.status)
