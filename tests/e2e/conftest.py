"""What all end-to-end tests of a run share: one installation, one Chromium."""

from collections.abc import Iterator

import pytest

from tests.support.main_job import Installation, running_installation, running_jobs
from tests.support.web_server import chromium

__all__ = ["chromium"]


@pytest.fixture(scope="session")
def shared_installation() -> Iterator[Installation]:
    """Servers, workers and scheduler, started on first use."""
    with running_installation() as installation:
        yield installation


@pytest.fixture
def installation(shared_installation: Installation) -> Iterator[Installation]:
    """The shared installation, with this process pointed at it for one test."""
    with running_jobs(shared_installation):
        yield shared_installation


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the larger table out unless `-m` speaks of it."""
    if "campaign" in config.option.markexpr:
        return
    full = [item for item in items if item.get_closest_marker("campaign")]
    if full:
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]
