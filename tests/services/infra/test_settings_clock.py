"""The clock scale shortens waits in tests only."""

import pytest

from services.infra.settings_clock import CLOCK_SCALE_VARIABLE, scaled


class TestScaled:
    def test_is_the_identity_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(CLOCK_SCALE_VARIABLE, raising=False)
        assert scaled(20) == 20

    def test_shortens_by_the_factor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(CLOCK_SCALE_VARIABLE, "0.1")
        assert scaled(20) == pytest.approx(2)
