"""The only door to a job's status: one database function, one transaction (V2-FR-WF-005)."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ITEMS, ItemKind, TimerKind
from services.core.actor import Actor
from services.infra.database import run_alone
from services.infra.unit_of_work import UnitOfWork, actor_fact, to_json, trail
from services.infra.wakes import OUTBOX, Wake, feed_wake, sender

_TRANSITION = "SELECT iama_transition($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
_ALONE = "SELECT iama_transition_as($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
_ADD_ITEM = "SELECT iama_add_item($1, $2, $3, $4, $5, $6)"


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """Work to do next; bounds come from `canon.tasks`."""

    kind: ItemKind
    payload: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Describe the item for the database function."""
        spec = ITEMS[self.kind]
        return {
            "kind": self.kind.value,
            "queue": spec.queue.value,
            "payload": self.payload,
            "tries": spec.tries,
            "backoff_seconds": spec.backoff_seconds,
            "limit_seconds": spec.limit_seconds,
        }


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state with everything that commits beside it.

    `changes` are job columns to set; `fact` is the short measured line shown under the station; `timer` is the due
    timer that asks for the change and is spent by it.
    """

    to: JobState
    trigger: str
    reason: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    fact: str | None = None
    items: tuple[ItemRequest, ...] = ()
    timers: tuple[tuple[TimerKind, float], ...] = ()
    events: tuple[dict[str, Any], ...] = ()
    timer: UUID | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """Where the job stands after the transition."""

    source: JobState
    status: JobState
    state_revision: int


async def transition(uow: UnitOfWork, job_id: UUID, expected_revision: int, change: Transition) -> Applied:
    """Apply one transition by compare-and-set on the state revision.

    Raises:
        IamaError: `JOB_NOT_FOUND`, `STATE_REVISION_CONFLICT` (with the present state) or `TRANSITION_NOT_ALLOWED`;
            nothing is written.
    """
    answer = await uow.call(_TRANSITION, *_values(uow.actor, job_id, expected_revision, change))
    applied = _applied(answer)
    uow.wake(*_wakes(uow.tenant_id, job_id, change))
    return applied


async def transition_alone(actor: Actor, job_id: UUID, expected_revision: int, change: Transition) -> Applied:
    """Apply one transition that nothing else must commit with: one statement, which is its own transaction.

    For a decision made without a lock on the job; whoever was faster is told by the revision. The statement names
    tenant and person to row-level security itself and leaves neither behind on the connection.

    Raises:
        IamaError: as `transition`.
        ConnectionError: the database went away before it answered; the transition took effect whole or not at all.
    """
    links = trail()
    values = _values(actor, job_id, expected_revision, change)
    answer = await run_alone(_ALONE, actor.user_id, links is not None, *values)
    applied = _applied(answer)
    if links is not None:
        links.append(UUID(answer["link"]))
    sender().add(_wakes(actor.tenant_id, job_id, change))
    return applied


def _values(actor: Actor, job_id: UUID, expected_revision: int, change: Transition) -> tuple[Any, ...]:
    """Return the arguments of the database function, in its order."""
    return (
        actor.tenant_id,
        job_id,
        expected_revision,
        change.to.value,
        change.trigger,
        change.reason,
        to_json(actor_fact(actor)),
        to_json(change.changes),
        change.fact,
        to_json([item.as_json() for item in change.items]),
        to_json([{"kind": kind.value, "seconds": seconds} for kind, seconds in change.timers]),
        to_json(change.events),
        change.timer,
    )


def _applied(answer: dict[str, Any]) -> Applied:
    """Read the database function's answer; its refusals become errors."""
    if "error" in answer:
        code = answer.pop("error")
        raise IamaError(code, current_revision=answer.get("state_revision"), **answer)
    return Applied(JobState(answer["from"]), JobState(answer["status"]), answer["state_revision"])


def _wakes(tenant_id: UUID, job_id: UUID, change: Transition) -> tuple[Wake, ...]:
    """Name who has to look after the commit: readers of the feed, and the relay when there is work."""
    readers = feed_wake(tenant_id, job_id)
    return (readers, OUTBOX) if change.items else (readers,)


async def add_item(
    uow: UnitOfWork, job_id: UUID, state: str, revision: int, key: str, item: ItemRequest
) -> UUID | None:
    """Put one more item of the present state on its queue; None when the key was used before."""
    added: UUID | None = await uow.call(_ADD_ITEM, uow.tenant_id, job_id, state, revision, key, to_json(item.as_json()))
    uow.wake(OUTBOX)
    return added
