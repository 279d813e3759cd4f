"""One PostgreSQL and one Valkey per test run; each test module gets a clone of a migrated database.

Cloning takes some 40 ms, so modules are isolated without paying for migrations again.
"""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from services.infra.embedded.postgres import PostgresServer
from services.infra.embedded.valkey import ValkeyServer
from services.infra.migrate import DatabaseUrls, migrate, role_urls

TEMPLATE = "iama_template"
REDIS_DATABASES = 16


@dataclass(frozen=True)
class RunningServers:
    """The servers of this run; tests that kill or restart one do it through `postgres` and `valkey`."""

    postgres: PostgresServer
    valkey: ValkeyServer
    secret: bytes
    _numbers: Iterator[int] = field(default_factory=count)

    @contextlib.contextmanager
    def database(self) -> Iterator[DatabaseUrls]:
        """Clone the migrated database, hand out its URLs by role, drop it with whoever is still connected."""
        name = f"iama_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, TEMPLATE)
        try:
            yield role_urls(self._admin_url(name), self.secret)
        finally:
            self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def empty_redis_url(self) -> str:
        """Return the URL of an emptied Redis database that the next fifteen callers do not get."""
        url = self.valkey.url.removesuffix("/0") + f"/{next(self._numbers) % REDIS_DATABASES}"
        with redis.Redis.from_url(url) as connection:
            connection.flushdb()
        return url

    def make_template(self) -> None:
        """Make the migrated database that clones are taken from."""
        self._execute(sql.SQL("CREATE DATABASE {}"), TEMPLATE)
        migrate(self._admin_url(TEMPLATE), self.secret)

    def _admin_url(self, database: str) -> str:
        return make_url(self.postgres.url).set(database=database).render_as_string(hide_password=False)

    def _execute(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def running_test_servers() -> Iterator[RunningServers]:
    """Start both without crash safety in a temporary folder; stop and delete them afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="iama-test-"))
    folder.chmod(0o755)
    servers = RunningServers(
        PostgresServer(folder, durable=False), ValkeyServer(folder, durable=False), secrets.token_hex(32).encode()
    )
    try:
        servers.postgres.start()
        servers.valkey.start()
        servers.make_template()
        yield servers
    finally:
        servers.valkey.stop()
        servers.postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
