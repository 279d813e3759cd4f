"""Runs a creating request once per Idempotency-Key and repeats its answer afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.access.idempotency import RequestKey, StoredAnswer, claim, store
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork, unit_of_work

REPLAYED = {"Idempotency-Replayed": "true"}
Run = Callable[[UnitOfWork], Awaitable[BaseModel]]
Key = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=128,
    pattern=r"^[\x21-\x7e]+$",
    description="Chosen by the client; the same key with the same body answers the same for 24 hours.",
    examples=["3f6f0c1e-refactor-slugify"],
)
IdempotencyKey = Annotated[str, Key]
OptionalKey = Annotated[str | None, Key]


@dataclass(frozen=True, slots=True)
class Performed:
    """An answer in JSON form; `replayed` when it was given before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False

    def response(self) -> JSONResponse:
        """Return the answer as it is sent."""
        return JSONResponse(self.body, self.status, REPLAYED if self.replayed else None)


async def perform(
    request: Request, actor: Actor, key: str | None, run: Run, *, status: int, audited: bool = True
) -> Performed:
    """Run a verb once per key and keep its answer; without a key, just run it.

    The answer commits with what the verb does, in the transaction that is given to it.

    Args:
        audited: add `audit_event_id`, the last audit fact that the verb wrote.
    Raises:
        IamaError: what the verb raises (nothing is stored), `IDEMPOTENCY_IN_PROGRESS`, `IDEMPOTENCY_KEY_REUSED`.
    """
    async with unit_of_work(actor) as uow:
        named = RequestKey(f"{request.method} {request.scope['path']}"[:200], key or "", await request.body())
        stored = await claim(uow, named) if key else None
        if stored is not None:
            return Performed(stored.status, stored.body, replayed=True)
        body = jsonable_encoder(await run(uow))
        if audited:
            body["audit_event_id"] = jsonable_encoder(await uow.own_link())
        if key:
            await store(uow, named, StoredAnswer(status, body))
    return Performed(status, body)


async def once(
    request: Request, actor: Actor, key: str | None, run: Run, *, status: int = 201, audited: bool = True
) -> JSONResponse:
    """Answer as `perform`."""
    return (await perform(request, actor, key, run, status=status, audited=audited)).response()
