"""Rows of the job list say the same figures as the job, in the words of the canon."""

from datetime import timedelta

import pytest

from services.canon.lifecycle import JobState
from services.canon.vocabulary import STATE_WORDS
from state.jobs_list.views import GROUPS, LIVE, YOUR_TURN, job_href, job_row, time_left
from tests.support import sample_views as sample


class TestJobRow:
    def test_says_risk_strategy_spec_and_files(self) -> None:
        row = sample.jobs().rows[5]
        assert (row.risk, row.strategy) == ("MEDIUM", "Standard, v3, 9 files")

    def test_a_live_job_counts_on_and_a_finished_one_does_not(self) -> None:
        rows = {row.goal: row for row in sample.jobs().rows}
        live, finished = rows["Replace pickled session rows"], rows["Modernise to Python 3.11"]
        assert live.since == (sample.AT - timedelta(minutes=34)).timestamp()
        assert (live.took, live.count) == ("34:00", "3/10")
        assert (finished.since, finished.took, finished.count) == (0.0, "49:31", "")

    def test_names_the_reason_of_a_failure_only(self) -> None:
        reasons = {row.state for row in sample.jobs().rows if row.reason}
        assert reasons == {"FAILED"}

    def test_draws_a_strip_once_tests_ran(self) -> None:
        rows = sample.jobs().rows
        assert [row.has_strip for row in rows[:2]] == [False, True]
        assert "2 failed" in rows[2].strip.label

    def test_what_is_unknown_is_a_dash_or_nothing(self) -> None:
        bare = sample.job(sample._ROWS[0]).model_copy(update={"strategy": None, "risk_score": None})
        row = job_row(bare, sample.AT)
        assert (row.risk, row.strategy, row.expires) == ("", "not chosen", "")


class TestJobHref:
    @pytest.mark.parametrize(
        ("state", "page"),
        [("WAITING_SPEC_APPROVAL", "/spec"), ("DELIVERED", "/delivery"), ("REFACTORING", "/execution"), ("FAILED", "")],
    )
    def test_leads_to_the_page_that_matters_now(self, state: str, page: str) -> None:
        job = sample.job(sample._ROWS[0]).model_copy(update={"status": JobState(state)})
        assert job_href(job) == f"/jobs/{job.job_id}{page}"


class TestTimeLeft:
    @pytest.mark.parametrize(
        ("hours", "words"), [(14 * 24, "14 d"), (48, "2 d"), (47.5, "47 h"), (0.5, "0 h"), (-1, "deleted")]
    )
    def test_counts_days_then_hours(self, hours: float, words: str) -> None:
        assert time_left(sample.AT + timedelta(hours=hours), sample.AT) == words


class TestGroups:
    def test_nothing_waits_for_a_person_and_moves_at_once(self) -> None:
        assert not set(YOUR_TURN) & set(LIVE)

    def test_live_is_what_the_vocabulary_calls_live(self) -> None:
        assert {state for state, word in STATE_WORDS.items() if word.live} <= set(GROUPS["LIVE"])
