"""Jobs as text for a terminal: plain columns, times in UTC, nothing cut that identifies."""

from collections.abc import Sequence
from datetime import datetime

from services.canon.reasons import reason_sentence
from services.canon.vocabulary import STATE_WORDS
from services.jobs.schemas import JobPage, JobView, TransitionView
from services.workflow.workings import GuardView, ItemView, TimerView, Workings

SHOWN_ITEMS = 12
GOAL_WIDTH = 48


def job_table(page: JobPage) -> str:
    """One line per job: id, state, age of the state, repository, goal."""
    if not page.items:
        return "No jobs."
    rows = [
        (str(job.job_id), job.status.value, _at(job.state_entered_at), job.source.repo_full_name, _short(job.goal))
        for job in page.items
    ]
    lines = columns([("ID", "STATE", "SINCE", "REPOSITORY", "GOAL"), *rows])
    rest = page.total - len(page.items)
    return "\n".join([*lines, *([f"{rest} more; --limit shows up to 100."] if rest else [])])


def job_text(job: JobView) -> str:
    """The head of one job."""
    words = STATE_WORDS[job.status]
    facts = [
        ("Job", str(job.job_id)),
        ("Goal", job.goal),
        ("State", f"{job.status.value} since {_at(job.state_entered_at)}, revision {job.state_revision}"),
        ("", words.plain_line),
        (
            "Source",
            f"{job.source.repo_full_name} {job.source.branch or ''} {job.source.head_sha_at_start or ''}".rstrip(),
        ),
        ("Scope", ", ".join(job.target_paths)),
        ("Waits for", job.wait_kind or ""),
        ("Until", _at(job.wait_deadline_at) if job.wait_deadline_at else ""),
        ("Attempts", f"{job.attempt_total} in all, {job.attempt_count} in cycle {job.cycle_number}"),
        ("Ended with", job.failure_reason or ""),
        ("", reason_sentence(job.failure_reason) or ""),
        ("Actions", ", ".join(one.action.value for one in job.available_actions)),
    ]
    return "\n".join(f"{name:<11}{value}" for name, value in facts if value)


def why_text(transitions: Sequence[TransitionView], workings: Workings) -> str:
    """Why it stands there, then guards, work items with leases, timers and transitions."""
    parts = [
        [f"Why        {workings.why}"],
        _section("Guards", [_guard(one) for one in workings.guards], "no action is known here"),
        _section("Work items, newest first", [_item(one) for one in workings.items[:SHOWN_ITEMS]], "none"),
        _section("Timers", [_timer(one) for one in workings.timers], "none"),
        _section("Transitions", [_transition(one) for one in transitions], "none yet"),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay rows out so that each column is as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _section(title: str, rows: Sequence[Sequence[str]], empty: str) -> list[str]:
    return [title, *(f"  {line}" for line in (columns(rows) if rows else [empty]))]


def _guard(guard: GuardView) -> tuple[str, str, str]:
    return guard.action.value, "accepted" if guard.accepted else "refused", guard.refused_because or ""


def _item(item: ItemView) -> tuple[str, ...]:
    return (
        item.kind,
        item.status,
        f"revision {item.state_revision}",
        f"try {item.tries} of {item.tries_allowed}",
        f"lost {item.lost_count}×",
        _lease(item),
        item.error_code or "",
    )


def _lease(item: ItemView) -> str:
    if item.status == "RUNNING" and item.lease_left_seconds is not None:
        left = item.lease_left_seconds
        said = f"{left:.0f} s left" if left >= 0 else f"over since {-left:.0f} s"
        return f"lease {said}, {item.lease_owner}, silent {item.silent_seconds or 0:.0f} s"
    if item.status == "READY":
        waits = "handed over" if item.handed_over else "waits for the scheduler"
        return f"due in {item.due_in_seconds:.0f} s" if item.due_in_seconds else waits
    if item.finished_at and item.started_at:
        return f"took {(item.finished_at - item.started_at).total_seconds():.1f} s"
    return "no lease"


def _timer(timer: TimerView) -> tuple[str, str, str, str]:
    return timer.kind, timer.status, f"revision {timer.state_revision}", _at(timer.fires_at)


def _transition(one: TransitionView) -> tuple[str, ...]:
    reason = " ".join(filter(None, (one.reason, f"({one.fact})" if one.fact else None)))
    return _at(one.at), f"{one.from_state.value} → {one.to_state.value}", one.trigger, one.actor, reason


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _short(goal: str) -> str:
    return goal if len(goal) <= GOAL_WIDTH else f"{goal[: GOAL_WIDTH - 1]}…"
