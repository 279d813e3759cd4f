"""What the strategy and spec screens draw: proposals on shared rows, behaviours, revisions, conflicts."""

from dataclasses import dataclass, field

from state.jobs.format import DASH
from state.jobs.views import Fact


@dataclass(frozen=True)
class FigureView:
    """One large figure of the report line."""

    value: str = DASH
    label: str = ""
    tone: str = ""


@dataclass(frozen=True)
class CompareCell:
    """One fact of one proposal: figure, the words after it, a bar (percent, −1 for none) or a reach strip."""

    level: str = ""
    figure: str = DASH
    words: str = ""
    tone: str = ""
    bar: int = -1
    reach: list[str] = field(default_factory=list)
    is_large: bool = False


@dataclass(frozen=True)
class CompareRow:
    """One fact across the three proposals."""

    label: str = ""
    cells: list[CompareCell] = field(default_factory=list)
    is_technical: bool = True


@dataclass(frozen=True)
class ProposalView:
    """The head of one column and what its expander shows."""

    level: str = ""
    title: str = ""
    summary: str = ""
    risk_word: str = ""
    equal_to: str = ""
    details_line: str = ""
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class HotspotView:
    """One function of the complexity table."""

    name: str = ""
    value: str = DASH
    percent: int = 0
    tone: str = "neutral"
    lines: str = DASH
    covered: str = DASH


@dataclass(frozen=True)
class StrategyView:
    """The strategy screen."""

    figures: list[FigureView] = field(default_factory=list)
    measured_at: str = ""
    proposals: list[ProposalView] = field(default_factory=list)
    rows: list[CompareRow] = field(default_factory=list)
    hotspots: list[HotspotView] = field(default_factory=list)
    hotspots_line: str = ""
    chosen: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class BehaviourView:
    """One behaviour: what is given, what happens, what follows, and where that was seen."""

    item_id: str = ""
    mark: str = ""
    title: str = ""
    given: str = ""
    when: str = ""
    then: str = ""
    planned: str = DASH
    own: str = DASH
    seen: list[Fact] = field(default_factory=list)
    conflict: str = ""
    is_observed: bool = False


@dataclass(frozen=True)
class ComponentView:
    """One structure item."""

    item_id: str = ""
    mark: str = ""
    component: str = ""
    responsibility: str = ""
    interface: str = DASH


@dataclass(frozen=True)
class RevisionView:
    """One revision on the rail."""

    revision_id: str = ""
    name: str = ""
    actor: str = ""
    at: str = DASH
    line: str = ""
    changed: str = ""
    is_draft: bool = False


@dataclass(frozen=True)
class LinkedTestView:
    """One test that speaks for the selected behaviour."""

    name: str = ""
    status: str = ""
    tone: str = ""


@dataclass(frozen=True)
class FieldConflictView:
    """One field that two people changed, with three ways out."""

    key: str = ""
    place: str = ""
    mine: str = ""
    mine_note: str = ""
    theirs: str = ""
    theirs_note: str = ""
    merged: str = ""
    choice: str = ""


@dataclass(frozen=True)
class ConflictView:
    """The conflict panel; empty `title` means that there is none."""

    title: str = ""
    line: str = ""
    fields: list[FieldConflictView] = field(default_factory=list)
    is_settled: bool = False


@dataclass(frozen=True)
class CompareLineView:
    """One field of a side-by-side comparison of two revisions."""

    place: str = ""
    before: str = ""
    after: str = ""
    status: str = "changed"


@dataclass(frozen=True)
class SpecView:
    """The spec workbench without the draft of this tab; an empty `revision` means that there is none yet."""

    revision: str = ""
    is_drafting: bool = False
    next_revision: str = ""
    behaviours: list[BehaviourView] = field(default_factory=list)
    components: list[ComponentView] = field(default_factory=list)
    revisions: list[RevisionView] = field(default_factory=list)
    behaviours_line: str = ""
    components_line: str = ""
    coverage: list[Fact] = field(default_factory=list)
    starts: list[Fact] = field(default_factory=list)
    hazards: list[Fact] = field(default_factory=list)
    is_ready: bool = False
    is_open: bool = False
    is_editable: bool = False
    locked_reason: str = ""
    consequence: str = ""
