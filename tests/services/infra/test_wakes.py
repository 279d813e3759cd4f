"""Wake-ups: they follow the commit, never a rollback, and a burst travels together."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind
from services.infra.database import database_url
from services.infra.unit_of_work import unit_of_work
from services.infra.wakes import FEED_CHANNEL, OUTBOX_CHANNEL, feed_wake, sender
from services.jobs.transitions import ItemRequest, Transition, transition_alone
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRAME = {"type": "log_line", "payload": {"level": "INFO", "message": "x"}}


@pytest_asyncio.fixture(loop_scope="session")
async def heard(bench: Bench) -> AsyncIterator[list[tuple[str, str]]]:
    """What a listener on both channels hears from now on."""
    del bench
    notes: list[tuple[str, str]] = []
    connection = await asyncpg.connect(database_url())
    for channel in (FEED_CHANNEL, OUTBOX_CHANNEL):
        await connection.add_listener(channel, lambda _c, _p, name, payload: notes.append((name, payload)))
    yield notes
    await connection.close()


async def _settle() -> None:
    await sender().finish()
    await asyncio.sleep(0.2)


class TestSender:
    async def test_tells_readers_and_relay_after_the_commit(
        self, bench: Bench, workspace: Workspace, heard: list[tuple[str, str]]
    ) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.platform) as uow:
            await uow.record(job_id, 0, [FRAME])
            await uow.enqueue("task", "workflow")
            await asyncio.sleep(0.2)
            assert heard == []
        await _settle()
        assert sorted(heard) == [feed_wake(workspace.tenant_id, job_id), (OUTBOX_CHANNEL, "")]

    async def test_tells_readers_and_relay_of_a_transition_by_itself_and_nobody_of_a_refused_one(
        self, bench: Bench, workspace: Workspace, heard: list[tuple[str, str]]
    ) -> None:
        job_id, refused = bench.job(workspace), bench.job(workspace, "FAILED")
        change = Transition(JobState.REPO_SYNCING, "t", items=(ItemRequest(ItemKind.PROBE),))
        await transition_alone(workspace.platform, job_id, 0, change)
        with pytest.raises(IamaError):
            await transition_alone(workspace.platform, refused, 0, change)
        await _settle()
        assert sorted(heard) == [feed_wake(workspace.tenant_id, job_id), (OUTBOX_CHANNEL, "")]

    async def test_says_nothing_of_what_was_rolled_back(
        self, bench: Bench, workspace: Workspace, heard: list[tuple[str, str]]
    ) -> None:
        job_id = bench.job(workspace)
        with pytest.raises(ZeroDivisionError):
            async with unit_of_work(workspace.platform) as uow:
                await uow.record(job_id, 0, [FRAME])
                raise ZeroDivisionError
        await _settle()
        assert heard == []

    async def test_sends_a_burst_together(self, workspace: Workspace, heard: list[tuple[str, str]]) -> None:
        for _ in range(500):
            sender().add([feed_wake(workspace.tenant_id, workspace.tenant_id)])
            await asyncio.sleep(0)
        await _settle()
        assert 1 <= len(heard) <= 20
