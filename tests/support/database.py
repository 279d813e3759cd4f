"""Fixtures of tests that need the database: one migrated cluster per run, reached as the application role."""

import os
from collections.abc import Iterator

import pytest

from services.infra.database import APP_URL_VARIABLE
from services.infra.migrate import DatabaseUrls
from services.infra.paths import DATA_VARIABLE
from tests.support.postgres import running_postgres


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """Start PostgreSQL, migrate it and point this process at it as the application role, with its own data folder."""
    with running_postgres() as urls, pytest.MonkeyPatch.context() as patch:
        patch.setenv(APP_URL_VARIABLE, urls.app)
        if DATA_VARIABLE not in os.environ:
            patch.setenv(DATA_VARIABLE, str(tmp_path_factory.mktemp("data")))
        yield urls
