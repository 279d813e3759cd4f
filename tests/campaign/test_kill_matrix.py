"""SIGKILL around every commit of the main path: the job goes on within a minute and ends as it would have."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from services.canon.clocks import LEASE_BEAT_SECONDS, LEASE_SECONDS
from services.canon.failpoints import Failpoint
from services.canon.lifecycle import JobState
from tests.campaign.conftest import campaign_count
from tests.campaign.endings import Ending, assert_nothing_twice, ending_of
from tests.campaign.installation import Installation, running_installation
from tests.campaign.jobs import GOES_ON_SECONDS, drive_jobs, drive_to
from tests.campaign.kills import Kill, Round, full_table, hits, path_states, rounds_of, small_round
from tests.campaign.till import make_till

pytestmark = pytest.mark.slow

WORKER_ROUNDS = (Round.CHILD, Round.PARENT, Round.BOTH)


def _survive(installation: Installation, ways: Mapping[Path, Sequence[Kill]], expected: Ending) -> None:
    for folder in ways:
        make_till(folder)
    for driven, (repository, kills) in zip(drive_jobs(installation, ways), ways.items(), strict=True):
        missed = [kill.marker for kill in kills if kill not in driven.watch.fired]
        assert not missed, f"never reached: {missed}\n{driven.explain()}"
        assert driven.ended.view.status.value == expected.status, driven.explain()
        assert ending_of(installation, driven.job_id, repository) == expected
        assert_nothing_twice(installation, driven.job_id)
        slowest = max(driven.watch.stood_still.values())
        print(f"\n{len(kills)} kills; longest stand-still {slowest:.1f} s")


class TestTheTable:
    def test_holds_every_failpoint_at_every_state_against_every_process(self) -> None:
        table = full_table()
        assert {kill.point for kill in table} == set(Failpoint)
        assert {kill.state for kill in table} == set(path_states())
        assert {(kill.program, kill.target) for kill in table} >= {
            ("worker-async", "child"), ("worker-pool", "child"), ("worker-pool", "parent"), ("worker-pool", "both"),
            ("scheduler", "child"),
        }  # fmt: skip

    def test_small_size_meets_each_state_with_each_target_once_and_each_point(self) -> None:
        small = [kill for round_ in Round for kill in small_round(round_)]
        wanted = {(kill.state, kill.program, kill.target) for kill in full_table()}
        met = [(kill.state, kill.program, kill.target) for kill in small]
        assert len(met) == len(set(met))
        assert set(met) == wanted
        assert {kill.point for kill in small} == set(Failpoint)


class TestSmallSize:
    def test_undisturbed_job_meets_every_state_of_the_path(self, reference: Ending) -> None:
        assert reference.status == "DELIVERED"
        assert {to for _, to in reference.path} >= {state.value for state in path_states()}
        assert len(reference.attempts) == 2

    @pytest.mark.parametrize("rounds", [WORKER_ROUNDS, (Round.SCHEDULER,)], ids=["workers", "scheduler"])
    def test_jobs_hit_at_every_state_end_the_same(
        self, installation: Installation, reference: Ending, rounds: tuple[Round, ...]
    ) -> None:
        ways = {installation.repositories / f"small-{one.value}": small_round(one) for one in rounds}
        _survive(installation, ways, reference)


class TestUnshortenedClocks:
    def test_killed_child_costs_one_lease_of_twenty_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kill = Kill("worker-pool", Failpoint.DURING_WORK, JobState.REPO_SYNCING, "child")
        with running_installation(clock_scale=1) as unshortened:
            for name, value in unshortened.addresses.items():
                monkeypatch.setenv(name, value)
            repository = make_till(unshortened.repositories / "till")
            watch = drive_to(unshortened, repository, [kill], JobState.ANALYZING)
            lost = unshortened.rows("SELECT lost_count, tries FROM workflow_steps WHERE kind = 'sync_repository'")
        assert lost == [{"lost_count": 1, "tries": 1}]
        assert LEASE_SECONDS - LEASE_BEAT_SECONDS < watch.stood_still[kill] < GOES_ON_SECONDS


@pytest.mark.campaign
@pytest.mark.timeout(0)
class TestFullTable:
    @pytest.mark.parametrize(
        ("point", "round_"), [(point, round_) for point in Failpoint for round_ in rounds_of(point)]
    )
    def test_one_point_at_every_state(
        self,
        installation: Installation,
        reference: Ending,
        request: pytest.FixtureRequest,
        point: Failpoint,
        round_: Round,
    ) -> None:
        for number in range(campaign_count(request.config)):
            installation.renew()
            folder = installation.repositories / f"full-{number}-{point.value}-{round_.value}"
            _survive(installation, {folder: hits(point, round_)}, reference)
