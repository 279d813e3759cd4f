"""From a change of state to another viewer: two subscribers follow a job's event stream, a third party moves the job.

The time runs from just before the transition is asked for until the second subscriber holds the whole frame, both in
this process, so it includes the transition, its commit, the wake-up, the reading and the network. Both subscribers
are HTTP clients; the websocket of the pages is fed by the same hub and not measured here.
"""

import asyncio
import json
import sys
import time
from uuid import UUID

import httpx
import psycopg

from benchmarks.figures import finish, goal, is_small, show_latencies
from benchmarks.product import Product, running_product
from services.canon.lifecycle import JobState

GOAL_MILLISECONDS = 500.0
PAUSE_SECONDS = 0.1
TO_AND_FRO = (JobState.REPO_PRECHECK_BLOCKED, JobState.PENDING)
ACTOR = json.dumps({"kind": "SYSTEM", "ref": "bench", "surface": "SYSTEM"})
MOVE = (
    "SELECT iama_transition(%s, %s, %s, %s, 'bench', NULL, %s::jsonb, '{}'::jsonb, NULL, '[]'::jsonb, '[]'::jsonb, "
    "'[]'::jsonb)"
)


def main() -> int:
    """Move one job to and fro and print the 95th percentile at the second subscriber."""
    small = is_small()
    with running_product() as product:
        job = product.add_jobs(1)[0]
        first, second = asyncio.run(_follow(product, job, 10 if small else 100))
    show_latencies("first subscriber", first)
    p95 = show_latencies("second subscriber", second)
    return finish(goal("second_browser p95", p95, "ms", GOAL_MILLISECONDS))


async def _follow(product: Product, job: UUID, moves: int) -> list[list[float]]:
    sent: dict[int, float] = {}
    seen: list[dict[int, float]] = [{}, {}]
    ready = [asyncio.Event(), asyncio.Event()]
    async with asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(_subscribe(product, job, moves, seen[number], ready[number]))
        for event in ready:
            await event.wait()
        async with await psycopg.AsyncConnection.connect(
            product.bench.connection.info.dsn, password=product.bench.connection.info.password, autocommit=True
        ) as connection:
            for revision in range(moves):
                sent[revision + 1] = time.perf_counter()
                values = (product.workspace.tenant_id, job, revision, TO_AND_FRO[revision % 2].value, ACTOR)
                await connection.execute(MOVE, values)
                await asyncio.sleep(PAUSE_SECONDS)
    return [[moment - sent[revision] for revision, moment in one.items()] for one in seen]


async def _subscribe(product: Product, job: UUID, moves: int, seen: dict[int, float], ready: asyncio.Event) -> None:
    """Note when each revision arrived; ends when all did."""
    url = f"{product.installation.url}/api/v2/jobs/{job}/events"
    async with (
        httpx.AsyncClient(headers=product.headers, timeout=60) as client,
        client.stream("GET", url) as stream,
    ):
        async for line in stream.aiter_lines():
            if not line.startswith("data: "):
                continue
            ready.set()
            frame = json.loads(line.removeprefix("data: "))
            if frame.get("event") == "state_change":
                seen[frame["state_revision"]] = time.perf_counter()
            if len(seen) == moves:
                return


if __name__ == "__main__":
    sys.exit(main())
