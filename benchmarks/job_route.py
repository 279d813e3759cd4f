"""A job of six transitions, walked by several clients: the work that the transition benchmarks share."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.canon.lifecycle import JobState
from services.canon.tasks import ENTRY_ITEMS, ENTRY_TIMERS, ItemKind
from services.core.ids import new_id
from services.infra.unit_of_work import unit_of_work
from services.jobs.transitions import ItemRequest, Transition, transition, transition_alone
from tests.support.bench import Workspace

CLIENTS = 8
ROUTE = (
    JobState.REPO_SYNCING,
    JobState.REPO_SYNC_SCRATCH_WIPING,
    JobState.ANALYZING,
    JobState.WAITING_STRATEGY,
    JobState.WAITING_SPEC_APPROVAL,
    JobState.GENERATING_TESTS,
)
"""States that a new job enters, one transition each."""

RAW = (
    "SELECT iama_transition($1, $2, $3, $4, 'bench', NULL, $5::jsonb, '{}'::jsonb, $6, $7::jsonb, $8::jsonb, "
    "'[]'::jsonb)"
)
INSERT = (
    "INSERT INTO refactor_jobs (id, tenant_id, project_id, owner_id, source_kind, goal, execution_mode, "
    "test_network_mode, origin_surface, billing_subject, delivery_policy, repo_label, target_paths) VALUES "
    "($1, $2, $3, $4, 'GIT', 'Clean up', 'REMOTE_SANDBOX', 'MOCKED', 'API', 'USER', 'DRAFT_PR', 'a/b', '{.}')"
)


def change_to(state: JobState) -> Transition:
    """Return the transition with an item for the queue and the state's timers, as the workflow asks for it."""
    item = ItemRequest(ENTRY_ITEMS.get(state, ItemKind.PROBE))
    return Transition(state, "bench", fact="measured", items=(item,), timers=ENTRY_TIMERS.get(state, ()))


async def _new_job(workspace: Workspace) -> UUID:
    """Create a job by one insert in a unit of work."""
    job_id = new_id()
    async with unit_of_work(workspace.platform) as uow:
        await uow.call(INSERT, job_id, workspace.tenant_id, workspace.project_id, workspace.user_id)
    return job_id


async def walk_alone(workspace: Workspace) -> None:
    """Create a job and take it along the route through the service, each transition a transaction by itself."""
    job_id = await _new_job(workspace)
    for revision, state in enumerate(ROUTE):
        await transition_alone(workspace.platform, job_id, revision, change_to(state))


async def walk(workspace: Workspace) -> None:
    """Create a job and take it along the route through the service, one unit of work each."""
    job_id = await _new_job(workspace)
    for revision, state in enumerate(ROUTE):
        async with unit_of_work(workspace.platform) as uow:
            await transition(uow, job_id, revision, change_to(state))


@dataclass(frozen=True, slots=True)
class RawStep:
    """The arguments of the database function for one station of the route."""

    state: str
    actor: str
    items: str
    timers: str

    @classmethod
    def towards(cls, state: JobState) -> "RawStep":
        """Build them once, outside the measurement."""
        change = change_to(state)
        actor = {"kind": "SYSTEM", "ref": "bench", "user_id": None, "surface": "SYSTEM"}
        items = json.dumps([item.as_json() for item in change.items])
        timers = json.dumps([{"kind": kind.value, "seconds": seconds} for kind, seconds in change.timers])
        return cls(state.value, json.dumps(actor), items, timers)


RAW_ROUTE = tuple(RawStep.towards(state) for state in ROUTE)


async def walk_raw(connection: asyncpg.Connection, workspace: Workspace) -> None:
    """Create a job and take it along the route by one statement per transition, on a connection of that tenant."""
    job_id = new_id()
    ids = (workspace.tenant_id, workspace.project_id, workspace.user_id)
    await connection.execute(INSERT, job_id, *ids)
    for revision, step in enumerate(RAW_ROUTE):
        await raw_step(connection, workspace.tenant_id, job_id, revision, step)


async def raw_step(connection: asyncpg.Connection, tenant_id: UUID, job_id: UUID, revision: int, step: RawStep) -> None:
    """Call the database function once.

    Raises:
        AssertionError: it refused.
    """
    values = (tenant_id, job_id, revision, step.state, step.actor, "measured", step.items, step.timers)
    answer = json.loads(await connection.fetchval(RAW, *values))
    assert answer.get("ok"), answer


async def connect(url: str, workspaces: Sequence[Workspace]) -> list[asyncpg.Connection]:
    """Open one connection per workspace whose rows it sees."""
    connections = [await asyncpg.connect(url) for _ in workspaces]
    for connection, workspace in zip(connections, workspaces, strict=True):
        await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(workspace.tenant_id))
    return connections


async def rate(walks: Sequence[Callable[[], Awaitable[None]]], jobs_each: int) -> float:
    """Let each client walk some jobs one after the other, all clients at once; returns transitions per second."""

    async def client(one: Callable[[], Awaitable[None]]) -> None:
        for _ in range(jobs_each):
            await one()

    began = time.perf_counter()
    await asyncio.gather(*map(client, walks))
    return len(walks) * jobs_each * len(ROUTE) / (time.perf_counter() - began)
