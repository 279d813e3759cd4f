"""One async engine per process; opened lazily so that forked children make their own."""

import os
from functools import cache

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

APP_URL_VARIABLE = "IAMA_APP_DATABASE_URL"
"""URL of the role this process connects as: the application's, or the worker's in worker processes."""


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


def session_factory() -> async_sessionmaker[AsyncSession]:
    """Return a factory of sessions whose rows stay readable after commit."""
    return async_sessionmaker(engine(), class_=AsyncSession, expire_on_commit=False)
