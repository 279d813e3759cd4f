"""A migrated database that tests share which only need people of their own in it."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services.infra.database import APP_URL_VARIABLE
from services.infra.migrate import DatabaseUrls
from services.infra.paths import DATA_VARIABLE
from tests.support.servers import RunningServers


@pytest.fixture(scope="session")
def database(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """Point this process at a database and a data folder that identity and API tests share."""
    with servers.database() as urls, pytest.MonkeyPatch.context() as patch:
        patch.setenv(APP_URL_VARIABLE, urls.app)
        patch.setenv(DATA_VARIABLE, str(tmp_path_factory.mktemp("data")))
        yield urls


@contextlib.contextmanager
def empty_database(admin_url: str, name: str) -> Iterator[str]:
    """Create a database without tables beside another one and drop it afterwards; yields its administrator's URL."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(admin_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
