"""Servers, workspaces and jobs for a benchmark, in a temporary folder that goes away with it."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from services.infra.database import APP_URL_VARIABLE
from services.infra.embedded.servers import running_servers
from services.infra.migrate import DatabaseUrls, migrate
from services.infra.paths import DATA_VARIABLE
from tests.support.bench import Bench, Workspace

FOREIGN = ("DATABASE_URL", "REDIS_URL", "IAMA_MODEL_API_KEY", "IAMA_MODEL_BASE_URL", "IAMA_MODEL_L1", "IAMA_ORIGINS")
"""The caller's settings, which no benchmark uses."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Crash-safe PostgreSQL and Valkey with the product's tables in them."""

    folder: Path
    urls: DatabaseUrls
    redis_url: str
    secret: bytes

    def database(self, name: str) -> str:
        """Create an empty database beside the product's and return the administrator's URL of it."""
        with psycopg.connect(self.urls.admin, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return make_url(self.urls.admin).set(database=name).render_as_string(hide_password=False)

    def worker_environment(self) -> dict[str, str]:
        """Return the environment of a worker process."""
        return {**os.environ, APP_URL_VARIABLE: self.urls.worker, "REDIS_URL": self.redis_url}


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder that servers of another account may enter; it is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="iama-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextlib.contextmanager
def running_workplace() -> Iterator[Workplace]:
    """Start both servers as an installation does (fsync on), migrate, point this process at them."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    with scratch_folder() as folder, running_servers(folder) as servers:
        secret = secrets.token_bytes(32)
        place = Workplace(folder, migrate(servers.admin_url, secret), servers.redis_url, secret)
        os.environ |= {APP_URL_VARIABLE: place.urls.app, DATA_VARIABLE: str(folder), "REDIS_URL": place.redis_url}
        yield place


def add_jobs(bench: Bench, workspaces: Sequence[Workspace], count: int, status: str = "PENDING") -> list[UUID]:
    """Put `count` jobs into each workspace, in the order of the workspaces."""
    return [bench.job(workspace, status) for workspace in workspaces for _ in range(count)]
