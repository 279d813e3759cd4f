"""One intention, one transaction: everything recorded commits or vanishes together, inside one tenant."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.infra.unit_of_work import global_session, unit_of_work
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRAME = {"type": "log_line", "payload": {"level": "INFO", "message": "x"}}


class TestUnitOfWork:
    async def test_commits_facts_and_tasks_together(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.person) as uow:
            await uow.record(job_id, 0, [FRAME])
            await uow.audit("fact", job_id, id=uuid4())
            await uow.enqueue("task", "workflow", job_id=job_id)
        outbox = bench.row("SELECT * FROM outbox_events WHERE tenant_id = %s", workspace.tenant_id)
        assert (outbox["task"], outbox["queue"], outbox["payload"]) == ("task", "workflow", {"job_id": str(job_id)})
        assert bench.count("job_events", "job_id = %s", [job_id]) == 1
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 1

    async def test_rolls_all_of_it_back(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        with pytest.raises(ZeroDivisionError):
            async with unit_of_work(workspace.person) as uow:
                await uow.record(job_id, 0, [FRAME])
                await uow.audit("fact", job_id)
                await uow.enqueue("task", "workflow")
                raise ZeroDivisionError
        for table in ("job_events", "audit_events", "outbox_events"):
            assert bench.count(table, "tenant_id = %s", [workspace.tenant_id]) == 0

    async def test_leaves_no_tenant_behind_on_the_connection(self, workspace: Workspace) -> None:
        async with unit_of_work(workspace.person):
            pass
        async with global_session() as session:
            seen = (await session.execute(text("SELECT current_setting('app.tenant_id', true)"))).scalar_one()
            projects = (await session.execute(text("SELECT count(*) FROM projects"))).scalar_one()
        assert not seen
        assert projects == 0

    async def test_names_tenant_and_person_to_the_database(self, workspace: Workspace) -> None:
        query = text("SELECT current_setting('app.tenant_id'), current_setting('app.actor_id')")
        async with unit_of_work(workspace.person) as uow:
            row = (await uow.session.execute(query)).one()
        assert tuple(row) == (str(workspace.tenant_id), str(workspace.user_id))


class TestRecord:
    async def test_numbers_frames_without_gap_or_repeat_under_concurrency(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace)

        async def write() -> None:
            async with unit_of_work(workspace.platform) as uow:
                await uow.record(job_id, 0, [FRAME, FRAME])

        await asyncio.gather(*(write() for _ in range(12)))
        rows = bench.rows("SELECT seq FROM job_events WHERE job_id = %s ORDER BY seq", job_id)
        assert [row["seq"] for row in rows] == list(range(1, 25))


class TestAudit:
    async def test_numbers_links_without_gap_under_concurrency(self, bench: Bench, workspace: Workspace) -> None:
        async def write() -> int:
            async with unit_of_work(workspace.platform) as uow:
                return await uow.audit("fact")

        numbers = await asyncio.gather(*(write() for _ in range(12)))
        assert sorted(numbers) == list(range(1, 13))
