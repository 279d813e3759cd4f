"""Progress at the terminal: each state stands on its stage map."""

import pytest

from iama_app.cli.showing import Display, track
from services.canon.events import EventType
from services.canon.lifecycle import JobState
from services.core.clock import now
from services.feed.schemas import Frame
from state.jobs.stage_map import ROUTES, Visit
from tests.support import job_samples as story

S = JobState
LENGTH = len(ROUTES["GIT"])


def _visits(*states: JobState) -> dict[JobState, Visit]:
    return {state: Visit(state, 0) for state in states}


class TestTrack:
    @pytest.mark.parametrize("at", range(LENGTH))
    def test_moves_one_station_on_with_each_state_of_the_route(self, at: int) -> None:
        route = ROUTES["GIT"]
        assert track(route[at], _visits(*route[: at + 1])) == "━" * at + "●" + "─" * (LENGTH - at - 1)

    def test_shows_a_pause_in_repair_where_repair_stands(self) -> None:
        repairing = track(S.SELF_HEALING, _visits(S.SELF_HEALING))
        assert track(S.WAITING_INTERVENTION, _visits(S.SELF_HEALING, S.WAITING_INTERVENTION)) == repairing

    def test_has_nothing_ahead_of_a_bad_end(self) -> None:
        assert track(S.FAILED, _visits(S.PENDING, S.ANALYZING, S.FAILED)).endswith("●")


class TestDisplay:
    def test_writes_map_badge_and_fact_of_a_state(self, capsys: pytest.CaptureFixture[str]) -> None:
        frame = Frame(
            seq=1, job_id=story.job_id(S.PENDING), type=EventType.STATE_CHANGE.value, state_revision=1,
            timestamp=now(), payload={"state": "ANALYZING", "fact": "9 files"},
        )  # fmt: skip
        Display(quiet=False).frame(frame)
        assert "━━━●────────── ANALYZING  (9 files)" in capsys.readouterr().err
