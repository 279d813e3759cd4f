"""What a work item is given and what it answers. A handler never names a target state."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.core.actor import Actor
from services.infra.unit_of_work import UnitOfWork
from services.tables.jobs import RefactorJob


class Result(StrEnum):
    """How an item ended; the decision table turns it into a move."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    EMPTY = "EMPTY"
    GREEN = "GREEN"
    RED = "RED"
    TIMED_OUT = "TIMED_OUT"
    DRIFTED = "DRIFTED"
    STALLED = "STALLED"
    UNAVAILABLE = "UNAVAILABLE"


Writer = Callable[[UnitOfWork], Awaitable[None]]


@dataclass(slots=True)
class Outcome:
    """An expected ending of an item.

    `writes` run in the recording transaction, in order; `changes` are job columns; `fact` is the short measured line
    of the station just left; `reason` is a failure reason of the canon where the result needs one.
    """

    result: Result
    fact: str | None = None
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    writes: list[Writer] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


class ItemFaultError(Exception):
    """A platform fault that the item itself reports; it is tried again within its bounds.

    `code` is the failure reason if all tries are spent.
    """

    def __init__(self, message: str, code: str = "INFRA_FAILURE") -> None:
        super().__init__(message)
        self.code = code


class ItemCancelledError(Exception):
    """The item was asked to stop; whatever it made is discarded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased work item with the job as it stood when the lease began."""

    step_id: UUID
    lease_token: UUID
    kind: ItemKind
    state: JobState
    state_revision: int
    payload: dict[str, Any]
    tries: int
    tries_allowed: int
    lost_count: int
    limit_seconds: float
    job: RefactorJob
    actor: Actor

    @property
    def job_id(self) -> UUID:
        """The job worked on."""
        return self.job.id


class Ports(Protocol):
    """What a handler may use besides services: the live log and the wish to stop."""

    async def log(self, message: str, level: str = "INFO") -> None:
        """Append one line to the job's log; dropped when the lease is lost."""

    async def emit(self, event: dict[str, Any]) -> None:
        """Append one frame to the job's feed while working."""

    def is_cancelled(self) -> bool:
        """Tell whether the item should stop."""
