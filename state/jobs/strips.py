"""Outcome strips: each test before the change above an axis, after it below, as a handful of dashed strokes.

A run of equal outcomes is one stroke whose dash pattern draws the single ticks, so a suite of a thousand tests costs
a few hundred bytes. Preserved behaviour is a mirror image; a failure is taller and red on its own side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from state.jobs.views import StripView


class Tick(StrEnum):
    """How one test came out on one side of the axis."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSING = "missing"


_SEVERITY = (Tick.PASSED, Tick.MISSING, Tick.SKIPPED, Tick.FAILED)


@dataclass(frozen=True)
class StripScale:
    """Geometry in pixels: tick width and gap, and how far each outcome reaches from the axis."""

    tick: int
    gap: int
    reach: tuple[tuple[Tick, int], ...] = (
        (Tick.PASSED, 6),
        (Tick.FAILED, 11),
        (Tick.SKIPPED, 2),
        (Tick.MISSING, 2),
    )

    @property
    def pitch(self) -> int:
        """Distance between the starts of two neighbouring ticks."""
        return self.tick + self.gap


GENERATED = StripScale(3, 2)
ROWS = StripScale(2, 1)
_TALL = ((Tick.PASSED, 8), (Tick.FAILED, 17), (Tick.SKIPPED, 2), (Tick.MISSING, 2))
SUITE = StripScale(1, 1, _TALL)
SMALL_SUITES = (StripScale(5, 2, _TALL), StripScale(3, 2, _TALL), StripScale(2, 1, _TALL))
"""Wider ticks for a suite that would leave most of its line empty, widest first."""


def draw(before: Sequence[Tick], after: Sequence[Tick], scale: StripScale = GENERATED) -> StripView:
    """Draw one line of ticks.

    Args:
        before: Outcomes on the untouched code, in the order of the suite.
        after: Outcomes on the changed code in the same order; shorter while a run is going on.
    """
    reach = dict(scale.reach)
    middle = max(reach.values()) + 1.5
    paths = {tick: "".join(_strokes(before, after, tick, scale, middle)) for tick in Tick}
    width = max(len(before), len(after)) * scale.pitch - scale.gap
    return StripView(
        width=max(width, 0),
        height=int(2 * middle),
        axis=f"{middle:g}",
        dash=f"{scale.tick} {scale.gap}",
        passed=paths[Tick.PASSED],
        failed=paths[Tick.FAILED],
        skipped=paths[Tick.SKIPPED],
        missing=paths[Tick.MISSING],
        label=describe(before, after),
    )


def draw_lines(before: Sequence[Tick], after: Sequence[Tick], per_line: int, lines: int = 2) -> list[StripView]:
    """Draw a whole suite on at most `lines` lines; a larger one is condensed so that no change is hidden."""
    room = per_line * lines
    if len(before) > room:
        before, after = condense(before, after, -(-len(before) // room))
    width = per_line * SUITE.pitch
    scale = next((one for one in SMALL_SUITES if len(before) * one.pitch <= width), SUITE)
    half = -(-len(before) // lines) if len(before) > per_line else len(before)
    starts = range(0, len(before), max(half, 1))
    return [draw(before[at : at + half], after[at : at + half], scale) for at in starts]


def condense(before: Sequence[Tick], after: Sequence[Tick], group: int) -> tuple[list[Tick], list[Tick]]:
    """Join `group` neighbours to one tick; a group with a changed test breaks the mirror."""
    joined = []
    for at in range(0, len(before), group):
        left, right = before[at : at + group], after[at : at + group]
        changed = any(one is not other for one, other in zip(left, right, strict=False))
        worst = max(left, key=_SEVERITY.index)
        joined.append((Tick.PASSED if changed else worst, Tick.FAILED if changed else worst))
    return [one for one, _ in joined], [other for _, other in joined]


def describe(before: Sequence[Tick], after: Sequence[Tick]) -> str:
    """Say the strip in counts, for people who do not see it."""
    changed = sum(one is not other for one, other in zip(before, after, strict=False) if other is not Tick.MISSING)
    sides = [f"before: {_counts(before)}"] if before else []
    sides += [f"after: {_counts(after)}", f"{changed} changed"] if after else []
    return "; ".join(sides) or "no test run yet"


def _counts(ticks: Sequence[Tick]) -> str:
    found = [(tick, list(ticks).count(tick)) for tick in (Tick.PASSED, Tick.FAILED, Tick.SKIPPED)]
    missing = list(ticks).count(Tick.MISSING)
    words = [f"{number} {tick.value}" for tick, number in found if number or tick is Tick.PASSED]
    return f"{', '.join(words)}{f', {missing} not run' if missing else ''} of {len(ticks)}"


def _strokes(
    before: Sequence[Tick], after: Sequence[Tick], wanted: Tick, scale: StripScale, middle: float
) -> Iterator[str]:
    reach = dict(scale.reach)[wanted]
    for ticks, centre in ((before, middle - 1 - reach / 2), (after, middle + 1 + reach / 2)):
        at = 0
        for tick, run in groupby(ticks):
            length = len(list(run))
            if tick is wanted:
                yield f"M{at * scale.pitch} {centre:g}h{length * scale.pitch - scale.gap}"
            at += length
