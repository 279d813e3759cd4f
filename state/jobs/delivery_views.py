"""What the delivery screen draws: evidence above, files and hunks below, ways of handing over at the bottom."""

from dataclasses import dataclass, field

from state.jobs.format import DASH
from state.jobs.views import Fact, StripView


@dataclass(frozen=True)
class SurvivorView:
    """A seeded fault that no test caught: where it was put and what it changed."""

    place: str = ""
    mutation: str = ""


@dataclass(frozen=True)
class HazardView:
    """A hazard a person accepted."""

    mark: str = ""
    text: str = ""


@dataclass(frozen=True)
class EvidenceView:
    """The evidence band: own suite, seeded faults, baseline, hazards and isolation."""

    strips: list[StripView] = field(default_factory=list)
    changed_line: str = DASH
    changed_tone: str = "mut"
    passed: str = DASH
    failed: str = DASH
    skipped: str = DASH
    suite_note: str = ""
    score: str = DASH
    seeds: list[str] = field(default_factory=list)
    seeds_label: str = ""
    caught: str = ""
    survived: str = ""
    survivors: list[SurvivorView] = field(default_factory=list)
    mode: str = DASH
    mode_tone: str = "neutral"
    mode_note: str = ""
    baseline: list[Fact] = field(default_factory=list)
    hazards: list[HazardView] = field(default_factory=list)
    hazard_count: str = "0"
    attested: str = ""
    isolation: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class FileRow:
    """One changed file of the list; `folder` is filled on the first file of each folder."""

    path: str = ""
    folder: str = ""
    name: str = ""
    change: str = "MODIFIED"
    added: str = "+0"
    removed: str = "−0"
    chosen: str = "0/0"
    status: str = "all"
    selected: bool = False


@dataclass(frozen=True)
class LineView:
    """One row of a hunk: a left and a right half; `kind` is context, removed, added or empty.

    A changed line is cut in three, so that the words that differ can be marked.
    """

    left_number: str = ""
    left_kind: str = "context"
    left_sign: str = " "
    left_start: str = ""
    left_word: str = ""
    left_end: str = ""
    right_number: str = ""
    right_kind: str = "context"
    right_sign: str = " "
    right_start: str = ""
    right_word: str = ""
    right_end: str = ""


@dataclass(frozen=True)
class HunkView:
    """One hunk of the selected file."""

    hunk_id: str = ""
    header: str = ""
    position: str = ""
    chosen: bool = True
    lines: list[LineView] = field(default_factory=list)
    hidden: str = ""


@dataclass(frozen=True)
class DiffView:
    """The selected file; `by_file` says that its hunks cannot be taken one by one."""

    path: str = ""
    language: str = "plaintext"
    added: str = ""
    removed: str = ""
    fact: str = ""
    by_file: bool = False
    hunks: list[HunkView] = field(default_factory=list)


@dataclass(frozen=True)
class SelectionView:
    """How much of the change is chosen."""

    files_line: str = ""
    added: str = ""
    removed: str = ""
    notice: str = ""
    summary: str = ""
    is_empty: bool = False


@dataclass(frozen=True)
class MethodView:
    """One way of handing the result over."""

    method: str = ""
    label: str = ""
    line: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class HandoverView:
    """The bottom of the delivery screen: methods, branch, provenance and where publishing stands."""

    methods: list[MethodView] = field(default_factory=list)
    branch: str = ""
    branch_line: str = ""
    provenance: str = ""
    evidence_line: str = ""
    published: str = ""
    published_tone: str = "success"
    published_branch: str = ""
    closed_reason: str = ""


@dataclass(frozen=True)
class SourcesView:
    """The selected file before and after, filled only while the whole file is shown."""

    before: str = ""
    after: str = ""
