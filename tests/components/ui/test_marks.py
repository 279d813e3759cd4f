"""Risk bar, meters, cells, dialogs and blocks keep their promises to readers who do not see them."""

import pytest
import reflex as rx

from components.ui.blocks import blocked_panel, empty_block, error_block, loading_rows
from components.ui.dialog import confirm
from components.ui.field import text_field
from components.ui.meter import count_cells, meter
from components.ui.native_form import native_form
from components.ui.risk_bar import risk_bar
from components.ui.table import Column, table


class TestRiskBar:
    @pytest.mark.parametrize(("word", "filled"), [("LOW", 1), ("MEDIUM", 3), ("HIGH", 5)])
    def test_fills_one_three_or_five_squares_and_says_so(self, word: str, filled: int) -> None:
        drawn = str(risk_bar(word))
        assert drawn.count('"risk__on"') == filled
        assert f'"aria-label":"Risk: {word.lower()}, {filled} of 5"' in drawn

    def test_an_unknown_risk_is_a_dash(self) -> None:
        assert "\\u2014" in str(risk_bar(""))


class TestMeter:
    def test_never_leaves_its_box_and_names_its_figures(self) -> None:
        drawn = str(meter(140, "Size: 700 of 500 MB", fill="danger"))
        assert '"100%"' in drawn and "Size: 700 of 500 MB" in drawn and "meter__fill--danger" in drawn


class TestCountCells:
    def test_draws_one_square_for_each_slot(self) -> None:
        drawn = str(count_cells(["failed", "active", "empty"], "Attempts: 2 of 3"))
        assert [f"cell--{name}" in drawn for name in ("failed", "active", "empty")] == [True] * 3
        assert '"aria-label":"Attempts: 2 of 3"' in drawn


class TestConfirm:
    def test_focuses_the_safe_choice_and_puts_it_first(self) -> None:
        shown = confirm(
            "Cancel the job?", is_open=rx.Var("open").to(bool), on_close=rx.noop(), on_confirm=rx.noop(), verb="Cancel"
        )
        drawn = str(shown)
        assert drawn.index('"Keep"') < drawn.index('"Cancel"')
        assert "autoFocus:true" in drawn and '"aria-modal":"true"' in drawn


class TestTextField:
    def test_ties_help_and_error_to_the_input(self) -> None:
        drawn = str(text_field("E-mail", "email", help_text="Yours.", error="Not an address."))
        assert '"aria-describedby":"email-help email-error"' in drawn
        assert 'htmlFor:"email"' in drawn and 'role:"alert"' in drawn


class TestNativeForm:
    def test_leaves_posting_to_the_browser(self) -> None:
        drawn = str(native_form(action="/api/session/sign-in"))
        assert 'method:"post"' in drawn and "onSubmit" not in drawn


class TestTable:
    def test_is_named_and_its_headings_are_columns(self) -> None:
        drawn = str(table([Column("State"), Column("Took", number=True)], [], caption="Jobs"))
        assert '"Jobs"' in drawn and drawn.count('scope:"col"') == 2


class TestBlocks:
    def test_loading_names_what_is_fetched(self) -> None:
        assert "Loading jobs" in str(loading_rows("Loading jobs"))

    def test_error_shows_code_sentence_and_next_step(self) -> None:
        drawn = str(error_block("There is no such job.", "JOB_NOT_FOUND", "Check the job id."))
        assert all(part in drawn for part in ("There is no such job.", "JOB_NOT_FOUND", "Check the job id."))

    def test_empty_offers_what_creates_the_first(self) -> None:
        assert "New job" in str(empty_block("history", "No job has run yet.", rx.el.button("New job")))

    def test_blocked_names_both_plans(self) -> None:
        drawn = str(blocked_panel("Server execution", "Free", "Pro"))
        assert "Free" in drawn and "Pro" in drawn
