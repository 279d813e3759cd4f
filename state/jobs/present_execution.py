"""Words and figures of the execution monitor: attempts, log lines, what fails now. Pure functions."""

from collections.abc import Sequence
from datetime import datetime

from services.canon.limits import IDENTICAL_FAILURES, REPAIR_BUDGET
from services.jobs.schemas import AttemptView as Attempt
from services.jobs.schemas import FailedTestView, JobView, LogLineView, TestRunView
from state.jobs import format as fmt
from state.jobs import present, strips
from state.jobs import views as shown

_LEVEL_TONES = {"INFO": "info", "WARN": "warn", "DENY": "warn", "ERROR": "bad", "FAIL": "bad", "PASS": "ok"}
_LETTERS = {"p": strips.Tick.PASSED, "f": strips.Tick.FAILED, "s": strips.Tick.SKIPPED, "n": strips.Tick.MISSING}
_ROUTE_REASONS = {
    "NOT_CONFIGURED": "no model configured",
    "MEASURED_STAGE": "measured, not generated",
    "CONFIGURED": "model configured",
    "CLASS_DEGRADED": "class not available",
    "FALLBACK": "model did not answer",
}

FAILING_SHOWN = 6
"""Failing tests drawn in the evidence column; the count says when there are more."""


def ticks(letters: str) -> list[strips.Tick]:
    """Read one letter per test: p passed, f failed, s skipped, anything else not run."""
    return [_LETTERS.get(letter, strips.Tick.MISSING) for letter in letters]


def attempt_rows(attempts: Sequence[Attempt], baseline: TestRunView | None, now: datetime) -> list[shown.AttemptView]:
    """Word every attempt, oldest first, each beside the baseline it is compared with.

    Where no generated test could be recorded, the repository's own suite is what is compared.
    """
    own = _compares_own_suite(baseline)
    before = ticks(_strip(baseline, own)) if baseline else []
    return [_attempt_row(attempt, before, own, now) for attempt in attempts]


def _compares_own_suite(baseline: TestRunView | None) -> bool:
    return baseline is not None and not baseline.generated_total and bool(baseline.own_strip)


def _strip(run: TestRunView, own: bool) -> str:
    return run.own_strip if own else run.generated_strip


def _attempt_row(attempt: Attempt, before: list[strips.Tick], own: bool, now: datetime) -> shown.AttemptView:
    run, running = attempt.run, attempt.completed_at is None
    after = ticks(_strip(run, own)) if run else []
    if running:
        after += [strips.Tick.MISSING] * max(len(before) - len(after), 0)
    begun = attempt.started_at
    took = ((attempt.completed_at or now) - begun).total_seconds() if begun else None
    same = attempt.identical_count
    return shown.AttemptView(
        number=str(attempt.attempt_number),
        kind="Refactoring" if attempt.attempt_number == 0 else "Repair",
        model_class=attempt.model_class,
        running=running,
        started=fmt.clock(begun),
        took=fmt.elapsed(took),
        since=begun.timestamp() if begun and running else 0.0,
        strip=strips.draw(before, after, strips.SUITE if own else strips.GENERATED),
        passed=fmt.count(_passed(run, own)) if run else fmt.DASH,
        total=f"/{len(run.own_strip) if own else run.generated_total}" if run else "",
        fingerprint="running" if running else fmt.fingerprint(attempt.fingerprint),
        same=[at < same for at in range(IDENTICAL_FAILURES)] if same else [],
        note=attempt.patch_summary or "",
    )


def _passed(run: TestRunView, own: bool) -> int | None:
    return run.own_counts.get("passed") if own else run.generated_passed


def strip_heading(baseline: TestRunView | None) -> str:
    """Title the strip column by the number of tests that are compared."""
    if baseline is not None and _compares_own_suite(baseline):
        return fmt.plural(len(baseline.own_strip), "own test")
    return fmt.plural(baseline.generated_total, "generated test") if baseline else "Generated tests"


