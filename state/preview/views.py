"""What the preview screen draws. Pure functions over the answer of the previews slice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from services.canon.vocabulary import STRATEGY_WORDS, ProposalLevel
from services.previews.schemas import Confidence, HazardView, Preview, ReferenceView
from state.jobs import format as fmt

LEVELS: tuple[tuple[str, str], ...] = tuple((level.value, STRATEGY_WORDS[level]) for level in ProposalLevel)

CONFIDENCE_WORDS: dict[Confidence, tuple[str, str]] = {
    "CERTAIN": ("Certain", "resolved through scopes and imports"),
    "LIKELY": ("Likely", "the type of the receiver is inferred"),
    "TEXT": ("In text", "strings, comments, documents"),
    "UNKNOWN": ("Unknown", "may mean another name; left as it is"),
}
"""Label and meaning of each confidence, most certain first."""

OPEN_UP_TO = 12
"""A longer group of certain references begins closed."""

_CHANGE_WORDS = {"ADDED": "new", "CHANGED": "changes", "REMOVED": "goes"}
_STATUS_WORDS = {"APPLIED": "would apply", "ALREADY_APPLIED": "already there", "REFUSED": "refused"}


@dataclass(frozen=True)
class SymbolRow:
    """One definition whose text changes."""

    symbol: str = ""
    place: str = ""
    change: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ReferenceRow:
    """One place that names the definition; `changes` in words."""

    place: str = ""
    text: str = ""
    changes: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ReferenceGroup:
    """References of one confidence."""

    label: str = ""
    meaning: str = ""
    count: str = ""
    is_open: bool = True
    rows: list[ReferenceRow] = field(default_factory=list)


@dataclass(frozen=True)
class HazardRow:
    """One hazard with its box."""

    hazard_id: str = ""
    kind: str = ""
    place: str = ""
    sentence: str = ""
    accepted: bool = False


@dataclass(frozen=True)
class OperationRow:
    """One operation and what would become of it."""

    number: str = ""
    op: str = ""
    path: str = ""
    status: str = ""
    tone: str = ""


@dataclass(frozen=True)
class RefusalRow:
    """Why a part is not done, and the next step."""

    code: str = ""
    location: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class PreviewView:
    """Head of the screen and the lists beside the diff."""

    understood: str = ""
    head: str = ""
    branch: str = ""
    counts: str = ""
    steps: list[str] = field(default_factory=list)
    symbols: list[SymbolRow] = field(default_factory=list)
    symbol_fact: str = ""
    references: list[ReferenceGroup] = field(default_factory=list)
    reference_fact: str = ""
    operations: list[OperationRow] = field(default_factory=list)
    operation_fact: str = ""
    refusals: list[RefusalRow] = field(default_factory=list)
    changes_nothing: bool = False


def preview_view(found: Preview) -> PreviewView:
    """Word an answer."""
    totals = found.totals
    changed = sum(item.changes for item in found.references)
    return PreviewView(
        understood=found.understood or "An edit document",
        head=fmt.short_sha(found.head_sha),
        branch=found.branch or "",
        counts=f"{fmt.plural(totals.files, 'file')}, {fmt.plural(totals.operations, 'operation')}",
        steps=found.steps,
        symbols=[
            SymbolRow(item.symbol or "module level", f"{item.path}:{item.line}", _CHANGE_WORDS[item.change])
            for item in found.symbols
        ],
        symbol_fact=_shown(len(found.symbols), totals.symbols, "definition"),
        references=_groups(found.references),
        reference_fact=f"{_shown(len(found.references), totals.references, 'place')}, {changed} of them change",
        operations=[
            OperationRow(
                str(item.index + 1), item.op, item.path, _STATUS_WORDS.get(item.status, "left out"), item.status
            )
            for item in found.operations
        ],
        operation_fact=_shown(len(found.operations), totals.operations, "operation"),
        refusals=[RefusalRow(item.code, item.location, item.remedy) for item in found.refusals],
        changes_nothing=totals.files == 0,
    )


def hazard_rows(hazards: Sequence[HazardView], accepted: Collection[str]) -> list[HazardRow]:
    """List the hazards with what is accepted."""
    return [
        HazardRow(
            hazard_id=item.hazard_id,
            kind=item.kind.replace("_", " ").lower(),
            place=f"{item.path}:{item.line}" if item.line else item.path,
            sentence=item.sentence,
            accepted=item.hazard_id in accepted,
        )
        for item in hazards
    ]


def hazard_fact(hazards: Sequence[HazardView], accepted: Collection[str]) -> str:
    """Say how many are accepted, and when the others are asked about."""
    if not hazards:
        return "none was found"
    done = sum(item.hazard_id in accepted for item in hazards)
    rest = "" if done == len(hazards) else "; the others are asked again at approval"
    return f"{done} of {len(hazards)} accepted{rest}"


def _groups(references: Sequence[ReferenceView]) -> list[ReferenceGroup]:
    groups = []
    for confidence, (label, meaning) in CONFIDENCE_WORDS.items():
        items = [item for item in references if item.confidence == confidence]
        if items:
            rows = [_reference(item) for item in items]
            is_open = confidence != "CERTAIN" or len(items) <= OPEN_UP_TO
            groups.append(ReferenceGroup(label, meaning, fmt.plural(len(items), "place"), is_open, rows))
    return groups


def _reference(item: ReferenceView) -> ReferenceRow:
    words, tone = ("changes", "info") if item.changes else ("stays", "muted")
    return ReferenceRow(f"{item.path}:{item.line}", item.text, words, tone)


def _shown(count: int, total: int, noun: str) -> str:
    words = fmt.plural(total, noun)
    return words if count == total else f"first {count} of {words}"
