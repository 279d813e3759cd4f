"""Which move follows from a person's action: one table, pure functions over job and parameters."""

from collections.abc import Callable
from typing import Any

from services.canon.clocks import TEST_RUN_CEILING_SECONDS, TEST_RUN_SECONDS
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.lifecycle import WISH_STATES, JobState, WaitKind
from services.canon.tasks import ItemKind
from services.canon.vocabulary import JobAction
from services.jobs import rules
from services.jobs.transitions import ItemRequest
from services.tables.jobs import RefactorJob
from services.workflow.decisions import Decision, fail, failure

_A, _S, _I = JobAction, JobState, ItemKind
Params = dict[str, Any]
Act = Callable[[RefactorJob, Params], Decision]


_FORGET: dict[str, Any] = {"identical_failure_count": 0, "failure_pattern_fingerprint": None}
"""What a person's wish to go on resets (R3)."""


def _select_strategy(job: RefactorJob, params: Params) -> Decision:
    changes = {"selected_proposal_id": str(params["proposal_id"]), "spec_status": "DRAFTING"}
    fact = str(params["strategy_name"])
    return Decision(
        _S.WAITING_SPEC_APPROVAL, "strategy_chosen", None, changes, fact, items=(ItemRequest(_I.EXTRACT_SPEC),)
    )


def _approve_spec(job: RefactorJob, params: Params) -> Decision:
    changes = {
        "approved_spec_revision_id": str(params["revision_id"]),
        "accepted_hazards": params["accepted_hazards"],
        "baseline_mode_wanted": None,
        "failure_reason": None,
        "failure_class": None,
        "failure_detail": None,
    }
    return Decision(_S.GENERATING_TESTS, "spec_approved", None, changes, f"spec v{params['revision_number']}")


def _revise_spec(job: RefactorJob, params: Params) -> Decision:
    changes = {**rules.spec_reset(job), "spec_status": "READY"}
    cleared = {"failure_reason": None, "failure_class": None, "failure_detail": None, "terminal_target": None}
    frame = event(EventType.JOB_UPDATED, reset="R1")
    return Decision(_S.WAITING_SPEC_APPROVAL, "spec_revised", None, {**changes, **cleared}, events=(frame,))


def _approve_tests(job: RefactorJob, params: Params) -> Decision:
    return Decision(_S.BASELINE_VALIDATION, "tests_approved")


def _use_characterization(job: RefactorJob, params: Params) -> Decision:
    return Decision(
        _S.GENERATING_TESTS, "mode_chosen", "CHARACTERIZATION", {"baseline_mode_wanted": "CHARACTERIZATION"}
    )


def _quarantine(job: RefactorJob, params: Params) -> Decision:
    return Decision(_S.BASELINE_VALIDATION, "tests_set_aside", "QUARANTINE", {"timeout_choice": None})


def _raised(job: RefactorJob) -> dict[str, Any]:
    present = job.test_timeout_seconds or TEST_RUN_SECONDS
    return {"test_timeout_seconds": min(present * 2, TEST_RUN_CEILING_SECONDS)}


def _increase_timeout(job: RefactorJob, params: Params) -> Decision:
    if job.status == _S.BASELINE_VALIDATION_FAILED.value:
        return Decision(_S.BASELINE_VALIDATION, "timeout_raised", None, _raised(job))
    return _rerun(job, {**_raised(job), "timeout_choice": _A.INCREASE_TIMEOUT.value}, "timeout_raised")


def _skip_test(job: RefactorJob, params: Params) -> Decision:
    return _rerun(job, {"timeout_choice": _A.SKIP_OR_QUARANTINE_TEST.value}, "tests_set_aside")


def _rerun(job: RefactorJob, changes: dict[str, Any], trigger: str) -> Decision:
    """Run the tests of the last attempt again; the repeated run uses no attempt (rule 4.9)."""
    return Decision(_S.SELF_HEALING, trigger, None, changes)


def _continue_repair(job: RefactorJob, params: Params) -> Decision:
    return Decision(_S.SELF_HEALING, "timeout_counts", None, {**rules.repair_started(job), "timeout_choice": None})


