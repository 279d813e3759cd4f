"""Repositories are listed once each, and limits become bars."""

import pytest

from services.canon.limits import SCOPE_MAX_FILES
from state.repositories.preflight import limit_view
from state.repositories.views import repository_rows, setup_address
from tests.support import sample_views as sample


class TestRepositoryRows:
    def test_lists_an_address_once_with_its_newest_use(self) -> None:
        rows = repository_rows([sample.job(row) for row in sample._ROWS])
        assert [(row.label, row.jobs, row.last_used) for row in rows] == [
            ("freight-billing", "15", "Mar 3 2026, 14:30 UTC")
        ]


class TestSetupAddress:
    def test_carries_the_choice_and_leaves_out_what_is_empty(self) -> None:
        assert setup_address("/srv/a b", "", "src") == "/jobs/new?url=%2Fsrv%2Fa+b&scope=src"


class TestLimitView:
    @pytest.mark.parametrize(
        ("value", "fill", "percent"),
        [(100, "info", 1.0), (8_000, "warning", 80.0), (10_000, "warning", 100.0), (20_000, "danger", 100.0)],
    )
    def test_turns_amber_at_80_percent_and_red_above_the_limit(self, value: int, fill: str, percent: float) -> None:
        bar = limit_view(value, SCOPE_MAX_FILES, str(value), "10 000 files")
        assert (bar.fill, bar.percent) == (fill, percent)
