"""Servers of the whole run and the environment that points the product at them."""

import os
from collections.abc import Iterator

import pytest

from services.infra.database import APP_URL_VARIABLE
from services.infra.migrate import DatabaseUrls
from services.infra.paths import DATA_VARIABLE
from tests.support.servers import RunningServers, running_test_servers

REDIS_VARIABLE = "REDIS_URL"


@pytest.fixture(scope="session", autouse=True)
def _own_settings() -> Iterator[None]:
    """Keep the caller's servers and models out of the tests."""
    foreign = ("DATABASE_URL", REDIS_VARIABLE, "IAMA_MODEL_API_KEY", "IAMA_MODEL_BASE_URL", "IAMA_MODEL_L1")
    with pytest.MonkeyPatch.context() as patch:
        for name in foreign:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def servers() -> Iterator[RunningServers]:
    """PostgreSQL and Valkey of this run."""
    with running_test_servers() as running:
        yield running


@pytest.fixture(scope="module")
def database_urls(servers: RunningServers) -> Iterator[DatabaseUrls]:
    """URLs by role of a migrated database that belongs to this module alone."""
    with servers.database() as urls:
        yield urls


@pytest.fixture(scope="module")
def database_url(database_urls: DatabaseUrls) -> str:
    """The application role's URL of the module's database."""
    return database_urls.app


@pytest.fixture(scope="module")
def redis_url(servers: RunningServers) -> str:
    """An empty Redis database for this module."""
    return servers.empty_redis_url()


@pytest.fixture(scope="module")
def app_env(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Point this process at the module's servers and a data folder of its own; the whole environment for children."""
    values = {
        APP_URL_VARIABLE: database_url,
        REDIS_VARIABLE: redis_url,
        DATA_VARIABLE: str(tmp_path_factory.mktemp("data")),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield dict(os.environ)


_BROWSER_FIXTURES = {"chromium", "playwright", "browser", "context", "page"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests in a browser last: its driver keeps an event loop in this process until the run ends."""
    items.sort(key=lambda item: not _BROWSER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())))
