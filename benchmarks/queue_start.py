"""B11: items drained per second beside RQ's SimpleWorker on the same Valkey, and the time to start at 20 jobs/s.

Ours: `PROBE` items on the `workflow` queue, from the commit that adds them to the last one recorded, through outbox,
scheduler, Valkey, async worker, claim and record. Theirs: the same number of empty jobs, already queued, worked off in
burst mode. Starts are from the commit of an item to its claim by a worker, both by the database's clock, offered
in an open loop; once for the async worker and once for the forking pool that Git and sandbox work runs in.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from uuid import UUID

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from benchmarks.figures import PAIRS, finish, goal, in_turns, is_small, ratio, show_latencies, show_rates
from benchmarks.machine import ROOT
from benchmarks.workplace import Workplace, running_workplace
from services.canon.tasks import ItemKind
from services.canon.tasks import Queue as QueueName
from services.infra.unit_of_work import unit_of_work
from services.infra.wakes import OUTBOX, sender
from services.jobs.transitions import ItemRequest
from tests.support.bench import Bench, Workspace
from workers.queueing import redis

BAR = 0.25
START_GOAL_SECONDS = 1.0
PER_SECOND = 20
PATIENCE_SECONDS = 120.0
WORKERS = ("async", "pool", "scheduler")
ADD = "SELECT iama_add_item($1, $2, 'PENDING', 0, 'bench', $3)"


def main() -> int:
    """Measure starts, then both drains in turns; print the ratio."""
    small = is_small()
    with running_workplace() as place, _workers(place), asyncio.Runner() as runner:
        probe = Probe(Bench(place.urls.admin), runner)
        probe.drain(1)
        for name, seconds in ((QueueName.WORKFLOW, 1 if small else 10), (QueueName.SANDBOX, 1 if small else 10)):
            probe.starts(name, 4)
            p95 = show_latencies(f"start on the {name.value} queue", probe.starts(name, PER_SECOND * seconds))
            print(f"  {goal(f'start p95, {name.value} queue', p95 / 1000, 's', START_GOAL_SECONDS)}")
        with ProcessPoolExecutor(1, get_context("spawn")) as peer:
            count = 20 if small else 300
            sides = [lambda: probe.drain(count), lambda: peer.submit(simple_worker, count).result()]
            mine, theirs = in_turns(sides, 2 if small else PAIRS)
        ours = show_rates("items, two durable commits each", mine, "items/s")
        bare = show_rates("RQ SimpleWorker, empty jobs", theirs, "jobs/s")
        return finish(ratio("queue_start", ours / bare, BAR))


class Probe:
    """Adds items that only record themselves, and waits for them."""

    def __init__(self, bench: Bench, runner: asyncio.Runner) -> None:
        self._bench = bench
        self._runner = runner
        self._workspace: Workspace = bench.workspace()

    def drain(self, count: int) -> float:
        """Add items of as many jobs in one transaction; returns items per second until the last is recorded."""
        jobs = [self._bench.job(self._workspace) for _ in range(count)]
        self._runner.run(self._add(jobs, QueueName.WORKFLOW))
        began = time.perf_counter()
        self._wait(jobs)
        return count / (time.perf_counter() - began)

    def starts(self, queue: QueueName, count: int) -> Sequence[float]:
        """Offer one item every 50 ms whatever becomes of the others; returns seconds from commit to claim."""
        jobs = [self._bench.job(self._workspace) for _ in range(count)]
        self._runner.run(self._offer(jobs, queue))
        self._wait(jobs)
        found = "SELECT extract(epoch FROM started_at - created_at) AS s FROM workflow_steps WHERE job_id = ANY(%s)"
        return [float(row["s"]) for row in self._bench.rows(found, jobs)]

    async def _offer(self, jobs: list[UUID], queue: QueueName) -> None:
        began = time.perf_counter()
        for number, job in enumerate(jobs):
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            await self._add([job], queue)
        await sender().finish()

    async def _add(self, jobs: list[UUID], queue: QueueName) -> None:
        """Add an item of each job in a unit of work, which wakes the relay as every command does."""
        async with unit_of_work(self._workspace.platform) as uow:
            for job in jobs:
                await uow.call(ADD, self._workspace.tenant_id, job, _item(queue))
            uow.wake(OUTBOX)

    def _wait(self, jobs: list[UUID]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._bench.count("workflow_steps", "job_id = ANY(%s) AND status <> 'DONE'", [jobs]):
            if time.monotonic() > deadline:
                raise TimeoutError("items were not worked off")
            time.sleep(0.02)


def _item(queue: QueueName) -> str:
    return json.dumps(ItemRequest(ItemKind.PROBE).as_json() | {"queue": queue.value})


def nothing() -> None:
    """The peer's job."""


def simple_worker(count: int) -> float:
    """Work off `count` empty jobs in this process; returns jobs per second."""
    connection = redis()
    queue = Queue("bench-peer", connection=connection, serializer=JSONSerializer)
    for _ in range(count):
        queue.enqueue("benchmarks.queue_start.nothing", result_ttl=0)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
    began = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    return count / (time.perf_counter() - began)


@contextlib.contextmanager
def _workers(place: Workplace) -> Iterator[None]:
    """Start the product's worker processes and the scheduler as an installation does."""
    with (place.folder / "workers.log").open("wb") as log, contextlib.ExitStack() as stack:
        for name in WORKERS:
            command = [sys.executable, "-m", "workers.main", name]
            process = subprocess.Popen(command, cwd=ROOT, env=place.worker_environment(), stdout=log, stderr=log)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        yield


if __name__ == "__main__":
    sys.exit(main())
