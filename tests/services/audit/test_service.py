"""The hash chain: intact as written, and each way of tampering found where it happened."""

from collections.abc import Callable

import pytest

from services.audit import service as audit
from services.audit.service import ChainVerdict
from services.infra.unit_of_work import unit_of_work
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")

LENGTH = 6
Tamper = Callable[[Bench, Workspace], None]


async def _chain(workspace: Workspace) -> None:
    for number in range(LENGTH):
        async with unit_of_work(workspace.person) as uow:
            await uow.audit("test.fact", None, number=number, word="Größe")


async def _verdict(workspace: Workspace) -> ChainVerdict:
    async with unit_of_work(workspace.person) as uow:
        return await audit.verify_chain(uow)


def _past_the_guards(bench: Bench, statement: str, workspace: Workspace) -> None:
    with bench.connection.transaction():
        bench.run("SET LOCAL session_replication_role = replica")
        assert bench.run(statement.replace("$tenant", f"'{workspace.tenant_id}'::uuid")) > 0


class TestVerifyChain:
    async def test_finds_a_fresh_chain_intact(self, workspace: Workspace) -> None:
        await _chain(workspace)
        assert await _verdict(workspace) == ChainVerdict(True, LENGTH)

    async def test_finds_an_empty_chain_intact(self, workspace: Workspace) -> None:
        assert await _verdict(workspace) == ChainVerdict(True, 0)

    @pytest.mark.parametrize(
        ("statement", "place"),
        [
            ("UPDATE audit_events SET body = body || '{\"number\": 99}' WHERE tenant_id = $tenant AND seq = 3", 3),
            ("UPDATE audit_events SET body = body - 'word' WHERE tenant_id = $tenant AND seq = 1", 1),
            ("DELETE FROM audit_events WHERE tenant_id = $tenant AND seq = 4", 4),
            ("DELETE FROM audit_events WHERE tenant_id = $tenant AND seq = 1", 1),
            (
                "UPDATE audit_events SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END "
                "WHERE tenant_id = $tenant AND seq IN (2, 3); "
                "UPDATE audit_events SET seq = -seq WHERE tenant_id = $tenant AND seq < 0",
                2,
            ),
            (
                "INSERT INTO audit_events (tenant_id, seq, event_type, body, prev_hash, event_hash) "
                "SELECT tenant_id, 7, event_type, body, event_hash, sha256(event_hash || 'forged') "
                "FROM audit_events WHERE tenant_id = $tenant AND seq = 6",
                7,
            ),
            ("DELETE FROM audit_events WHERE tenant_id = $tenant AND seq = 6", 6),
            ("DELETE FROM audit_events WHERE tenant_id = $tenant AND seq > 3", 4),
            ("DELETE FROM audit_heads WHERE tenant_id = $tenant", 7),
        ],
        ids=[
            "changed",
            "changed-first",
            "deleted",
            "deleted-first",
            "swapped",
            "inserted",
            "tail-cut",
            "long-tail-cut",
            "head-lost",
        ],
    )
    async def test_finds_and_locates_tampering(
        self, bench: Bench, workspace: Workspace, statement: str, place: int
    ) -> None:
        await _chain(workspace)
        for part in statement.split("; "):
            _past_the_guards(bench, part, workspace)
        verdict = await _verdict(workspace)
        assert (verdict.intact, verdict.broken_at, verdict.length) == (False, place, place - 1)

    async def test_finds_a_well_formed_link_that_the_head_does_not_know(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        await _chain(workspace)
        _past_the_guards(
            bench,
            "INSERT INTO audit_events (tenant_id, seq, event_type, body, prev_hash, event_hash) "
            "SELECT tenant_id, 7, event_type, body, event_hash, sha256(event_hash || convert_to(body::text, 'UTF8')) "
            "FROM audit_events WHERE tenant_id = $tenant AND seq = 6",
            workspace,
        )
        verdict = await _verdict(workspace)
        assert not verdict.intact

    async def test_looks_at_its_own_tenants_chain_only(self, bench: Bench, workspace: Workspace) -> None:
        other = bench.workspace()
        await _chain(workspace)
        await _chain(other)
        _past_the_guards(bench, "DELETE FROM audit_events WHERE tenant_id = $tenant AND seq = 2", other)
        assert (await _verdict(workspace)).intact
        assert not (await _verdict(other)).intact


class TestListLinks:
    async def test_gives_the_links_of_one_job_in_order(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.person) as uow:
            await uow.audit("first", job_id)
            await uow.audit("elsewhere")
            await uow.audit("second", job_id, detail=1)
            links = await audit.list_links(uow, job_id)
        assert [(link.seq, link.event_type) for link in links] == [(1, "first"), (3, "second")]
        assert links[1].body["detail"] == 1
        assert links[1].body["actor"]["user_id"] == str(workspace.user_id)

    async def test_links_each_to_the_one_before(self, workspace: Workspace) -> None:
        await _chain(workspace)
        async with unit_of_work(workspace.person) as uow:
            links = await audit.list_links(uow)
        assert [link.prev_hash for link in links] == [b"", *(link.event_hash for link in links[:-1])]
        assert len({link.event_hash for link in links}) == LENGTH
