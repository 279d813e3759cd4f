"""One async engine per process, opened lazily so that forked children make their own, and its transactions."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

APP_URL_VARIABLE = "IAMA_APP_DATABASE_URL"
"""URL of the role this process connects as: the application's, or the worker's in worker processes."""
POOL_SIZE = 8
POOL_OVERFLOW = 8

_LOST = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

_UNUSABLE = (asyncpg.InterfaceError, asyncpg.InternalClientError)


@cache
def engine_for(url: str) -> AsyncEngine:
    """Return the engine of this process for a `postgresql://` URL.

    It is a pool of connections only: `transaction` begins and ends transactions itself, in one round trip each. A
    forked child inherits what the engine has learned (compiled statements, the server's types), no connection.
    """
    made = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
    )
    os.register_at_fork(after_in_child=lambda: made.sync_engine.dispose(close=False))
    return made


def database_url() -> str:
    """Return the URL this process was started with.

    Raises:
        RuntimeError: the launcher did not set it.
    """
    url = os.environ.get(APP_URL_VARIABLE)
    if not url:
        raise RuntimeError(f"{APP_URL_VARIABLE} is not set; start through `iama up` or `iama refactor`")
    return url


def engine() -> AsyncEngine:
    """Return the process's engine."""
    return engine_for(database_url())


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether the database went away or is just starting, as opposed to refusing a statement."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, _LOST)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A connection inside a transaction: `connection` for SQLAlchemy, `driver` for statements that need no help."""

    connection: AsyncConnection
    driver: asyncpg.Connection


@asynccontextmanager
async def transaction(settings: str = "") -> AsyncIterator[Transaction]:
    """Begin, with `settings` as further statements of the same round trip; commit at the end, roll back on exceptions.

    Raises:
        ConnectionError: the database went away before it confirmed the commit.
        asyncpg.InFailedSQLTransactionError: a statement had failed unnoticed, so nothing was committed.
    """
    opened = await _begin(f"BEGIN;{settings}")
    try:
        yield opened
        if await opened.driver.execute("COMMIT") != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("a statement had failed, so the transaction was rolled back")
    except BaseException as error:
        await asyncio.shield(_abandon(opened))
        if isinstance(error, asyncpg.InterfaceError) and opened.driver.is_closed():
            raise ConnectionResetError("the database closed the connection") from error
        raise
    await opened.connection.close()


async def _begin(statements: str) -> Transaction:
    """Begin on a pooled connection; those that the server closed meanwhile make way for new ones."""
    for _ in range(POOL_SIZE + POOL_OVERFLOW + 1):
        connection = await engine().connect()
        opened = Transaction(connection, (await connection.get_raw_connection()).driver_connection)
        try:
            if not opened.driver.is_closed():
                await opened.driver.execute(statements)
                return opened
            await _abandon(opened)
        except BaseException as error:
            _end_if_unusable(opened.driver, error)
            await asyncio.shield(_abandon(opened))
            if not (isinstance(error, asyncpg.InternalClientError) or is_connection_lost(error)):
                raise
    raise ConnectionResetError("the database closes every connection")


async def run_alone(statement: str, *values: Any) -> Any:
    """Run one statement with `$n` parameters as a transaction of its own, in one round trip.

    Returns the first value of its first row; JSON parameters and values are as in a unit of work.

    Raises:
        ConnectionError: the database went away before it answered; the statement took effect whole or not at all.
            It is not sent again, since nobody knows which.
    """
    pooled, driver = await _alive()
    try:
        answer = await driver.fetchval(statement, *values)
    except BaseException as error:
        _end_if_unusable(driver, error)
        await asyncio.shield(_give_back(pooled, driver))
        if isinstance(error, _UNUSABLE) and driver.is_closed():
            raise ConnectionResetError("the database closed the connection") from error
        raise
    await _give_back(pooled, driver)
    return answer


async def _alive() -> tuple[PoolProxiedConnection, asyncpg.Connection]:
    """Take a pooled connection and its driver's; those that the server closed meanwhile make way for new ones."""
    for _ in range(POOL_SIZE + POOL_OVERFLOW + 1):
        pooled = await engine().raw_connection()
        driver: Any = pooled.driver_connection
        if not driver.is_closed():
            return pooled, driver
        await _give_back(pooled, driver)
    raise ConnectionResetError("the database closes every connection")


async def _give_back(pooled: PoolProxiedConnection, driver: asyncpg.Connection) -> None:
    """Return a connection outside any transaction to the pool, or give up one that the server closed."""
    await greenlet_spawn(pooled.invalidate if driver.is_closed() else pooled.close)


def _end_if_unusable(driver: asyncpg.Connection, error: BaseException) -> None:
    """End a connection that heard of its end while idle, but whose socket the server has not closed yet."""
    if isinstance(error, asyncpg.InternalClientError):
        driver.terminate()


async def _abandon(opened: Transaction) -> None:
    """Give a connection back without its transaction, or give it up."""
    try:
        if not opened.driver.is_closed() and opened.driver.is_in_transaction():
            await opened.driver.execute("ROLLBACK")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        opened.driver.terminate()
    if opened.driver.is_closed():
        await opened.connection.invalidate()
    await opened.connection.close()
