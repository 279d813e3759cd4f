"""One async engine per process; opened lazily so that forked children make their own."""

import os
from functools import cache

import asyncpg
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

APP_URL_VARIABLE = "IAMA_APP_DATABASE_URL"
"""URL of the role this process connects as: the application's, or the worker's in worker processes."""


class _InnerSession(Session):
    """Takes SQL text through `execute`, which SQLModel discourages for selects."""

    execute = orm.Session.execute


class DatabaseSession(AsyncSession):
    """`exec` for statements on rows, `execute` for SQL text."""

    sync_session_class = _InnerSession
    execute = sqlalchemy_asyncio.AsyncSession.execute


@cache
def engine_for(url: str, pid: int) -> AsyncEngine:
    """Return the engine of this process for a `postgresql://` URL."""
    del pid
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=8, max_overflow=8, pool_pre_ping=True
    )


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
    return engine_for(database_url(), os.getpid())


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether the database went away or is just starting, as opposed to refusing a statement."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError))


def session_factory() -> async_sessionmaker[AsyncSession]:
    """Return a factory of sessions whose rows stay readable after commit."""
    return async_sessionmaker(engine(), class_=DatabaseSession, expire_on_commit=False)
