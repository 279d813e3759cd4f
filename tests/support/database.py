"""Fixtures of tests that need the database: one migrated cluster per run, reached as the application role."""

import atexit
import contextlib
import os
from collections.abc import Iterator
from functools import cache

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services.infra.database import APP_URL_VARIABLE
from services.infra.migrate import DatabaseUrls
from services.infra.paths import DATA_VARIABLE
from tests.support.postgres import running_postgres


@cache
def cluster() -> DatabaseUrls:
    """Start and migrate this run's cluster on first use, however many folders ask for it."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_postgres())


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """Start PostgreSQL, migrate it and point this process at it as the application role, with its own data folder."""
    urls = cluster()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(APP_URL_VARIABLE, urls.app)
        if DATA_VARIABLE not in os.environ:
            patch.setenv(DATA_VARIABLE, str(tmp_path_factory.mktemp("data")))
        yield urls


@contextlib.contextmanager
def empty_database(admin_url: str, name: str) -> Iterator[str]:
    """Create a database without tables beside another one and drop it afterwards; yields its administrator's URL."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield with_database(admin_url, name)
    finally:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    """Return the same URL for another database of the cluster."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)
