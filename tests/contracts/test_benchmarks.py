"""The cheapest size of each benchmark that needs no whole installation runs and ends with its figure."""

import re
import subprocess
import sys

import pytest

from benchmarks.figures import goal, percentile, ratio
from benchmarks.machine import ROOT
from benchmarks.run import BENCHMARKS

FIGURE = re.compile(r"^  (\w+): \d+\.\d\dx \(bar >= [\d.]+x\) (met|MISSED)$", re.MULTILINE)


class TestRun:
    def test_prints_machine_load_and_a_figure_at_the_smallest_size(self) -> None:
        command = [sys.executable, "benchmarks/run.py", "--size", "small", "audit_append"]
        done = subprocess.run(
            command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "cores" in done.stdout.splitlines()[0]
        assert "load before" in done.stdout
        assert FIGURE.findall(done.stdout)[0][0] == "audit_append"

    def test_refuses_a_name_it_does_not_know(self) -> None:
        command = [sys.executable, "benchmarks/run.py", "nothing"]
        done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
        assert done.returncode == 2
        assert "no benchmark nothing" in done.stderr

    @pytest.mark.parametrize("name", BENCHMARKS)
    def test_has_a_module_for_every_name(self, name: str) -> None:
        assert (ROOT / "benchmarks" / f"{name}.py").is_file()


class TestFigure:
    def test_meets_a_bar_from_above_and_a_goal_from_below(self) -> None:
        assert ratio("a", 5.0, 5.0).is_met and not ratio("a", 4.99, 5.0).is_met
        assert goal("b", 90.0, "s", 90.0).is_met and not goal("b", 90.1, "s", 90.0).is_met

    def test_takes_the_nearest_rank(self) -> None:
        assert percentile(list(range(1, 101)), 0.95) == 95
        assert percentile([7.0], 0.95) == 7.0
