"""Pure decisions about a job: which actions its state offers, how its counters move."""

from collections.abc import Mapping
from typing import Any, Protocol

from services.canon.lifecycle import TERMINAL_STATES, WISH_STATES, JobState, WaitKind
from services.canon.limits import REPAIR_BUDGET
from services.canon.vocabulary import JobAction

_A, _S, _W = JobAction, JobState, WaitKind

_TIMEOUT_CHOICES = (_A.INCREASE_TIMEOUT, _A.SKIP_OR_QUARANTINE_TEST, _A.CONTINUE_REPAIR)

_REPAIRS = frozenset({_A.CONTINUE_STANDARD_REPAIR, _A.RETRY_STRONGER_MODEL, _A.CONTINUE_REPAIR})
"""Actions that start another iteration and so need budget."""

OFFERED: dict[tuple[JobState, str | None], tuple[JobAction, ...]] = {
    (_S.PENDING, None): (_A.START,),
    (_S.WAITING_STRATEGY, None): (_A.SELECT_STRATEGY,),
    (_S.WAITING_SPEC_APPROVAL, None): (_A.APPROVE_SPEC,),
    (_S.GENERATING_TESTS, _W.TEST_REVIEW): (_A.APPROVE_TESTS, _A.REVISE_SPEC),
    (_S.BASELINE_VALIDATION_FAILED, _W.BASELINE_FAILED): (
        _A.REVISE_SPEC,
        _A.USE_CHARACTERIZATION,
        _A.QUARANTINE_TESTS,
    ),
    (_S.BASELINE_VALIDATION_FAILED, _W.TIMEOUT_EXECUTION): (_A.INCREASE_TIMEOUT, _A.REVISE_SPEC, _A.QUARANTINE_TESTS),
    (_S.BASELINE_VALIDATION_FAILED, _W.BUILD_FAILED): (_A.REVISE_SPEC,),
    (_S.WAITING_ESCALATION_DECISION, _W.PHASE_2): (_A.APPROVE_ESCALATION, _A.DECLINE_ESCALATION),
    (_S.WAITING_ESCALATION_DECISION, _W.PHASE_3): (_A.APPROVE_ESCALATION, _A.DECLINE_ESCALATION),
    (_S.WAITING_INTERVENTION, _W.IDENTICAL_FAILURE): (
        _A.CONTINUE_STANDARD_REPAIR,
        _A.RETRY_STRONGER_MODEL,
        _A.REVISE_SPEC,
        _A.GIVE_UP,
    ),
    (_S.WAITING_INTERVENTION, _W.TIMEOUT_EXECUTION): (*_TIMEOUT_CHOICES, _A.REVISE_SPEC, _A.GIVE_UP),
    (_S.FALLBACK_REQUIRED, None): (_A.REVISE_SPEC,),
    (_S.REMOTE_HEAD_CONFLICT, None): (_A.RESOLVE_CONFLICT_MANUALLY,),
}
"""Actions of a state, narrowed by why it waits; cancelling is added for every unfinished state."""

NOT_CANCELLABLE = TERMINAL_STATES | {_S.CLIENT_HEARTBEAT_LOST, _S.DEEP_FIX_ACTIVE}


class JobFacts(Protocol):
    """The columns that decisions read."""

    status: str
    wait_kind: str | None
    attempt_count: int
    attempt_total: int
    cycle_number: int
    current_phase: int
    cancel_wished: bool


def offered_actions(job: JobFacts) -> list[JobAction]:
    """List what would be accepted now, the way forward first."""
    state = JobState(job.status)
    wait = job.wait_kind
    actions = list(OFFERED.get((state, wait), OFFERED.get((state, None), ())))
    if job.attempt_total >= REPAIR_BUDGET:
        actions = [a for a in actions if a not in _REPAIRS]
    if state not in NOT_CANCELLABLE and not (state in WISH_STATES and job.cancel_wished):
        actions.append(_A.CANCEL)
    return actions


def spec_reset(job: JobFacts) -> dict[str, Any]:
    """Counters after a spec-driven reset (R1)."""
    return {
        "attempt_count": 0,
        "attempt_total": 0,
        "identical_failure_count": 0,
        "failure_pattern_fingerprint": None,
        "cycle_number": job.cycle_number + 1,
        "current_phase": 1,
        "escalation_declined_cycle": None,
        "wait_kind": None,
        "wait_deadline_at": None,
    }


def repair_started(job: JobFacts) -> dict[str, Any]:
    """Counters when a repair iteration starts."""
    return {"attempt_count": job.attempt_count + 1, "attempt_total": job.attempt_total + 1}


def repair_failed(stored_fingerprint: str | None, identical: int, fingerprint: str | None) -> dict[str, Any]:
    """Counters when a repair iteration fails with a fingerprint."""
    same = fingerprint is not None and fingerprint == stored_fingerprint
    return {
        "identical_failure_count": identical + 1 if same else 1,
        "failure_pattern_fingerprint": fingerprint,
    }


def phase_of(attempt_in_cycle: int) -> int:
    """Return the cascade band of a repair iteration: 1–3, 4–6, 7–10."""
    return 1 if attempt_in_cycle <= 3 else 2 if attempt_in_cycle <= 6 else 3


def counts(strip: str) -> Mapping[str, int]:
    """Count the letters of an outcome strip."""
    return {
        "passed": strip.count("p"),
        "failed": strip.count("f"),
        "skipped": strip.count("s"),
        "not_run": strip.count("n"),
    }
