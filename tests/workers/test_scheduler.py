"""What the scheduler does with items that were handed over and not claimed; no worker runs here."""

from collections.abc import Iterator
from uuid import UUID

import asyncpg
import pytest
from redis import Redis

from services.canon.tasks import ItemKind
from services.infra.migrate import DatabaseUrls
from tests.support.bench import Bench
from workers.queueing import push, waiting_steps
from workers.scheduler import Scheduler

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Desk:
    """A scheduler with its queues, and items of one job."""

    def __init__(self, bench: Bench, transport: Redis, worker_url: str) -> None:
        self.bench, self.transport, self._worker_url = bench, transport, worker_url
        self.workspace = bench.workspace()
        self.job_id = bench.job(self.workspace, "DELIVERED")
        self._scheduler = Scheduler(transport)

    def item(self, *, seconds_ago: float = 5) -> UUID:
        """Put a publication on the table that was handed over some time ago."""
        step = self.bench.item(self.workspace, self.job_id, ItemKind.PUBLISH)
        moments = "published_at = now() - %s * interval '1 s', available_at = now() - interval '1 minute'"
        self.bench.run(f"UPDATE workflow_steps SET {moments} WHERE id = %s", seconds_ago, step)
        return step

    def hand_over(self, step: UUID) -> None:
        """Put an entry of an item on its queue."""
        push(self.transport, [("github", "run_item", {"step_id": str(step), "tenant_id": "x"})])

    async def again(self) -> set[UUID]:
        """Let the reaper look once; return what it hands over again."""
        self.bench.run("DELETE FROM outbox_events")
        connection = await asyncpg.connect(self._worker_url)
        try:
            await self._scheduler._reap(connection)
        finally:
            await connection.close()
        rows = self.bench.rows("SELECT payload->>'step_id' AS step FROM outbox_events WHERE task = 'run_item'")
        assert len(rows) == len({row["step"] for row in rows})
        return {UUID(row["step"]) for row in rows}


@pytest.fixture
def desk(database_urls: DatabaseUrls, redis_url: str) -> Iterator[Desk]:
    """A scheduler beside an empty queue server."""
    bench = Bench(database_urls.admin)
    with Redis.from_url(redis_url) as transport:
        transport.flushdb()
        yield Desk(bench, transport, database_urls.worker)
        bench.run("UPDATE workflow_steps SET status = 'DONE'")
        transport.flushdb()
    bench.connection.close()


class TestReap:
    async def test_hands_a_lost_entry_over_again_though_its_queue_is_not_empty(self, desk: Desk) -> None:
        lost, waiting = desk.item(), desk.item(seconds_ago=300)
        desk.hand_over(waiting)
        assert await desk.again() == {lost}

    async def test_waits_three_seconds_for_a_claim(self, desk: Desk) -> None:
        desk.item(seconds_ago=1)
        assert await desk.again() == set()

    async def test_hands_it_over_once_per_look(self, desk: Desk) -> None:
        lost = desk.item()
        assert await desk.again() == {lost}
        assert await desk.again() == set()

    async def test_finds_everything_lost_after_the_queues_were_flushed(self, desk: Desk) -> None:
        steps = {desk.item() for _ in range(4)}
        for step in steps:
            desk.hand_over(step)
        assert await desk.again() == set()
        desk.transport.flushdb()
        assert await desk.again() == steps


class TestWaitingSteps:
    async def test_knows_an_item_that_was_handed_over_twice(self, desk: Desk) -> None:
        step = desk.item()
        desk.hand_over(step)
        desk.hand_over(step)
        assert desk.transport.llen("rq:queue:github") == 2
        assert waiting_steps(desk.transport, ["github", "sandbox"]) == {str(step)}