def _continue(job: RefactorJob, params: Params) -> Decision:
    return Decision(_S.SELF_HEALING, "continued", None, {**_FORGET, **rules.repair_started(job)})


def _stronger(job: RefactorJob, params: Params) -> Decision:
    return _with_phase(job, min(job.current_phase + 1, 3), "stronger_model", _FORGET)


def _with_phase(job: RefactorJob, phase: int, trigger: str, changes: dict[str, Any]) -> Decision:
    changes = {**changes, "current_phase": phase, **rules.repair_started(job)}
    return Decision(_S.SELF_HEALING, trigger, f"PHASE_{phase}", changes)


def _approve_escalation(job: RefactorJob, params: Params) -> Decision:
    return _with_phase(job, 3 if job.wait_kind == WaitKind.PHASE_3.value else 2, "escalation_approved", {})


def _decline_escalation(job: RefactorJob, params: Params) -> Decision:
    changes = {"escalation_declined_cycle": job.cycle_number, **rules.repair_started(job)}
    return Decision(_S.SELF_HEALING, "escalation_declined", None, changes)


def _give_up(job: RefactorJob, params: Params) -> Decision:
    timed_out = job.wait_kind == WaitKind.TIMEOUT_EXECUTION.value
    reason = "TIMEOUT_EXECUTION" if timed_out else "INTERVENTION_SILENT"
    return Decision(_S.RECOVERY_PENDING, "given_up", reason, failure(reason))


def _resolve_manually(job: RefactorJob, params: Params) -> Decision:
    return fail(job, "REMOTE_HEAD_CONFLICT", job.failure_detail, "conflict_refused")


def _cancel(job: RefactorJob, params: Params) -> Decision:
    state = JobState(job.status)
    if state is _S.DEEP_FIX_ACTIVE:
        raise IamaError("DEEP_FIX_NOT_CANCELLABLE")
    if state in WISH_STATES:
        return Decision(changes={"cancel_wished": True})
    return fail(job, "USER_CANCELLED", None, "cancelled")


ACTIONS: dict[JobAction, Act] = {
    _A.SELECT_STRATEGY: _select_strategy,
    _A.APPROVE_SPEC: _approve_spec,
    _A.REVISE_SPEC: _revise_spec,
    _A.APPROVE_TESTS: _approve_tests,
    _A.USE_CHARACTERIZATION: _use_characterization,
    _A.QUARANTINE_TESTS: _quarantine,
    _A.INCREASE_TIMEOUT: _increase_timeout,
    _A.SKIP_OR_QUARANTINE_TEST: _skip_test,
    _A.CONTINUE_REPAIR: _continue_repair,
    _A.CONTINUE_STANDARD_REPAIR: _continue,
    _A.RETRY_STRONGER_MODEL: _stronger,
    _A.APPROVE_ESCALATION: _approve_escalation,
    _A.DECLINE_ESCALATION: _decline_escalation,
    _A.GIVE_UP: _give_up,
    _A.RESOLVE_CONFLICT_MANUALLY: _resolve_manually,
    _A.CANCEL: _cancel,
}

UNAVAILABLE = frozenset({_A.DEEP_FIX, _A.INTERVENE, _A.REBASE})
"""Actions whose target state this installation does not enter."""


def silence(job: RefactorJob) -> Decision:
    """What nobody answering an intervention means (rule 4.5): pre-authorised phase first, else recovery."""
    ceiling = int(job.escalation_preauth.get("phase_ceiling", 1))
    if job.wait_kind == WaitKind.IDENTICAL_FAILURE.value and ceiling >= 2 and job.current_phase < 2:
        return _with_phase(job, 2, "silence", _FORGET)
    return _give_up(job, {})


def escalation_unanswered(job: RefactorJob) -> Decision:
    """What nobody answering an escalation means: the second band where it was allowed before, else the end."""
    if int(job.escalation_preauth.get("phase_ceiling", 1)) >= 2:
        return _with_phase(job, 2, "silence", {})
    return fail(job, "ESCALATION_CONFIRMATION_TIMEOUT", None, "silence")
