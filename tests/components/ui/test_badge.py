"""A state's badge says its canonical name, carries its icon and its colour, for all 29 states."""

import pytest
import reflex as rx

from components.ui.badge import mode_badge, state_badge, state_label
from services.canon.lifecycle import JobState
from services.canon.vocabulary import STATE_WORDS


def _component_name(tag: str) -> str:
    return "Lucide" + "".join(part.capitalize() for part in tag.split("_"))


class TestStateBadge:
    def test_there_are_29_states(self) -> None:
        assert len(JobState) == len(STATE_WORDS) == 29

    @pytest.mark.parametrize("state", list(JobState))
    def test_has_icon_text_and_token(self, state: JobState) -> None:
        drawn, word = str(state_badge(state)), STATE_WORDS[state]
        assert state.value.replace("_", " ") in drawn
        assert _component_name(word.icon) in drawn
        assert f"badge--{word.token}" in drawn

    def test_chooses_by_value_in_the_browser(self) -> None:
        drawn = str(state_badge(rx.Var("row.state").to(str)))
        assert all(state.value in drawn and STATE_WORDS[state].label in drawn for state in JobState)

    def test_repair_shows_its_count(self) -> None:
        assert "4/10" in str(state_badge(JobState.SELF_HEALING, count="4/10"))

    def test_unknown_state_is_said_to_be_unknown(self) -> None:
        assert state_label("NO_SUCH_STATE") == "UNKNOWN"


class TestModeBadge:
    def test_carries_its_risk_note_below(self) -> None:
        drawn = str(mode_badge("wifi_off", "Mocked external calls", note="Tests cannot leave the sandbox"))
        assert drawn.index("Mocked external calls") < drawn.index("Tests cannot leave the sandbox")
