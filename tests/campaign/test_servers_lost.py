"""Redis flushed and PostgreSQL restarted at every state of the main path: the job ends as it would have."""

import pytest

from services.canon.lifecycle import JobState
from tests.campaign.endings import Ending, assert_nothing_twice, ending_of
from tests.campaign.faults import DATABASE_CRASHED, FLUSHED, REDIS_LOST, Fault
from tests.campaign.installation import Installation
from tests.campaign.jobs import drive_job
from tests.campaign.kills import path_states
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

_CASES = [
    pytest.param(FLUSHED, path_states(), id="flushed-at-every-state"),
    pytest.param(DATABASE_CRASHED, path_states(), id="database-crashed-at-every-state"),
    pytest.param(REDIS_LOST, path_states(), id="redis-lost-at-every-state", marks=pytest.mark.campaign),
]


class TestServersLost:
    @pytest.mark.parametrize(("fault", "states"), _CASES)
    def test_job_ends_the_same(
        self, installation: Installation, reference: Ending, fault: Fault, states: tuple[JobState, ...]
    ) -> None:
        repository = make_till(installation.repositories / fault.name.replace(" ", "-"))
        struck: list[JobState] = []

        def strike(state: JobState) -> None:
            if state in states and state not in struck:
                struck.append(state)
                fault.strike(installation)

        driven = drive_job(installation, repository, strike=strike)
        assert set(struck) == set(states)
        assert driven.ended.view.status.value == reference.status, driven.explain()
        assert ending_of(installation, driven.job_id, repository) == reference
        assert_nothing_twice(installation, driven.job_id)
