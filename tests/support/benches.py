"""Fixtures around the bench: one connection per folder, a fresh workspace per test."""

from collections.abc import Iterator

import pytest

from services.infra.migrate import DatabaseUrls
from tests.support.bench import Bench, Workspace


@pytest.fixture(scope="session")
def bench(database: DatabaseUrls) -> Iterator[Bench]:
    """An administrator's look at the run's database."""
    made = Bench(database.admin)
    yield made
    made.connection.close()


@pytest.fixture
def workspace(bench: Bench) -> Workspace:
    """A person with a workspace nobody else uses."""
    return bench.workspace()
