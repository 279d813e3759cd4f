"""Redis flushed and PostgreSQL restarted at every state of the main path: the job ends as it would have."""

import pytest

from services.canon.lifecycle import JobState
from services.feed.schemas import Frame
from tests.campaign.endings import Ending, assert_nothing_twice, ending_of
from tests.campaign.faults import DATABASE_CRASHED, FLUSHED, REDIS_LOST, Fault
from tests.campaign.installation import Installation
from tests.campaign.jobs import drive_job
from tests.campaign.kills import path_states
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

ENTRY, WORKING = "state_change", "log_line"
"""When to strike: as a state is entered, or as its work has said its first word."""

_CASES = [
    pytest.param(FLUSHED, ENTRY, id="flushed-on-entry"),
    pytest.param(DATABASE_CRASHED, WORKING, id="database-crashed-at-work"),
    pytest.param(FLUSHED, WORKING, id="flushed-at-work", marks=pytest.mark.campaign),
    pytest.param(DATABASE_CRASHED, ENTRY, id="database-crashed-on-entry", marks=pytest.mark.campaign),
    pytest.param(REDIS_LOST, ENTRY, id="redis-lost-on-entry", marks=pytest.mark.campaign),
    pytest.param(REDIS_LOST, WORKING, id="redis-lost-at-work", marks=pytest.mark.campaign),
]


class TestServersLost:
    @pytest.mark.parametrize(("fault", "moment"), _CASES)
    def test_job_ends_the_same(self, installation: Installation, reference: Ending, fault: Fault, moment: str) -> None:
        repository = make_till(installation.repositories / f"{fault.name} {moment}".replace(" ", "-"))
        struck: list[JobState] = []

        def strike(state: JobState, frame: Frame) -> None:
            if frame.type == moment and state in path_states() and state not in struck:
                struck.append(state)
                fault.strike(installation)

        driven = drive_job(installation, repository, strike=strike)
        missed = set(path_states()) - set(struck)
        assert missed <= {JobState.DELIVERED}, f"not struck: {missed}"
        assert driven.ended.view.status.value == reference.status, driven.explain()
        assert ending_of(installation, driven.job_id, repository) == reference
        assert_nothing_twice(installation, driven.job_id)
