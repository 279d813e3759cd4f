"""An administrator's look at the run's database; without administrators before and after each test."""

from collections.abc import Iterator

import pytest

from tests.support.bench import Bench
from tests.support.benches import bench
from tests.support.database import database

__all__ = ["bench", "database"]


@pytest.fixture(autouse=True)
def nobody(bench: Bench) -> Iterator[None]:  # noqa: F811
    """Take every administrator away."""
    bench.run("DELETE FROM admin_accounts")
    yield
    bench.run("DELETE FROM admin_accounts")
