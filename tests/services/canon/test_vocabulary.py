"""Every state and action has words and an icon that exists."""

import warnings

import pytest

from services.canon.lifecycle import STATE_KINDS, JobState, StateKind
from services.canon.vocabulary import ACTION_WORDS, STATE_WORDS, STRATEGY_WORDS, JobAction, ProposalLevel, risk_word

TOKENS = {"neutral", "info", "warning", "success", "danger", "paused"}


@pytest.fixture(scope="module")
def lucide() -> set[str]:
    """The names of the icon library in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from reflex.components.lucide.icon import LUCIDE_ICON_LIST, LUCIDE_ICON_MAPPING_OVERRIDE
    return {*LUCIDE_ICON_LIST, *LUCIDE_ICON_MAPPING_OVERRIDE}


class TestStateWords:
    @pytest.mark.parametrize("state", list(JobState))
    def test_name_label_plain_line_and_token(self, state: JobState) -> None:
        word = STATE_WORDS[state]
        assert word.label.replace(" ", "_") == state.value
        assert word.plain_line
        assert word.plain_line[0].isupper()
        assert word.token in TOKENS

    @pytest.mark.parametrize("state", list(JobState))
    def test_use_an_icon_of_the_library(self, state: JobState, lucide: set[str]) -> None:
        assert STATE_WORDS[state].icon in lucide

    def test_move_only_where_the_engine_works(self) -> None:
        waiting = {state for state, kind in STATE_KINDS.items() if kind in (StateKind.HUMAN, StateKind.TERMINAL)}
        assert not {state for state, word in STATE_WORDS.items() if word.live} & waiting

    def test_tell_states_apart_in_plain_words(self) -> None:
        lines = [word.plain_line for word in STATE_WORDS.values()]
        assert len(set(lines)) == len(lines)


class TestActionWords:
    @pytest.mark.parametrize("action", list(JobAction))
    def test_name_button_consequence_and_icon(self, action: JobAction, lucide: set[str]) -> None:
        word = ACTION_WORDS[action]
        assert word.label
        assert word.consequence.endswith(".")
        assert word.icon in lucide


class TestStrategyWords:
    def test_name_three_levels(self) -> None:
        assert list(STRATEGY_WORDS) == list(ProposalLevel)


class TestRiskWord:
    @pytest.mark.parametrize(
        ("score", "word"), [(1, "LOW"), (2, "LOW"), (3, "MEDIUM"), (4, "HIGH"), (5, "HIGH"), (0, "LOW"), (9, "HIGH")]
    )
    def test_follows_the_score(self, score: int, word: str) -> None:
        assert risk_word(score).value == word
