"""AST confidence: how far edits by syntax tree can be trusted for a job, and which mode follows from it.

The score is an integer from 0 to 100, worked out in decimals and rounded half up. What a baseline test looks like and
who may override the mode is left to the slices above. Req: V1-AST-01, V1-AST-02, V1-FR-TEST-009.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from services.core.tree import Tree
from services.engine.names import is_python
from services.engine.syntax import Parsed, parse

WEIGHTS: dict[str, Decimal] = {
    "parse_rate": Decimal("0.40"),
    "symbol_rate": Decimal("0.35"),
    "snippet_completeness": Decimal("0.25"),
}
AST_FROM = 40
EXACT_ONLY_BELOW = 20

AST_SYMBOLIC = "AST_SYMBOLIC"
EXACT_SEARCH_REPLACE = "EXACT_SEARCH_REPLACE"
SYMBOLIC_LANGUAGES = frozenset({"python", "typescript"})


class ConfidenceBand(StrEnum):
    """The three modes."""

    AST = "AST"
    BLACK_BOX = "BLACK_BOX"
    EXACT_ONLY = "EXACT_ONLY"


@dataclass(frozen=True, slots=True)
class BandPolicy:
    """What a band allows. `edits` without a word, `edits_on_override` once a person has overridden it.

    `automatic_black_box` says that baselines turn to black-box orchestration by themselves; `may_choose_black_box`
    and `may_override` what a person may pick.
    """

    edits: tuple[str, ...]
    edits_on_override: tuple[str, ...]
    automatic_black_box: bool
    may_choose_black_box: bool
    may_override: bool


POLICIES: dict[ConfidenceBand, BandPolicy] = {
    ConfidenceBand.AST: BandPolicy(
        (AST_SYMBOLIC, EXACT_SEARCH_REPLACE), (AST_SYMBOLIC, EXACT_SEARCH_REPLACE), False, True, False
    ),
    ConfidenceBand.BLACK_BOX: BandPolicy(
        (EXACT_SEARCH_REPLACE,), (AST_SYMBOLIC, EXACT_SEARCH_REPLACE), True, False, True
    ),
    ConfidenceBand.EXACT_ONLY: BandPolicy((EXACT_SEARCH_REPLACE,), (EXACT_SEARCH_REPLACE,), True, False, False),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One component: `good` of `total`. Without a total it does not count."""

    good: int
    total: int

    @property
    def rate(self) -> Decimal | None:
        """The share from 0 to 1; None when there is nothing to share."""
        return Decimal(self.good) / Decimal(self.total) if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class Confidence:
    """The score, its band, and the parts it is made of."""

    score: int
    band: ConfidenceBand
    parse: Part
    symbols: Part
    snippets: Part

    @property
    def policy(self) -> BandPolicy:
        """What the band allows."""
        return POLICIES[self.band]


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines `first` to `last`, from 1, of a file that a model is shown."""

    path: str
    first: int
    last: int


def confidence_score(
    parse_rate: Decimal | str | None, symbol_rate: Decimal | str | None, snippet_completeness: Decimal | str | None
) -> int:
    """Return the score of three rates.

    Args:
        parse_rate: Each rate is clamped to 0–1; None drops the component and the other weights share its part.
    Returns:
        0 to 100, half up; 0 when every component is dropped.
    """
    rates = zip(WEIGHTS.values(), (parse_rate, symbol_rate, snippet_completeness), strict=True)
    counted = [(weight, _clamped(rate)) for weight, rate in rates if rate is not None]
    total = sum((weight for weight, _ in counted), Decimal(0))
    if not total:
        return 0
    value = sum((weight * rate for weight, rate in counted), Decimal(0)) / total
    return int((100 * value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def confidence_band(score: int, ast_from: int = AST_FROM, exact_only_below: int = EXACT_ONLY_BELOW) -> ConfidenceBand:
    """Return the mode of a score; the thresholds may be set by an operator."""
    if score < exact_only_below:
        return ConfidenceBand.EXACT_ONLY
    return ConfidenceBand.AST if score >= ast_from else ConfidenceBand.BLACK_BOX


def edit_types(band: ConfidenceBand, language: str, *, overridden: bool = False) -> tuple[str, ...]:
    """Return the edit types a job may use: symbolic ones only where the language has them."""
    policy = POLICIES[band]
    allowed = policy.edits_on_override if overridden else policy.edits
    return tuple(item for item in allowed if item != AST_SYMBOLIC or language in SYMBOLIC_LANGUAGES)


def measure_confidence(
    tree: Tree,
    targets: Sequence[str],
    anchors: Sequence[tuple[str, str]],
    snippets: Sequence[Snippet],
    *,
    ast_from: int = AST_FROM,
    exact_only_below: int = EXACT_ONLY_BELOW,
) -> Confidence:
    """Measure a job's Python targets.

    Args:
        targets: Files the job is about; one that is missing or does not parse counts against it.
        anchors: (path, qualified name) of what edits would be anchored on; found exactly once counts.
        snippets: What models are shown; one that is a whole definition, statement or file counts.
    """
    wanted = {*targets, *(path for path, _ in anchors), *(item.path for item in snippets)}
    files = {path: parse(path, tree[path]) for path in sorted(wanted) if path in tree and is_python(path)}
    parsed = Part(sum(path in files and files[path].module is not None for path in targets), len(targets))
    symbols = Part(sum(_occurrences(files.get(path), name) == 1 for path, name in anchors), len(anchors))
    whole = Part(sum(_is_whole(files.get(item.path), item) for item in snippets), len(snippets))
    score = confidence_score(parsed.rate, symbols.rate, whole.rate)
    return Confidence(score, confidence_band(score, ast_from, exact_only_below), parsed, symbols, whole)


def _clamped(rate: Decimal | str) -> Decimal:
    return min(max(Decimal(rate), Decimal(0)), Decimal(1))


def _occurrences(parsed: Parsed | None, qualified_name: str) -> int:
    """Count the definitions of a qualified name: functions, classes, assigned names."""
    if parsed is None or parsed.module is None:
        return 0
    bodies: list[Iterable[ast.stmt]] = [parsed.module.body]
    *owners, name = qualified_name.split(".")
    for owner in owners:
        bodies = [node.body for body in bodies for node in body if isinstance(node, _NAMED) and node.name == owner]
    return sum(name in _names(node) for body in bodies for node in body)


_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, _NAMED):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [item.id for item in targets if isinstance(item, ast.Name)]


def _is_whole(parsed: Parsed | None, snippet: Snippet) -> bool:
    """Tell whether lines are exactly one statement with its decorators, or the whole file."""
    if parsed is None or parsed.module is None or parsed.source is None:
        return False
    if (snippet.first, snippet.last) in ((1, len(parsed.source.line_starts)), (1, len(parsed.source.line_starts) - 1)):
        return True
    return any(
        (min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))]), node.end_lineno)
        == (snippet.first, snippet.last)
        for node in ast.walk(parsed.module)
        if isinstance(node, ast.stmt)
    )
