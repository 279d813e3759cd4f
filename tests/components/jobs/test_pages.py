"""Every job page can be drawn, says what it loads, and puts evidence before generated words."""

from importlib import import_module

import pytest

PAGES = ("detail", "strategy", "spec", "tests", "execution", "intervene", "delivery", "artifacts")


def _drawn(name: str) -> str:
    return str(import_module(f"iama_app.pages.jobs.{name}").page())


@pytest.mark.parametrize("name", PAGES)
class TestEveryPage:
    def test_enters_as_a_person_and_loads_itself(self, name: str) -> None:
        module = import_module(f"iama_app.pages.jobs.{name}")
        assert [event.fn.__qualname__.rpartition(".")[2] for event in module.ON_LOAD] == ["enter", "enter"]

    def test_names_what_is_being_fetched_and_offers_a_way_back_from_errors(self, name: str) -> None:
        drawn = _drawn(name)
        assert "Loading" in drawn or "Building" in drawn
        assert "Try again" in drawn

    def test_shows_a_stale_command_in_place(self, name: str) -> None:
        assert "job-notice" in _drawn(name)

    def test_ships_no_sample(self, name: str) -> None:
        assert "harbourline" not in _drawn(name).lower()


class TestOrder:
    def test_delivery_shows_evidence_before_the_diff(self) -> None:
        drawn = _drawn("delivery")
        assert drawn.index("evidence-band") < drawn.index("diff-panel") < drawn.index("handover")

    def test_execution_shows_the_map_before_the_log(self) -> None:
        drawn = _drawn("execution")
        assert drawn.index("stage-map") < drawn.index("attempts") < drawn.index("job-log")

    def test_execution_asks_for_another_scope_above_the_run(self) -> None:
        drawn = _drawn("execution")
        assert drawn.index("stage-map") < drawn.index("scope-change") < drawn.index("attempts")
        assert "Check again and start" in drawn

    def test_decisions_follow_evidence_and_patch(self) -> None:
        drawn = _drawn("intervene")
        assert drawn.index("Evidence") < drawn.index("Last patch") < drawn.index("What you can do")
