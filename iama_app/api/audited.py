"""Answers of changes: what the change made, and the audit fact that records it (API reference 11.0)."""

from collections.abc import Awaitable
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from services.infra.unit_of_work import audit_trail


class Audited(BaseModel):
    """What every answer of a change carries."""

    audit_event_id: UUID | None = Field(
        default=None, description="The audit fact of this change; null when nothing changed."
    )


T = TypeVar("T", bound=Audited)


async def changed(shape: type[T], verb: Awaitable[BaseModel]) -> T:
    """Run a verb that commits by itself and return its view with the last audit fact it wrote."""
    with audit_trail() as links:
        view = await verb
    return shape(**view.model_dump() | {"audit_event_id": links[-1] if links else None})
