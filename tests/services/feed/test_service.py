"""The feed: order, pages, and subscriptions that neither skip nor repeat."""

import asyncio
import json

import pytest

from services.feed import service as feed
from services.infra.unit_of_work import unit_of_work
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _line(message: str) -> dict[str, object]:
    return {"type": "log_line", "payload": {"level": "INFO", "message": message}}


class TestListFrames:
    async def test_gives_what_came_after_in_order(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.platform) as uow:
            await uow.record(job_id, 0, [_line(str(n)) for n in range(5)])
            frames = await feed.list_frames(uow, job_id, after_seq=2, limit=2)
            assert [(f.seq, f.payload["message"]) for f in frames] == [(3, "2"), (4, "3")]
            assert await feed.last_seq(uow, job_id) == 5

    async def test_hides_another_tenants_frames(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.platform) as uow:
            await uow.record(job_id, 0, [_line("x")])
        async with unit_of_work(bench.workspace().person) as uow:
            assert await feed.list_frames(uow, job_id) == []
            assert await feed.last_seq(uow, job_id) == 0


class TestSubscribe:
    async def test_yields_history_and_then_news_without_gap_or_repeat(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.platform) as uow:
            await uow.record(job_id, 0, [_line("before")])

        async def write() -> None:
            for number in range(20):
                async with unit_of_work(workspace.platform) as uow:
                    await uow.record(job_id, 0, [_line(str(number))])

        seen: list[int] = []
        writer = asyncio.create_task(write())
        subscription = feed.subscribe(workspace.person, job_id, 0)
        async with asyncio.timeout(10):
            async for frames in subscription:
                seen += [frame.seq for frame in frames]
                if len(seen) >= 21:
                    break
        await writer
        await subscription.aclose()
        assert seen == list(range(1, 22))

    async def test_sees_within_three_seconds_what_no_wake_up_announced(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace)
        subscription = feed.subscribe(workspace.person, job_id, 0)
        first = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0.5)
        write = "SELECT iama_record_events(%s, %s, 0, %s::jsonb)"
        bench.run(write, workspace.tenant_id, job_id, json.dumps([_line("silent")]))
        async with asyncio.timeout(3):
            assert [frame.payload["message"] for frame in await first] == ["silent"]
        await subscription.aclose()

    async def test_wakes_within_two_seconds_of_a_commit(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        subscription = feed.subscribe(workspace.person, job_id, 0)
        waiting = asyncio.create_task(anext(subscription))
        await asyncio.sleep(0.5)
        async with unit_of_work(workspace.platform) as uow:
            await uow.record(job_id, 0, [_line("news")])
        async with asyncio.timeout(2):
            frames = await waiting
        await subscription.aclose()
        assert [frame.payload["message"] for frame in frames] == ["news"]
