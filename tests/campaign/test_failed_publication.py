"""A source that is gone when the result is to be published: said at once, and mended by asking again."""

import time
from pathlib import Path

import pytest

from iama_app.cli.driving import EXIT_BROKEN
from iama_app.cli.local_client import LocalClient
from services.canon.lifecycle import JobState
from services.feed.schemas import Frame
from tests.campaign.installation import Installation
from tests.campaign.jobs import Driven, drive_job
from tests.campaign.till import make_till
from tests.support.main_job import pushed_branches

pytestmark = pytest.mark.slow

SAID_SECONDS = 20.0


class _Mover:
    """Takes the repository away as soon as the result is delivered."""

    def __init__(self, repository: Path) -> None:
        self.here, self.away = repository, repository.with_name("moved-away")
        self.moved_at = 0.0

    def strike(self, state: JobState, _frame: Frame) -> None:
        """Move once, at the delivery."""
        if state is JobState.DELIVERED and not self.moved_at:
            self.here.rename(self.away)
            self.moved_at = time.monotonic()

    def back(self) -> None:
        """Put it back."""
        self.away.rename(self.here)


def _published(installation: Installation, driven: Driven) -> bool:
    rows = installation.rows("SELECT status FROM github_deliveries WHERE job_id = %s", driven.job_id)
    return [row["status"] for row in rows] == ["PUBLISHED"]


async def _ask_again(driven: Driven) -> None:
    client = await LocalClient.sign_in()
    await client.publish(driven.job_id, None)


class TestFailedPublication:
    def test_ends_the_command_at_once_and_can_be_asked_for_again(self, installation: Installation) -> None:
        mover = _Mover(make_till(installation.repositories / "moving"))
        driven = drive_job(installation, mover.here, strike=mover.strike)
        assert time.monotonic() - mover.moved_at < SAID_SECONDS
        assert driven.ended.view.status is JobState.DELIVERED
        assert (driven.ended.exit_status, driven.ended.reason) == (EXIT_BROKEN, "REPO_NOT_A_GIT_REPOSITORY")
        mover.back()
        installation.run(_ask_again(driven))
        installation.wait(lambda: _published(installation, driven), 60, "the second publication")
        assert len(pushed_branches(mover.here)) == 1
