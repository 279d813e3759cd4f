"""Option and fixtures of the fault campaign."""

from collections.abc import Iterator

import pytest

from tests.campaign.endings import Ending, assert_nothing_twice, ending_of
from tests.campaign.installation import Installation, running_installation
from tests.campaign.jobs import drive_job
from tests.campaign.till import make_till

COUNT_OPTION = "--campaign-count"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the full table."""
    parser.addoption(
        COUNT_OPTION, type=int, default=None, help="run the full table of kills and failures so many times"
    )


def campaign_count(config: pytest.Config) -> int:
    """Return how often the full table runs; 0 leaves it out."""
    return int(config.getoption(COUNT_OPTION, default=None) or 0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the full table out unless it was asked for by its option."""
    if campaign_count(config):
        return
    full = [item for item in items if item.get_closest_marker("campaign")]
    if full:
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]


@pytest.fixture(scope="package")
def shared_campaign() -> Iterator[Installation]:
    """Servers, workers and scheduler with shortened clocks, started on first use."""
    with running_installation() as installation:
        yield installation


@pytest.fixture
def installation(shared_campaign: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The campaign's installation, whole again, with this process pointed at it for one test."""
    for name, value in shared_campaign.addresses.items():
        monkeypatch.setenv(name, value)
    shared_campaign.renew()
    return shared_campaign


@pytest.fixture(scope="package")
def shared_reference(shared_campaign: Installation) -> Ending:
    """How a job ends that nobody disturbs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shared_campaign.addresses.items():
            patch.setenv(name, value)
        shared_campaign.renew()
        repository = make_till(shared_campaign.repositories / "undisturbed")
        driven = drive_job(shared_campaign, repository)
        assert driven.ended.view.status.value == "DELIVERED", driven.explain()
        assert_nothing_twice(shared_campaign, driven.job_id)
        return ending_of(shared_campaign, driven.job_id, repository)


@pytest.fixture
def reference(installation: Installation, shared_reference: Ending) -> Ending:
    """How a job ends that nobody disturbs; asks for the whole installation first."""
    return shared_reference
