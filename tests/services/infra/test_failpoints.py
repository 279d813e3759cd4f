"""Failpoints kill the process at a named point, once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.canon.failpoints import Failpoint
from services.infra.failpoints import VARIABLE, reach

_CHILD = (
    "import asyncio; from services.canon.failpoints import Failpoint; from services.infra.failpoints import reach;"
    "asyncio.run(reach(Failpoint.AFTER_CLAIM, 'REFACTORING')); print('alive')"
)


def _run(tmp_path: Path, setting: str) -> subprocess.CompletedProcess[str]:
    marker = tmp_path / "marker"
    env = {VARIABLE: f"{setting}:{marker}", "PATH": "/usr/bin:/bin"}
    return subprocess.run([sys.executable, "-c", _CHILD], env=env, capture_output=True, text=True, check=False)


class TestReach:
    @pytest.mark.parametrize("name", ["after_claim=child", "after_claim@REFACTORING=child"])
    def test_kills_here_and_only_once(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "marker").touch()
        assert _run(tmp_path, name).returncode == -signal.SIGKILL
        assert _run(tmp_path, name).stdout == "alive\n"

    @pytest.mark.parametrize("name", ["before_claim=child", "after_claim@ANALYZING=child"])
    def test_passes_other_points_and_states(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "marker").touch()
        assert _run(tmp_path, name).stdout == "alive\n"
        assert (tmp_path / "marker").exists()

    async def test_does_nothing_unless_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(VARIABLE, raising=False)
        for point in Failpoint:
            await reach(point)
