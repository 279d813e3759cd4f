"""Words and figures of the frame around every job screen: head, rail, track, budget cells. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.canon.errors import ERRORS
from services.canon.lifecycle import STATE_KINDS, TERMINAL_STATES, JobState, StateKind
from services.canon.limits import IDENTICAL_FAILURES, REPAIR_BUDGET
from services.canon.segment_words import Term, say
from services.canon.vocabulary import STATE_WORDS, STRATEGY_WORDS, JobAction, risk_word
from services.jobs.schemas import AttemptView, JobView, TransitionView
from state.jobs import format as fmt
from state.jobs.siding import RepairFacts
from state.jobs.stage_map import SIDING_STATES, TrackFacts, Visit, mini_track, stage_map
from state.jobs.views import HeadView, RailView, StageMapView

_SESSION_LEVELS = {"MICROVM": 3, "USERSPACE_KERNEL": 2, "SHARED_KERNEL": 1}
_PROVIDERS = {"gvisor": "gVisor", "bubblewrap": "Bubblewrap", "e2b": "E2B"}
_EXECUTION: dict[str, str | Term] = {
    "REMOTE_SANDBOX": "Server sandbox, isolated",
    "LOCAL_DOCKER": Term.CONTAINER,
    "LOCAL_NATIVE": Term.NATIVE_PROCESS,
}
_NETWORK: dict[str, tuple[str | Term, str]] = {
    "MOCKED": ("Mocked external calls", "Tests cannot leave the sandbox"),
    "CHARACTERIZATION": ("Mocked external calls", "Answers were recorded from today's code"),
    "ENTERPRISE_ALLOWLIST": (Term.ALLOWLIST, "Approved addresses may be reached"),
}

DECISION_STATES = frozenset(
    {
        JobState.BASELINE_VALIDATION_FAILED,
        JobState.WAITING_ESCALATION_DECISION,
        JobState.WAITING_INTERVENTION,
        JobState.FALLBACK_REQUIRED,
        JobState.REMOTE_HEAD_CONFLICT,
    }
)
"""States whose way forward is chosen on the intervention screen."""

_NEXT = {
    JobState.WAITING_STRATEGY: ("strategy", "Choose strategy"),
    JobState.WAITING_SPEC_APPROVAL: ("spec", "Review spec"),
    JobState.DELIVERED: ("delivery", "Review result"),
}
"""Page below the job and verb of the one next step, where a page of its own takes it."""

MODEL_CLASSES = {"L1": "L1 base", "L2": "L2 advanced", "L3": "L3 premium"}
_BANDS = ["L1 base"] * 3 + ["L2 advanced"] * 3 + ["L2, L3 on confirm"] * 4


def visits(job: JobView, transitions: Sequence[TransitionView], now: datetime) -> dict[JobState, Visit]:
    """Sum the time that a job stood in each state; the fact of a state is the newest one recorded on leaving it."""
    seconds: dict[JobState, float] = {}
    facts: dict[JobState, str] = {}
    entered = job.created_at
    for change in transitions:
        seconds[change.from_state] = seconds.get(change.from_state, 0) + (change.at - entered).total_seconds()
        if change.fact:
            facts[change.from_state] = change.fact
        entered = change.at
    present = job.status
    stays = present not in TERMINAL_STATES
    seconds[present] = seconds.get(present, 0) + ((now - entered).total_seconds() if stays else 0)
    return {state: Visit(state, value, facts.get(state, "")) for state, value in seconds.items()}


def track_facts(
    job: JobView, transitions: Sequence[TransitionView], attempts: Sequence[AttemptView], now: datetime
) -> TrackFacts:
    """Gather what the stage map and the mini track are drawn from."""
    stood = visits(job, transitions, now)
    family = SIDING_STATES if job.status in SIDING_STATES else {job.status}
    since = now.timestamp() - sum(stood[state].seconds for state in family if state in stood)
    target = JobState(job.terminal_target) if job.terminal_target else None
    return TrackFacts(job.status, job.source.kind, target, stood, repair_facts(job, attempts), since)


def repair_facts(job: JobView, attempts: Sequence[AttemptView]) -> RepairFacts:
    """Say how each repair of the present budget came out and in which class it ran."""
    repairs = [attempt for attempt in attempts if attempt.attempt_number > 0]
    open_now = sum(attempt.completed_at is None for attempt in repairs[-1:])
    kept = repairs[-max(job.attempt_total, open_now) :] if max(job.attempt_total, open_now) else []
    outcomes = [attempt_status(attempt) for attempt in kept]
    used = [MODEL_CLASSES.get(attempt.model_class, attempt.model_class) for attempt in kept]
    return RepairFacts(outcomes, [*used, *_BANDS[len(used) :]], job.identical_failure_count)


def attempt_status(attempt: AttemptView) -> str:
    """Return now, green or failed."""
    if attempt.completed_at is None:
        return "now"
    return "green" if attempt.run is not None and attempt.run.status == "PASSED" else "failed"


def head_view(job: JobView, track: TrackFacts, segment: str = "B") -> HeadView:
    """Word the page head."""
    page, verb = _NEXT.get(job.status, ("intervene", "Decide") if job.status in DECISION_STATES else ("", ""))
    word, allowed = STATE_WORDS[job.status], {action.action for action in job.available_actions}
    return HeadView(
        job_id=str(job.job_id),
        short_id=fmt.short_id(job.job_id),
        goal=job.goal,
        state=job.status.value,
        badge=_badge(job),
        badge_tone=word.token,
        plain_line=word.plain_line.replace("attempt n", f"attempt {max(job.attempt_total, 1)}"),
        reason=job.failure_reason or "",
        why=stopped_because(job),
        revision=job.state_revision,
        expires=fmt.day(job.artifact_expires_at) if job.artifact_expires_at else "",
        segment=segment,
        is_over=job.status in TERMINAL_STATES,
        can_act=bool(allowed),
        can_cancel=JobAction.CANCEL in allowed,
        can_revise=JobAction.REVISE_SPEC in allowed,
        needs_decision=job.status in DECISION_STATES,
        next_page=page,
        next_verb=verb,
        track=mini_track(track),
    )


def stopped_because(job: JobView) -> str:
    """Say why a job stopped where no decision panel does; each limit that a blocked one breaks has its sentence."""
    if job.status is JobState.REPO_PRECHECK_BLOCKED:
        broken = [ERRORS[one["code"]] for one in (job.failure_detail or {}).get("violations", [])]
        return " ".join(f"{one.sentence} {one.remedy}" for one in broken)
    return (job.failure_message or "") if job.status is JobState.FAILED else ""


def _badge(job: JobView) -> str:
    label = STATE_WORDS[job.status].label
    repairing = job.status in (JobState.SELF_HEALING, JobState.DEEP_FIX_ACTIVE)
    return f"{label} {max(job.attempt_total, 1)}/{REPAIR_BUDGET}" if repairing else label


def rail_view(
    job: JobView, counts: Mapping[str, str] | None = None, scope_fact: str = "", segment: str = "B"
) -> RailView:
    """Word the context rail.

    Args:
        counts: Facts of the links by field name, such as `tests_count`; what is missing stays a dash.
    """
    owner, _, name = job.source.repo_full_name.rstrip("/").rpartition("/")
    session, network = job.remote_session, _NETWORK.get(job.test_network_mode, (job.test_network_mode, ""))
    isolation = _EXECUTION.get(job.execution_mode, job.execution_mode)
    known = {"spec_count": f"v{job.spec_version}" if job.spec_version else fmt.DASH, **(counts or {})}
    known.setdefault("execution_count", _execution_count(job))
    known.setdefault("delivery_count", fmt.count(job.files_changed))
    return RailView(
        repository_owner=f"{owner}/" if owner else "",
        repository=name or job.source.repo_full_name or fmt.DASH,
        branch=job.source.branch or "default branch",
        head=fmt.short_sha(job.source.head_sha_at_start),
        scope=scope_words(job.source.path_scope),
        scope_fact=scope_fact,
        risk_word=risk_word(job.risk_score).value if job.risk_score else "",
        strategy_line=_strategy_line(job),
        isolation=_worded(isolation, segment),
        isolation_note=isolation_note(job) if session else "opened when the tests are written",
        network=_worded(network[0], segment),
        network_note=network[1],
        **known,
    )


def _worded(words: str | Term, segment: str) -> str:
    return say(words, segment) if isinstance(words, Term) else words


def isolation_note(job: JobView) -> str:
    """Say which technique isolates the job and how strong it is."""
    session = job.remote_session
    if session is None:
        return fmt.DASH
    technique = _PROVIDERS.get(session.provider, session.provider)
    return f"{technique}, level {_SESSION_LEVELS.get(session.level, 1)} of 3"


def scope_words(scope: Sequence[str]) -> str:
    """Print the first path of the scope and how many follow."""
    if not scope:
        return fmt.DASH
    first = "whole repository" if scope[0] == "." else scope[0]
    return first if len(scope) == 1 else f"{first} +{len(scope) - 1}"


def _strategy_line(job: JobView) -> str:
    if job.strategy is None:
        return "not chosen"
    spec = f", spec v{job.spec_version}" if job.spec_version else ""
    approved = {"APPROVED": " approved", "READY": ", not approved", "DRAFTING": ", being drafted"}
    return f"{STRATEGY_WORDS[job.strategy]}{spec}{approved.get(job.spec_status or '', '') if spec else ''}"


def _execution_count(job: JobView) -> str:
    if job.status in TERMINAL_STATES:
        return "done" if job.status is JobState.DELIVERED else "stopped"
    return f"{job.attempt_total}/{REPAIR_BUDGET}" if job.attempt_total else fmt.DASH


def map_view(job: JobView, track: TrackFacts, now: datetime) -> StageMapView:
    """Lay out the stage map with the words of its head line."""
    begun, ended = job.started_at, job.completed_at or (job.updated_at if job.status in TERMINAL_STATES else None)
    waited = sum(
        visit.seconds
        for state, visit in track.visits.items()
        if STATE_KINDS[state] is StateKind.HUMAN and state is not JobState.PENDING
    )
    runs = begun is not None and ended is None
    words = StageMapView(
        started=f"{fmt.clock(begun)} UTC" if begun else fmt.DASH,
        elapsed=fmt.elapsed(((ended or now) - begun).total_seconds()) if begun else fmt.DASH,
        since=begun.timestamp() if begun is not None and runs else 0.0,
        waiting=fmt.elapsed(waited),
        revision=f"{'Live' if runs else 'Ended'}, revision {job.state_revision}" if begun else "Not started",
    )
    return stage_map(track, words)


def attempt_cells(outcomes: Iterable[str]) -> list[str]:
    """Return one cell word per repair of the budget: failed, active, success or empty."""
    words = {"failed": "failed", "now": "active", "green": "success"}
    filled = [words[outcome] for outcome in outcomes][:REPAIR_BUDGET]
    return filled + ["empty"] * (REPAIR_BUDGET - len(filled))


def identical_cells(identical: int) -> list[str]:
    """Return one cell word per identical failure that is allowed."""
    filled = min(identical, IDENTICAL_FAILURES)
    return ["warning"] * filled + ["empty"] * (IDENTICAL_FAILURES - filled)
