"""The repair siding: geometry of ten cells beside the main line, class brackets above, the identical run below."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.canon.lifecycle import JobState
from services.canon.limits import IDENTICAL_FAILURES, REPAIR_BUDGET
from services.canon.vocabulary import STATE_WORDS
from state.jobs import format as fmt
from state.jobs.views import SidingBracket, SidingCell, SidingView

WIDTH = 284
"""Pixels that the siding takes on the track."""

_CELL, _CELL_STEP, _CELL_LEFT = 18, 24, 19
_MAIN_Y, _SIDE_Y = 32, 75


@dataclass(frozen=True)
class RepairFacts:
    """What the siding shows: outcome per attempt (`failed`, `green`, `now`), class per attempt, identical run."""

    outcomes: Sequence[str] = ()
    classes: Sequence[str] = ()
    identical: int = 0


def draw_siding(repair: RepairFacts, shown: JobState, status: str, seconds: float | None, since: float) -> SidingView:
    """Draw the siding.

    Args:
        shown: The state whose name stands on it: repair itself or the pause the job is in.
        status: todo, active, done, or skipped when the job drove past.
        since: Epoch second at which the present state began; 0 unless active.
    """
    outcomes = list(repair.outcomes)[:REPAIR_BUDGET]
    word = STATE_WORDS[shown]
    number = f" {max(len(outcomes), 1)}/{REPAIR_BUDGET}" if status == "active" or outcomes else ""
    return SidingView(
        state=shown.value,
        title=word.label.capitalize() + number,
        status=status,
        tone=word.token if status == "active" else "",
        elapsed="" if seconds is None else fmt.elapsed(seconds),
        since=since,
        cells=[_cell(at, outcomes) for at in range(REPAIR_BUDGET)],
        brackets=[*_class_brackets(repair, status), *_same_bracket(repair, len(outcomes), status)],
        **_paths(status, outcomes),
        label=_words(outcomes, repair.identical),
    )


def _left(cell: int) -> int:
    return _CELL_LEFT + _CELL_STEP * cell


def _middle(cell: int) -> int:
    return _left(cell) + _CELL // 2


def _cell(at: int, outcomes: Sequence[str]) -> SidingCell:
    return SidingCell(_left(at), _middle(at), str(at + 1), outcomes[at] if at < len(outcomes) else "free")


def _bracket(first: int, last: int, text: str, tone: str = "") -> SidingBracket:
    left, right = _left(first), _left(last) + _CELL
    return SidingBracket(f"M{left} 62V58H{right}V62", text, f"{(left + right) / 2:g}", 54, "middle", tone)


def _class_brackets(repair: RepairFacts, status: str) -> list[SidingBracket]:
    """Bracket equal neighbours by model class; the one in use is marked."""
    classes = list(repair.classes)[:REPAIR_BUDGET]
    found, start = [], 0
    for at in range(1, len(classes) + 1):
        if at == len(classes) or classes[at] != classes[start]:
            used = status == "active" and start < len(repair.outcomes) <= at
            found.append(_bracket(start, at - 1, classes[start], "on" if used else ""))
            start = at
    return found


def _same_bracket(repair: RepairFacts, driven: int, status: str) -> list[SidingBracket]:
    last = driven - (2 if repair.outcomes and repair.outcomes[-1] == "now" else 1)
    first = max(last - repair.identical + 1, 0)
    end = SidingBracket(text="then recovery", x=str(_left(REPAIR_BUDGET - 1) + _CELL), y=107, anchor="end")
    if repair.identical < 2 or last < 0:
        return [end] if status == "active" else []
    left, right = _left(first), _left(last) + _CELL
    words = f"same failure {repair.identical} of {IDENTICAL_FAILURES}"
    same = SidingBracket(f"M{left} 88V92H{right}V88", words, str(left), 107, "start", "warn")
    return [same, end] if last < REPAIR_BUDGET - 4 else [same]


def _paths(status: str, outcomes: Sequence[str]) -> dict[str, str]:
    """Trace the main line, the way in, the part driven, the part ahead and the way back, as SVG paths."""
    last = _middle(len(outcomes) - 1) if outcomes else 10
    exit_x = _left(REPAIR_BUDGET - 1) + _CELL + 5
    way_in = f"M0 {_MAIN_Y}H2Q10 {_MAIN_Y} 10 {_MAIN_Y + 10}V{_SIDE_Y - 10}Q10 {_SIDE_Y} 20 {_SIDE_Y}H{max(last, 20)}"
    way_out = f"H{exit_x - 10}Q{exit_x} {_SIDE_Y} {exit_x} {_SIDE_Y - 10}V{_MAIN_Y + 10}"
    way_out += f"Q{exit_x} {_MAIN_Y} {exit_x + 10} {_MAIN_Y}"
    ahead = f"M{max(last, 20)} {_SIDE_Y}{way_out}"
    through = f"M0 {_MAIN_Y}H{WIDTH}"
    if status in ("todo", "skipped"):
        return {"through": through, "entry": "", "driven": "", "ahead": way_in + way_out, "back": ""}
    before_last = _middle(len(outcomes) - 2) if len(outcomes) > 1 else 20
    if status == "active":
        entry = way_in if not outcomes else way_in.rpartition("H")[0] + f"H{max(before_last, 20)}"
        driven = f"M{max(before_last, 20)} {_SIDE_Y}H{last}" if outcomes else ""
        return {"through": through, "entry": entry, "driven": driven, "ahead": ahead, "back": ""}
    back = f"{ahead}H{WIDTH}"
    return {"through": through, "entry": way_in, "driven": "", "ahead": "", "back": back}


def _words(outcomes: Sequence[str], identical: int) -> str:
    failed = sum(one == "failed" for one in outcomes)
    words = f"{len(outcomes)} of {REPAIR_BUDGET} repair attempts used, {failed} failed"
    return f"{words}, same failure {identical} of {IDENTICAL_FAILURES}" if identical else words
