"""What a benchmark reports: single figures, and two sides measured in turns."""

import argparse
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

PAIRS = 5
"""Least number of turns each side gets; medians are compared."""
MISSED = 3
"""Exit status of a benchmark whose ratio missed its bar; any other status but 0 means that it broke."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value against what it should be.

    Attributes:
        limit: the bar (a ratio decides) or the goal (an absolute value, for orientation).
        at_least: whether the value should reach the limit; otherwise it should stay below.
        decides: whether missing the limit counts as a failure.
    """

    name: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    decides: bool = False

    @property
    def is_met(self) -> bool:
        """Tell whether the value is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        word = "bar" if self.decides else "goal"
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.name}: {self.value:.2f}{self.unit} ({word} {sign} {self.limit:g}{self.unit}) {verdict}"


def ratio(name: str, value: float, bar: float) -> Figure:
    """Return a ratio that must reach its bar."""
    return Figure(name, value, "x", bar, at_least=True, decides=True)


def goal(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return an absolute value that should stay below its goal."""
    return Figure(name, value, f" {unit}", limit)


def in_turns(sides: Sequence[Callable[[], float]], pairs: int) -> list[list[float]]:
    """Measure each side once per turn (A B A B ...); the first turn warms up and is dropped."""
    turns = [[side() for side in sides] for _ in range(pairs + 1)]
    return [list(values) for values in zip(*turns[1:], strict=True)]


def show_rates(name: str, rates: Sequence[float], unit: str) -> float:
    """Print a side's median and spread; returns the median."""
    middle = median(rates)
    print(f"  {name:<34} {middle:9.1f} {unit}  (from {min(rates):.1f} to {max(rates):.1f}, {len(rates)} turns)")
    return middle


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile, share between 0 and 1.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def show_latencies(name: str, seconds: Sequence[float]) -> float:
    """Print count and percentiles in milliseconds; returns the 95th percentile in milliseconds."""
    p50, p95, p99, worst = (percentile(seconds, share) * 1000 for share in (0.5, 0.95, 0.99, 1.0))
    print(f"  {name:<34} n={len(seconds)} p50 {p50:.1f} ms  p95 {p95:.1f} ms  p99 {p99:.1f} ms  max {worst:.1f} ms")
    return p95


def finish(figure: Figure) -> int:
    """Print the figure as the last line and return the status that the process ends with."""
    print(figure)
    return MISSED if figure.decides and not figure.is_met else 0


def is_small() -> bool:
    """Read the size from the command line: small proves that the benchmark works, normal is what counts.

    Also turns SIGTERM into an exit, so that servers are stopped and folders deleted.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=("small", "normal"), default=os.environ.get("IAMA_BENCH_SIZE", "normal"))
    return bool(parser.parse_args().size == "small")