def spec_line(baseline: TestRunView | None) -> str:
    """Say how many tests are frozen, once the baseline ran."""
    return f"{fmt.plural(baseline.generated_total, 'frozen test')}" if baseline else fmt.DASH


def log_rows(lines: Sequence[LogLineView]) -> list[shown.LogLineView]:
    """Word log lines, oldest first."""
    return [
        shown.LogLineView(
            line.seq, fmt.clock_fine(line.at), line.level, _LEVEL_TONES.get(line.level, "info"), line.message
        )
        for line in lines
    ]


def failing_rows(failed: Sequence[FailedTestView], limit: int = FAILING_SHOWN) -> list[shown.FailingTestView]:
    """Word failing tests by what they said and where."""
    return [
        shown.FailingTestView(one.name, one.excerpt or one.error_class or one.outcome, one.location or one.file or "")
        for one in failed[:limit]
    ]


def now_view(job: JobView, attempts: Sequence[Attempt], spec_line: str = fmt.DASH) -> shown.NowView:
    """Word the evidence column."""
    finished = [attempt for attempt in attempts if attempt.run is not None and attempt.completed_at]
    newest = finished[-1] if finished else None
    failed = newest.run.failed if newest and newest.run else []
    repair = present.repair_facts(job, attempts)
    latest = attempts[-1] if attempts else None
    more = f", {len(failed)} in all" if len(failed) > FAILING_SHOWN else ""
    return shown.NowView(
        failing=failing_rows(failed),
        failing_after=f"after attempt {newest.attempt_number}{more}" if newest else "",
        cycle=f"cycle {max(job.cycle_number, 1)}",
        attempt_cells=present.attempt_cells(repair.outcomes),
        attempts_total=f"{job.attempt_total} of {REPAIR_BUDGET}",
        identical_cells=present.identical_cells(job.identical_failure_count),
        warning=_identical_warning(job),
        model_class=latest.model_class if latest else "",
        route=_route_facts(latest),
        sandbox=_sandbox_facts(job),
        spec_title=f"Spec v{job.spec_version}" if job.spec_version else "Spec",
        spec_line=spec_line,
    )


def _identical_warning(job: JobView) -> str:
    if job.identical_failure_count != IDENTICAL_FAILURES - 1:
        return ""
    return f"One more {fmt.fingerprint(job.failure_pattern_fingerprint)} pauses the job."


def _route_facts(latest: Attempt | None) -> list[shown.Fact]:
    if latest is None:
        return [shown.Fact("Class"), shown.Fact("Reason")]
    word = present.MODEL_CLASSES.get(latest.model_class, latest.model_class)
    return [
        shown.Fact("Class", f"{word}, phase {latest.phase}"),
        shown.Fact("Route", latest.route or fmt.DASH),
        shown.Fact("Reason", _ROUTE_REASONS.get(latest.route_reason or "", latest.route_reason or fmt.DASH)),
        shown.Fact("Probes inside it", fmt.count(latest.probes)),
    ]


def _sandbox_facts(job: JobView) -> list[shown.Fact]:
    session = job.remote_session
    if session is None:
        return [shown.Fact("Isolation"), shown.Fact("Egress refused"), shown.Fact("Branch head at start", _head(job))]
    attested = ", attested" if session.attestation else ""
    refused = session.egress_refused
    wiped = "wiped " + fmt.clock(session.wipe_completed_at) if session.wipe_completed_at else session.status.lower()
    return [
        shown.Fact("Isolation", present.isolation_note(job).partition(",")[0] + attested),
        shown.Fact("Session", wiped, strong=True),
        shown.Fact("Started", fmt.clock(session.started_at)),
        shown.Fact("Egress refused", fmt.count(refused), tone="warn" if refused else ""),
        shown.Fact("Branch head at start", _head(job)),
    ]


def _head(job: JobView) -> str:
    return fmt.short_sha(job.source.head_sha_at_start)
