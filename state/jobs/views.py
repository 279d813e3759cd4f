"""What the job screens draw, already worded: flat records whose every field has a resting value.

Words, units and colours are settled here once, by `present`; a component only places them. A figure that is not
known is an em dash, never zero.
"""

from dataclasses import dataclass, field

from state.jobs.format import DASH


@dataclass(frozen=True)
class Fact:
    """One row of a fact list; `tone` is '', ok, warn, bad, info or mut."""

    label: str = ""
    value: str = DASH
    tone: str = ""
    strong: bool = False
    mono: bool = False


@dataclass(frozen=True)
class TrackMark:
    """One square of the mini track, by its left edge in pixels."""

    x: str = "0"
    y: str = "0"
    side: int = 5
    status: str = "todo"


@dataclass(frozen=True)
class TrackView:
    """The stage map in one line: squares, and where the solid line ends (pixels)."""

    marks: list[TrackMark] = field(default_factory=list)
    width: int = 0
    done_path: str = ""
    todo_path: str = ""
    label: str = ""


@dataclass(frozen=True)
class HeadView:
    """The page head of every job screen."""

    job_id: str = ""
    short_id: str = ""
    goal: str = ""
    state: str = "PENDING"
    badge: str = ""
    badge_tone: str = "neutral"
    plain_line: str = ""
    reason: str = ""
    why: str = ""
    revision: int = 0
    expires: str = DASH
    segment: str = "B"
    is_over: bool = False
    can_act: bool = False
    can_cancel: bool = False
    can_revise: bool = False
    needs_decision: bool = False
    next_page: str = ""
    next_verb: str = ""
    track: TrackView = field(default_factory=TrackView)


@dataclass(frozen=True)
class RailView:
    """The context rail: what the job works on and under which conditions."""

    spec_count: str = DASH
    tests_count: str = DASH
    execution_count: str = DASH
    delivery_count: str = DASH
    artifacts_count: str = DASH
    audit_count: str = DASH
    repository_owner: str = ""
    repository: str = DASH
    branch: str = DASH
    head: str = DASH
    scope: str = DASH
    scope_fact: str = DASH
    risk_word: str = ""
    strategy_line: str = "not chosen"
    isolation: str = DASH
    isolation_note: str = ""
    network: str = DASH
    network_note: str = ""


@dataclass(frozen=True)
class StationView:
    """One stop of the stage map; `status` is done, active, todo or stopped, `tone` colours an active or stopped one."""

    state: str = "PENDING"
    label: str = ""
    status: str = "todo"
    tone: str = ""
    elapsed: str = ""
    fact: str = ""
    squeeze: str = ""
    since: float = 0.0


@dataclass(frozen=True)
class SidingCell:
    """One repair cell: left edge in pixels, its number, and failed, now, green or free."""

    x: int = 0
    middle: int = 0
    number: str = ""
    status: str = "free"


@dataclass(frozen=True)
class SidingBracket:
    """A bracket over or under cells with its words; `tone` is '', on or warn."""

    path: str = ""
    text: str = ""
    x: str = "0"
    y: int = 0
    anchor: str = "middle"
    tone: str = ""


@dataclass(frozen=True)
class SidingView:
    """The repair siding: ten cells beside the main line, which part was driven, and what keeps it there."""

    state: str = "SELF_HEALING"
    title: str = ""
    status: str = "todo"
    tone: str = ""
    elapsed: str = ""
    since: float = 0.0
    cells: list[SidingCell] = field(default_factory=list)
    brackets: list[SidingBracket] = field(default_factory=list)
    through: str = ""
    entry: str = ""
    driven: str = ""
    ahead: str = ""
    back: str = ""
    label: str = ""


@dataclass(frozen=True)
class StageMapView:
    """The track of one job: stations before the siding, the siding, stations after it."""

    before: list[StationView] = field(default_factory=list)
    siding: SidingView = field(default_factory=SidingView)
    after: list[StationView] = field(default_factory=list)
    columns: str = ""
    columns_narrow: str = ""
    summary: str = ""
    started: str = DASH
    elapsed: str = DASH
    since: float = 0.0
    waiting: str = DASH
    revision: str = ""


@dataclass(frozen=True)
class StripView:
    """One line of an outcome strip: dashed strokes per outcome, before above and after below the axis."""

    width: int = 0
    height: int = 0
    axis: str = "0"
    dash: str = "3 2"
    passed: str = ""
    failed: str = ""
    skipped: str = ""
    missing: str = ""
    label: str = ""


@dataclass(frozen=True)
class AttemptView:
    """One row of the attempts table; `same` holds one flag per cell of the identical-failure count."""

    number: str = ""
    kind: str = ""
    model_class: str = ""
    running: bool = False
    started: str = DASH
    took: str = DASH
    since: float = 0.0
    strip: StripView = field(default_factory=StripView)
    passed: str = DASH
    total: str = ""
    fingerprint: str = DASH
    same: list[bool] = field(default_factory=list)
    cost: str = DASH
    note: str = ""


@dataclass(frozen=True)
class LogLineView:
    """One line of the job log."""

    seq: int = 0
    at: str = ""
    level: str = "INFO"
    tone: str = "info"
    text: str = ""


@dataclass(frozen=True)
class FailingTestView:
    """One test that still fails, with what it said and where."""

    name: str = ""
    message: str = ""
    location: str = ""


@dataclass(frozen=True)
class NowView:
    """The evidence column of the execution monitor."""

    failing: list[FailingTestView] = field(default_factory=list)
    failing_after: str = ""
    cycle: str = ""
    attempt_cells: list[str] = field(default_factory=list)
    attempts_total: str = DASH
    identical_cells: list[str] = field(default_factory=list)
    warning: str = ""
    model_class: str = ""
    route: list[Fact] = field(default_factory=list)
    sandbox: list[Fact] = field(default_factory=list)
    spec_title: str = "Spec"
    spec_line: str = DASH


@dataclass(frozen=True)
class ActionView:
    """One labelled action with its consequence; `reason` says why it is locked."""

    action: str = ""
    label: str = ""
    consequence: str = ""
    tier: str = ""
    tone: str = ""
    enabled: bool = True
    reason: str = ""


@dataclass(frozen=True)
class NoticeView:
    """A notice that stays in place until its cause is gone; empty `title` means there is none."""

    tone: str = "warning"
    title: str = ""
    line: str = ""
    code: str = ""
    can_reload: bool = False
