"""Transactions: a dead connection is replaced before it is used, a lost one is told, none returns half-open."""

import asyncio

import asyncpg
import pytest

from services.core.ids import new_id
from services.infra.database import POOL_OVERFLOW, POOL_SIZE, is_connection_lost, run_alone, transaction
from tests.support.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
)
INSERT = "INSERT INTO users (id, email) VALUES ($1, $2)"


async def _open_at_once(count: int) -> None:
    async def one() -> None:
        async with transaction() as opened:
            await opened.driver.fetchval("SELECT pg_sleep(0.05)")

    await asyncio.gather(*(one() for _ in range(count)))


class TestTransaction:
    async def test_goes_on_after_the_server_cut_every_idle_connection(self, bench: Bench) -> None:
        await _open_at_once(POOL_SIZE)
        assert bench.value(CUT, "iama_app") >= POOL_SIZE
        await _open_at_once(POOL_SIZE)

    async def test_tells_that_the_connection_was_lost_and_writes_nothing(self, bench: Bench) -> None:
        user_id = new_id()
        with pytest.raises(Exception) as caught:
            async with transaction() as opened:
                await opened.driver.execute(INSERT, user_id, f"{user_id}@example.org")
                bench.value(CUT, "iama_app")
        assert is_connection_lost(caught.value)
        assert bench.count("users", "id = %s", [user_id]) == 0

    async def test_refuses_to_commit_what_failed_unnoticed(self, bench: Bench) -> None:
        user_id = new_id()
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            async with transaction() as opened:
                await opened.driver.execute(INSERT, user_id, f"{user_id}@example.org")
                with pytest.raises(asyncpg.DivisionByZeroError):
                    await opened.driver.execute("SELECT 1 / 0")
        assert bench.count("users", "id = %s", [user_id]) == 0

    async def test_cancelled_in_the_middle_leaves_no_transaction_behind(self, bench: Bench) -> None:
        async def endless() -> None:
            async with transaction() as opened:
                await opened.driver.execute("SELECT pg_sleep(60)")

        task = asyncio.create_task(endless())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        busy = "usename = 'iama_app' AND datname = current_database() AND state <> 'idle'"
        assert bench.count("pg_stat_activity", busy) == 0


class TestRunAlone:
    async def test_commits_one_statement_by_itself(self, bench: Bench) -> None:
        user_id = new_id()
        await run_alone(INSERT, user_id, f"{user_id}@example.org")
        assert bench.count("users", "id = %s", [user_id]) == 1

    async def test_goes_on_once_it_heard_that_the_server_cut_every_idle_connection(self, bench: Bench) -> None:
        await _open_at_once(POOL_SIZE)
        assert bench.value(CUT, "iama_app") >= POOL_SIZE
        await asyncio.sleep(0.1)
        answers = await asyncio.gather(*(run_alone("SELECT $1::int", number) for number in range(POOL_SIZE)))
        assert answers == list(range(POOL_SIZE))

    async def test_gives_the_connection_back_after_an_error(self) -> None:
        for _ in range(POOL_SIZE + POOL_OVERFLOW):
            with pytest.raises(asyncpg.DivisionByZeroError):
                await run_alone("SELECT 1 / 0")
        await _open_at_once(POOL_SIZE)

    async def test_gives_the_connection_back_when_it_is_cancelled(self, bench: Bench) -> None:
        tasks = [asyncio.create_task(run_alone("SELECT pg_sleep(60)")) for _ in range(POOL_SIZE)]
        running = "usename = 'iama_app' AND datname = current_database() AND wait_event = 'PgSleep'"
        while bench.count("pg_stat_activity", running) < POOL_SIZE:
            await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(answer) for answer in answers} == {asyncio.CancelledError}
        async with asyncio.timeout(30):
            await _open_at_once(POOL_SIZE)
        assert bench.count("pg_stat_activity", running) == 0


def _refuse_once(monkeypatch: pytest.MonkeyPatch, verb: str) -> list[asyncpg.Connection]:
    """Let the next call act as on a connection whose end was announced but whose socket is still open."""
    real = getattr(asyncpg.Connection, verb)
    refused: list[asyncpg.Connection] = []

    async def call(connection: asyncpg.Connection, *values: object) -> object:
        if not refused:
            refused.append(connection)
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
        return await real(connection, *values)

    monkeypatch.setattr(asyncpg.Connection, verb, call)
    return refused


class TestConnectionThatHeardOfItsEnd:
    async def test_makes_way_for_another_when_a_transaction_begins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = _refuse_once(monkeypatch, "execute")
        async with transaction() as opened:
            assert await opened.driver.fetchval("SELECT 1") == 1
            assert opened.driver is not refused[0]
        assert refused[0].is_closed()

    async def test_counts_as_lost_and_is_not_used_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = _refuse_once(monkeypatch, "fetchval")
        with pytest.raises(ConnectionResetError):
            await run_alone("SELECT 1")
        assert refused[0].is_closed()
        assert await run_alone("SELECT 1") == 1
