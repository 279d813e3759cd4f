"""The track: order of stations, where the job stands, what the siding shows."""

import pytest

from services.canon.lifecycle import JobState
from state.jobs.siding import RepairFacts
from state.jobs.stage_map import ROUTES, TrackFacts, Visit, mini_track, stage_map, stations

S = JobState


def _driven(*states: JobState) -> dict[JobState, Visit]:
    return {state: Visit(state, 61, "fact") for state in states}


class TestStations:
    def test_a_fresh_job_shows_the_whole_route_ahead(self) -> None:
        assert stations(TrackFacts(S.PENDING)) == list(ROUTES["GIT"])

    def test_a_local_job_has_neither_sync_nor_sandbox(self) -> None:
        assert S.REPO_SYNCING not in stations(TrackFacts(S.PENDING, "LOCAL"))

    def test_a_visited_detour_stands_between_its_neighbours(self) -> None:
        order = stations(TrackFacts(S.BASELINE_VALIDATION_FAILED))
        at = order.index(S.BASELINE_VALIDATION_FAILED)
        assert (order[at - 1], order[at + 1]) == (S.BASELINE_VALIDATION, S.REFACTORING)

    def test_a_bad_end_replaces_what_will_not_be_reached(self) -> None:
        order = stations(TrackFacts(S.FAILED, visits=_driven(S.PENDING, S.REPO_SYNCING)))
        assert order[-1] is S.FAILED
        assert S.DELIVERED not in order

    def test_a_wipe_that_leads_to_fallback_says_so_beforehand(self) -> None:
        order = stations(TrackFacts(S.REMOTE_WIPE_VERIFYING, target=S.FALLBACK_REQUIRED))
        assert order[-1] is S.FALLBACK_REQUIRED

    @pytest.mark.parametrize("state", list(S))
    def test_every_state_has_a_place(self, state: JobState) -> None:
        drawn = stage_map(TrackFacts(state))
        active = [one for one in (*drawn.before, *drawn.after) if one.status in ("active", "stopped")]
        assert len(active) == (0 if drawn.siding.status == "active" or state is S.DELIVERED else 1)


class TestStageMap:
    def test_stations_before_the_present_are_done_and_after_it_ahead(self) -> None:
        drawn = stage_map(TrackFacts(S.ANALYZING, visits=_driven(S.PENDING, S.REPO_SYNCING, S.ANALYZING)))
        statuses = {one.state: one.status for one in (*drawn.before, *drawn.after)}
        assert statuses["REPO_SYNCING"] == "done"
        assert statuses["ANALYZING"] == "active"
        assert statuses["DELIVERED"] == "todo"

    def test_done_stations_carry_time_and_fact(self) -> None:
        drawn = stage_map(TrackFacts(S.ANALYZING, visits=_driven(S.PENDING)))
        assert (drawn.before[0].elapsed, drawn.before[0].fact) == ("01:01", "fact")

    def test_counts_in_the_head_add_up(self) -> None:
        drawn = stage_map(TrackFacts(S.SELF_HEALING, repair=RepairFacts(["now"])))
        assert drawn.summary == "11 done, 1 active, 2 ahead of 29 states"

    def test_a_station_that_was_left_keeps_no_running_clock(self) -> None:
        drawn = stage_map(TrackFacts(S.ANALYZING, since=5.0))
        assert [one.since for one in drawn.before if one.since] == [5.0]

    def test_the_first_five_stations_shrink_at_1280(self) -> None:
        drawn = stage_map(TrackFacts(S.PENDING))
        assert drawn.columns.count("28px, 64px") == 11
        assert drawn.columns_narrow.count("28px, 64px") == 6


class TestSiding:
    def _siding(self, state: JobState = S.SELF_HEALING, **repair: object):
        return stage_map(TrackFacts(state, repair=RepairFacts(**repair))).siding  # type: ignore[arg-type]

    def test_has_ten_cells_in_the_order_of_attempts(self) -> None:
        siding = self._siding(outcomes=["failed", "failed", "now"])
        assert [cell.status for cell in siding.cells] == ["failed", "failed", "now", *["free"] * 7]
        assert siding.title == "Self healing 3/10"

    def test_brackets_equal_classes_and_marks_the_one_in_use(self) -> None:
        siding = self._siding(outcomes=["failed"] * 3 + ["now"], classes=["L1"] * 3 + ["L2"] * 7)
        marks = {one.text: one.tone for one in siding.brackets if one.text in ("L1", "L2")}
        assert marks == {"L1": "", "L2": "on"}

    def test_brackets_the_run_of_identical_failures(self) -> None:
        siding = self._siding(outcomes=["failed"] * 3 + ["now"], identical=2)
        same = next(one for one in siding.brackets if one.tone == "warn")
        assert same.text == "same failure 2 of 3"
        assert same.path.startswith("M43 ")

    def test_a_pause_inside_repair_stands_on_the_siding(self) -> None:
        siding = self._siding(S.WAITING_INTERVENTION, outcomes=["failed"] * 3, identical=3)
        assert (siding.status, siding.state, siding.tone) == ("active", "WAITING_INTERVENTION", "warning")

    def test_is_passed_by_when_no_repair_was_needed(self) -> None:
        assert self._siding(S.DELIVERED).status == "skipped"
        assert self._siding(S.DELIVERED, outcomes=["green"]).status == "done"

    def test_says_in_words_what_it_draws(self) -> None:
        assert self._siding(outcomes=["failed", "now"]).label == "2 of 10 repair attempts used, 1 failed"


class TestMiniTrack:
    def test_marks_the_present_station_larger(self) -> None:
        track = mini_track(TrackFacts(S.WAITING_STRATEGY))
        assert [mark.side for mark in track.marks].index(9) == 4
        assert track.label == "Stage 5 of 14"
