"""What the record screens draw: job detail (W7), tests (W11b), decisions (W13) and artifacts (W14b)."""

from dataclasses import dataclass, field

from state.jobs.format import DASH
from state.jobs.views import ActionView, Fact, FailingTestView


@dataclass(frozen=True)
class TransitionView:
    """One transition: when, who, from where to where, why."""

    seq: str = ""
    at: str = DASH
    actor: str = ""
    surface: str = ""
    source: str = ""
    target: str = ""
    elapsed: str = DASH
    reason: str = ""


@dataclass(frozen=True)
class AuditRow:
    """One event of the audit chain; `is_linked` is false where the chain does not fit."""

    seq: str = ""
    at: str = DASH
    event: str = ""
    actor: str = ""
    line: str = ""
    hash: str = DASH
    is_linked: bool = True


@dataclass(frozen=True)
class ArtifactView:
    """One artifact; a row stays after its content has expired."""

    artifact_id: str = ""
    kind: str = ""
    hash: str = DASH
    size: str = DASH
    created: str = DASH
    expires: str = DASH
    expires_tone: str = ""
    policy: str = DASH
    can_download: bool = False


@dataclass(frozen=True)
class SectionView:
    """One titled block of facts on the detail page; `empty` stands where there is nothing."""

    title: str = ""
    note: str = ""
    facts: list[Fact] = field(default_factory=list)
    empty: str = ""


@dataclass(frozen=True)
class GeneratedTestRow:
    """One generated test."""

    name: str = ""
    behaviour: str = ""
    kind: str = ""
    status: str = DASH
    tone: str = ""


@dataclass(frozen=True)
class BehaviourTests:
    """The generated tests of one behaviour; `tests` is empty where none speaks for it."""

    mark: str = ""
    title: str = ""
    count: str = DASH
    tests: list[GeneratedTestRow] = field(default_factory=list)


@dataclass(frozen=True)
class UncoveredView:
    """A behaviour that may be untested, and how sure that is."""

    name: str = ""
    why: str = ""
    confidence: str = DASH


@dataclass(frozen=True)
class SafetyNetView:
    """The test and coverage review."""

    groups: list[BehaviourTests] = field(default_factory=list)
    mode: str = DASH
    mode_tone: str = "neutral"
    mode_note: str = ""
    coverage: list[Fact] = field(default_factory=list)
    uncovered: list[UncoveredView] = field(default_factory=list)
    frozen_line: str = ""
    actions: list[ActionView] = field(default_factory=list)


@dataclass(frozen=True)
class DecisionView:
    """The decision panel: why it stopped, evidence, last patch, actions."""

    title: str = ""
    line: str = ""
    tone: str = "warning"
    deadline: float = 0.0
    deadline_left: str = ""
    deadline_line: str = ""
    failing: list[FailingTestView] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    same_cells: list[str] = field(default_factory=list)
    attempt_cells: list[str] = field(default_factory=list)
    patch: str = ""
    patch_line: str = ""
    actions: list[ActionView] = field(default_factory=list)
    takes_note: bool = False
