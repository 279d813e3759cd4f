"""Words and figures of the strategy screen: three proposals compared on measured facts. Pure functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.canon.lifecycle import JobState
from services.canon.segment_words import Term, say
from services.canon.vocabulary import STRATEGY_WORDS, ProposalLevel, risk_word
from services.jobs.schemas import JobView, ProposalView
from state.jobs import choice_views as shown
from state.jobs import format as fmt

Facts = Mapping[str, Any]

REACH_CELLS = 48
"""Most cells of a reach strip; a larger scope is condensed."""


@dataclass(frozen=True)
class CellWords:
    """Figure, words after it and tone of one compared fact."""

    figure: str = fmt.DASH
    words: str = ""
    tone: str = ""
    bar: int = -1


def _number(facts: Facts, name: str) -> int | None:
    value = facts.get(name)
    return value if isinstance(value, int) else None


def _files(facts: Facts) -> CellWords:
    whole, new = _number(facts, "files_in_scope"), _number(facts, "files_new")
    added = f", {fmt.count(new)} new" if new else ""
    return CellWords(fmt.count(_number(facts, "files_changed")), f"of {fmt.count(whole)}{added}" if whole else "")


def _lines(facts: Facts) -> CellWords:
    touched, whole = _number(facts, "lines_touched"), _number(facts, "lines_in_scope")
    words = f"of {fmt.count(whole)}, {fmt.share(touched, whole)}" if touched is not None and whole else ""
    return CellWords(fmt.count(touched), words)


def _functions(facts: Facts) -> CellWords:
    whole = _number(facts, "functions_in_scope")
    return CellWords(fmt.count(_number(facts, "functions_rewritten")), f"of {fmt.count(whole)}" if whole else "")


def _complexity(facts: Facts) -> CellWords:
    before, after = (_number(facts, f"highest_complexity_{side}") for side in ("before", "after"))
    words = "" if before is None else "unchanged" if before == after else f"from {fmt.count(before)}"
    return CellWords(fmt.count(after), words)


def _counted(name: str, tone: str = "") -> Callable[[Facts], CellWords]:
    def words(facts: Facts) -> CellWords:
        value = _number(facts, name)
        return CellWords(fmt.count(value), tone=tone if value else "")

    return words


def _hazards(facts: Facts) -> CellWords:
    found = facts.get("hazards") or []
    place = str(found[0].get("path", "")) if len(found) == 1 else "accepted one by one" if found else ""
    return CellWords(fmt.count(len(found)), place, "warn" if found else "")


def _covered(facts: Facts) -> CellWords:
    percent = _number(facts, "covered_percent")
    tone = "bad" if percent is not None and percent < 60 else ""
    return CellWords(fmt.DASH if percent is None else f"{percent} %", tone=tone, bar=-1 if percent is None else percent)


def _estimate(facts: Facts) -> CellWords:
    seconds = _number(facts, "estimate_seconds")
    minutes = max(round(seconds / 60), 1) if seconds is not None else None
    return CellWords(fmt.DASH if minutes is None else f"about {minutes} min", "" if minutes is None else "machine time")


ROWS: tuple[tuple[str, Callable[[Facts], CellWords], bool], ...] = (
    ("Files changed", _files, False),
    ("Lines touched", _lines, False),
    ("Edits", _counted("operations"), True),
    ("Functions rewritten", _functions, True),
    ("Highest complexity", _complexity, True),
    ("Public names changed", _counted("public_names_changed", "bad"), True),
    ("Call sites to follow", _counted("call_sites"), True),
    ("Dynamic lookups", _counted("dynamic_lookups", "warn"), True),
    ("Hazards", _hazards, False),
    ("Run by own suite", _covered, True),
    ("Time", _estimate, False),
)
"""Label, words and whether guided wording leaves the row out, in the order of the screen."""


def strategy_view(job: JobView, proposals: Sequence[ProposalView], segment: str = "B") -> shown.StrategyView:
    """Compare the proposals; rows whose figure nobody measured are left out."""
    levels = [proposal.level for proposal in proposals]
    facts = [{**one.facts, "hazards": one.hazards or one.facts.get("hazards") or []} for one in proposals]
    chosen = next((one.level for one in proposals if one.selected), job.strategy)
    preset = ProposalLevel.STANDARD if ProposalLevel.STANDARD in levels else None
    hot = _hotspots(proposals)
    return shown.StrategyView(
        figures=_figures(job, facts, segment),
        measured_at=fmt.short_sha(job.source.head_sha_at_start),
        proposals=[_proposal(one) for one in proposals],
        rows=_rows(levels, facts, segment),
        hotspots=hot,
        hotspots_line=f"{fmt.plural(len(hot), 'function')} with the highest value" if hot else "",
        chosen=(chosen or preset or "") if proposals else "",
        is_open=job.status is JobState.WAITING_STRATEGY,
    )


def _rows(levels: Sequence[str], facts: Sequence[Facts], segment: str) -> list[shown.CompareRow]:
    reach = [_reach(one) for one in facts]
    rows = []
    if any(reach):
        cells = [
            shown.CompareCell(level, words=f"{cells.count('on')} of {len(cells)} files", reach=cells)
            for level, cells in zip(levels, reach, strict=True)
        ]
        rows.append(shown.CompareRow("Reach in scope", cells))
    for label, words_of, is_technical in ROWS:
        found = [words_of(one) for one in facts]
        if all(one.figure == fmt.DASH for one in found) or (is_technical and segment == "A"):
            continue
        large = label == "Files changed"
        cells = [
            shown.CompareCell(level, one.figure, one.words, one.tone, one.bar, [], large)
            for level, one in zip(levels, found, strict=True)
        ]
        rows.append(shown.CompareRow(label, cells, is_technical))
    return rows


def _reach(facts: Facts) -> list[str]:
    """Return one cell per file of the scope, the touched ones first where their places are not known."""
    whole, touched = _number(facts, "files_in_scope"), _number(facts, "files_changed")
    new = _number(facts, "files_new") or 0
    if not whole or touched is None:
        return []
    places = facts.get("touched_places")
    group = -(-whole // REACH_CELLS)
    old = max(touched - new, 0)
    at = set(places) if isinstance(places, list) else set(range(old))
    cells = ["on" if any(one in at for one in range(start, start + group)) else "" for start in range(0, whole, group)]
    return [*cells, "gap", *["new"] * new] if new else cells


def _proposal(one: ProposalView) -> shown.ProposalView:
    names = [str(entry.get("qualified_name", "")) for entry in one.facts.get("touched_functions") or []]
    places = names or [str(path) for path in one.facts.get("touched_paths") or []]
    same = one.facts.get("same_as")
    calls = _number(one.facts, "call_sites")
    line = fmt.plural(len(names), "function") if names else fmt.plural(len(places), "file")
    return shown.ProposalView(
        level=one.level,
        title=STRATEGY_WORDS[one.level],
        summary=one.summary,
        risk_word=risk_word(one.risk_score).value,
        equal_to=f"Same edits as {STRATEGY_WORDS[ProposalLevel(same)]}." if same else "",
        details_line=f"{line}, {fmt.plural(calls, 'call site')}" if calls else line,
        details=places[:40],
    )


def _figures(job: JobView, facts: Sequence[Facts], segment: str) -> list[shown.FigureView]:
    first: Facts = facts[0] if facts else {}
    hazards = max((len(one.get("hazards") or []) for one in facts), default=0) if facts else None
    return [
        shown.FigureView(fmt.count(job.ast_confidence), say(Term.AST_CONFIDENCE_FIGURE, segment)),
        shown.FigureView(fmt.count(_number(first, "files_in_scope")), "files in scope"),
        shown.FigureView(fmt.count(_number(first, "lines_in_scope")), "lines in scope"),
        shown.FigureView(
            fmt.count(_number(first, "functions_in_scope")),
            f"functions, highest complexity {fmt.count(_number(first, 'highest_complexity_before'))}",
        ),
        shown.FigureView(fmt.count(hazards), "hazards at most", "warn" if hazards else ""),
    ]


def _hotspots(proposals: Sequence[ProposalView]) -> list[shown.HotspotView]:
    found: Sequence[Facts] = next((one.facts["hotspots"] for one in proposals if one.facts.get("hotspots")), [])
    highest = max((int(entry.get("complexity", 0)) for entry in found), default=0)
    return [_hotspot(entry, highest) for entry in found[:8]]


def _hotspot(entry: Facts, highest: int) -> shown.HotspotView:
    value, percent = int(entry.get("complexity", 0)), _number(entry, "covered_percent")
    return shown.HotspotView(
        name=str(entry.get("name", "")),
        value=fmt.count(value),
        percent=round(100 * value / highest) if highest else 0,
        tone="warning" if value >= 50 else "neutral",
        lines=fmt.count(_number(entry, "lines")),
        covered=fmt.DASH if percent is None else f"{percent} %",
    )
