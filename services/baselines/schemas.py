"""What leaves the baselines slice: plans, suites, outcomes, runs. All of it is plain data that survives JSON."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
Runner = Literal["pytest", "unittest", "none"]

OUTCOME_LETTERS: dict[str, str] = {
    "passed": "p",
    "xpassed": "p",
    "failed": "f",
    "error": "f",
    "skipped": "s",
    "xfailed": "s",
}
"""Letter of one test in a strip; a test without a result is `n`."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SuitePlan(_Frozen):
    """How to run the repository's own tests. `runner == "none"` has a sentence in `reason`.

    `root` and every path are relative to the repository (`.` is its root); `targets` may be empty: the runner's
    own discovery below `root`. `options` are pytest options kept from the project's `addopts`.
    """

    runner: Runner
    root: str = "."
    targets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    python_path: tuple[str, ...] = (".",)
    plugins: tuple[str, ...] = ()
    config_file: str | None = None
    reason: str = ""


class BuildStep(_Frozen):
    """One way to install. Steps of one `purpose` are alternatives: the first that succeeds ends the purpose."""

    purpose: str
    label: str
    argv: tuple[str, ...]
    env: dict[str, str] = Field(default_factory=dict)
    net: Literal["deny", "allowlist"] = "allowlist"
    required: bool = True


class BuildPlan(_Frozen):
    """Ordered installation steps, run only inside the sandbox. `requires_python` is the project's own words."""

    root: str
    steps: tuple[BuildStep, ...]
    requires_python: str | None = None
    notes: tuple[str, ...] = ()


class BuildResult(_Frozen):
    """How the installation ended: labels of the steps that worked, and what was given up, in sentences."""

    ok: bool
    used: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()
    timed_out: bool = False
    seconds: float = 0.0
    log: str = ""


class CaseMode(StrEnum):
    """How a generated test knows what is right."""

    ASSERTION = "ASSERTION"
    CHARACTERIZATION = "CHARACTERIZATION"


class GeneratedCase(_Frozen):
    """One generated test and the spec item it stands for. `target` is `module:qualified.name` as callers import it.

    `call` is the expression that is tested, `imports` are statements it needs. `source` says where it was seen.
    `also` lists (target, defined at) of further functions in the call. A guessed case has inputs that
    nobody wrote down.
    """

    test_id: str
    item_key: str
    target: str
    defined_at: str
    call: str
    mode: CaseMode
    source: str
    imports: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    expected: str | None = None
    raises: str | None = None
    guessed: bool = False


class Quarantined(_Frozen):
    """A generated test taken out before approval, with the reason in a sentence."""

    test_id: str
    item_key: str
    reason: str


class GeneratedSuite(_Frozen):
    """Generated test files and what each test is for.

    `files`: relative path → content, all below one new folder. `planned_by_item`: item key → number of tests.
    `unobserved`: item key → why no test could be made.
    """

    folder: str
    files: dict[str, bytes]
    cases: tuple[GeneratedCase, ...] = ()
    python_path: tuple[str, ...] = (".",)
    planned_by_item: dict[str, int] = Field(default_factory=dict)
    unobserved: dict[str, str] = Field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()
    recorded: bool = False

    @property
    def mode(self) -> CaseMode:
        """ASSERTION when every covered item has an expectation somebody wrote down; else CHARACTERIZATION."""
        covered = {case.item_key for case in self.cases}
        asserted = {case.item_key for case in self.cases if case.mode is CaseMode.ASSERTION}
        return CaseMode.ASSERTION if covered and covered == asserted else CaseMode.CHARACTERIZATION

    @property
    def covered_items(self) -> tuple[str, ...]:
        """Keys of items with at least one test, sorted."""
        return tuple(sorted({case.item_key for case in self.cases}))


class TestOutcome(_Frozen):
    """Result of one test. `location` is `file:function` inside the repository; `message` at most 2 KB."""

    __test__ = False

    test_id: str
    outcome: Outcome
    error_class: str | None = None
    location: str | None = None
    message: str = ""
    duration_seconds: float = 0.0
    timed_out: bool = False

    @property
    def is_green(self) -> bool:
        """Passed, also where failure was expected."""
        return self.outcome in ("passed", "xpassed")

    @property
    def is_red(self) -> bool:
        """Failed or could not run."""
        return self.outcome in ("failed", "error")


class SuiteRun(_Frozen):
    """One run of one suite. `complete`: the runner came to its end and every test had its turn."""

    outcomes: dict[str, TestOutcome] = Field(default_factory=dict)
    expected: tuple[str, ...] = ()
    runner: str = "none"
    complete: bool = True
    timed_out: bool = False
    limit_hits: tuple[str, ...] = ()
    net_attempts: tuple[str, ...] = ()
    seconds: float = 0.0
    exit_code: int | None = None
    log: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Expected tests without a result, sorted: they count as not passed."""
        return tuple(sorted(set(self.expected) - set(self.outcomes)))

    @property
    def red(self) -> tuple[str, ...]:
        """Ids that failed or are missing, sorted."""
        return tuple(sorted({name for name, item in self.outcomes.items() if item.is_red} | set(self.missing)))

    def counts(self) -> dict[str, int]:
        """Number of tests per outcome; `missing` only where there are some."""
        totals: dict[str, int] = {}
        for item in self.outcomes.values():
            totals[item.outcome] = totals.get(item.outcome, 0) + 1
        if self.missing:
            totals["missing"] = len(self.missing)
        return totals


class ProofRun(_Frozen):
    """One proof of one tree: generated tests and own suite, canaries checked, source unchanged."""

    label: str
    generated: SuiteRun
    own: SuiteRun
    canaries: int = 0
    source_unchanged: bool = True

    @property
    def timed_out(self) -> bool:
        """A suite or one of its tests ran out of time: `TIMEOUT_EXECUTION`, not a logic failure."""
        runs = (self.generated, self.own)
        return any(run.timed_out or any(item.timed_out for item in run.outcomes.values()) for run in runs)

    @property
    def seconds(self) -> float:
        """Wall clock of both suites."""
        return self.generated.seconds + self.own.seconds

    @property
    def log(self) -> str:
        """Output of both runs, generated first."""
        return f"{self.generated.log}\n{self.own.log}".strip()

    def summary(self) -> dict[str, Any]:
        """Counts for a progress line and the evidence record."""
        return {"label": self.label, "generated": self.generated.counts(), "own": self.own.counts()}
