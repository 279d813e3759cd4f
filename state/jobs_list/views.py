"""What the job list draws: rows already worded, counts of the quick filters, the lines above and below."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.canon.lifecycle import JobState
from services.canon.limits import REPAIR_BUDGET
from services.canon.vocabulary import STATE_WORDS, STRATEGY_WORDS, risk_word
from services.jobs.schemas import JobPage, JobView
from state.jobs import format as fmt
from state.jobs.strips import ROWS, Tick, draw
from state.jobs.views import StripView

_TICKS = {"p": Tick.PASSED, "f": Tick.FAILED, "s": Tick.SKIPPED, "n": Tick.MISSING}
_SOON_SECONDS = 48 * 3600
_DAY_SECONDS = 24 * 3600
_PAGE_OF_STATE: dict[JobState, str] = {
    JobState.WAITING_STRATEGY: "strategy",
    JobState.WAITING_SPEC_APPROVAL: "spec",
    JobState.BASELINE_VALIDATION_FAILED: "tests",
    JobState.WAITING_INTERVENTION: "intervene",
    JobState.FALLBACK_REQUIRED: "intervene",
    JobState.DELIVERED: "delivery",
    JobState.FAILED: "",
}

YOUR_TURN: tuple[JobState, ...] = (
    JobState.WAITING_STRATEGY,
    JobState.WAITING_SPEC_APPROVAL,
    JobState.WAITING_ESCALATION_DECISION,
    JobState.WAITING_INTERVENTION,
    JobState.BASELINE_VALIDATION_FAILED,
    JobState.REPO_PRECHECK_BLOCKED,
    JobState.REMOTE_HEAD_CONFLICT,
    JobState.SYNC_APPLY_CONFLICT,
)
LIVE: tuple[JobState, ...] = (
    *(state for state, word in STATE_WORDS.items() if word.live),
    JobState.REMOTE_EXECUTION_QUEUED,
)
GROUPS: dict[str, tuple[JobState, ...]] = {
    "ALL": (),
    "YOUR_TURN": YOUR_TURN,
    "LIVE": LIVE,
    "FALLBACK": (JobState.FALLBACK_REQUIRED,),
}
"""Quick filters: name → states; an empty tuple means every state."""


@dataclass(frozen=True)
class JobRowView:
    """One row of two lines. `since` is set while the job moves (epoch seconds), so that its time can count."""

    job_id: str = ""
    href: str = ""
    state: str = "PENDING"
    count: str = ""
    reason: str = ""
    goal: str = ""
    path: str = ""
    risk: str = ""
    strategy: str = "not chosen"
    has_strip: bool = False
    strip: StripView = field(default_factory=StripView)
    place: str = "sandbox"
    repository: str = ""
    took: str = fmt.DASH
    since: float = 0.0
    started: str = fmt.DASH
    expires: str = ""
    expires_soon: bool = False


@dataclass(frozen=True)
class JobsView:
    """The rows shown and what is known about the rest."""

    rows: list[JobRowView] = field(default_factory=list)
    total: int = 0
    has_more: bool = False
    shown: str = ""
    fact: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))


def jobs_view(page: JobPage, counts: dict[str, int], at: datetime) -> JobsView:
    """Word one page of jobs.

    Args:
        counts: Number of jobs of each quick filter, whatever is filtered now.
        at: The present moment, for times left and elapsed.
    """
    rows = [job_row(job, at) for job in page.items]
    return JobsView(
        rows=rows,
        total=page.total,
        has_more=page.has_more,
        shown=f"1 to {len(rows)} of {fmt.count(page.total)}" if rows else "0 jobs",
        fact=f"{fmt.plural(counts['ALL'], 'job')}, {counts['LIVE']} live, {counts['YOUR_TURN']} waiting for you",
        counts=counts,
    )


def job_row(job: JobView, at: datetime) -> JobRowView:
    """Word one job."""
    live = STATE_WORDS[job.status].live
    begun = job.started_at or job.created_at
    ended = job.completed_at or (at if live else job.state_entered_at)
    return JobRowView(
        job_id=str(job.job_id),
        href=job_href(job),
        state=job.status.value,
        count=repair_count(job),
        reason=job.failure_reason or "" if job.status is JobState.FAILED else "",
        goal=job.goal,
        path=", ".join("whole repository" if path == "." else path for path in job.target_paths),
        risk=risk_word(job.risk_score).value if job.risk_score else "",
        strategy=strategy_line(job),
        has_strip=bool(job.strip_before),
        strip=draw(_ticks(job.strip_before), _ticks(job.strip_after), ROWS),
        repository=job.source.repo_full_name.rstrip("/").rpartition("/")[2],
        took=fmt.elapsed((ended - begun).total_seconds()),
        since=begun.timestamp() if live else 0.0,
        started=short_moment(begun, at),
        expires=time_left(job.artifact_expires_at, at),
        expires_soon=_is_soon(job.artifact_expires_at, at),
    )


def job_href(job: JobView) -> str:
    """Return the page of a job that matters in its state."""
    page = _PAGE_OF_STATE.get(job.status, "execution")
    return f"/jobs/{job.job_id}/{page}".rstrip("/")


def repair_count(job: JobView) -> str:
    """Return `n/10` while repairing, else nothing."""
    return f"{job.attempt_count}/{REPAIR_BUDGET}" if job.status is JobState.SELF_HEALING else ""


def strategy_line(job: JobView) -> str:
    """Return strategy, spec version and files: `Standard, v2, 9 files`."""
    if job.strategy is None:
        return "not chosen"
    parts = [STRATEGY_WORDS[job.strategy]]
    parts += [f"v{job.spec_version}"] if job.spec_version else []
    parts += [fmt.plural(job.files_changed, "file")] if job.files_changed is not None else []
    return ", ".join(parts)


def short_moment(moment: datetime, at: datetime) -> str:
    """Return `Today 14:30`, or `Mar 2 18:12` (UTC)."""
    begun, today = moment.astimezone(UTC), at.astimezone(UTC).date()
    day = "Today" if begun.date() == today else f"{begun:%b} {begun.day}"
    return f"{day} {begun:%H:%M}"


def time_left(until: datetime | None, at: datetime) -> str:
    """Return how long artifacts stay: `14 d`, `23 h`, `deleted`, or nothing where none exist."""
    if until is None:
        return ""
    seconds = (until - at).total_seconds()
    if seconds <= 0:
        return "deleted"
    return f"{int(seconds // _DAY_SECONDS)} d" if seconds >= _SOON_SECONDS else f"{int(seconds // 3600)} h"


def _is_soon(until: datetime | None, at: datetime) -> bool:
    return until is not None and 0 < (until - at).total_seconds() < _SOON_SECONDS


def _ticks(letters: str) -> list[Tick]:
    return [_TICKS.get(letter, Tick.MISSING) for letter in letters]
