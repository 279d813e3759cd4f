"""Which move follows from an outcome: one table, pure functions (states reference, sections 2 to 4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.canon.events import EventType, event
from services.canon.lifecycle import REASON_CLASSES, FailureClass, JobState, WaitKind
from services.canon.limits import IDENTICAL_FAILURES, REPAIR_BUDGET
from services.canon.tasks import ItemKind
from services.jobs import rules
from services.jobs.transitions import ItemRequest
from services.tables.jobs import RefactorJob
from services.workflow.outcomes import Outcome, Result

_S, _I, _R = JobState, ItemKind, Result


@dataclass(frozen=True, slots=True)
class Decision:
    """A move, or with `to` None more work in the same state."""

    to: JobState | None = None
    trigger: str = ""
    reason: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    fact: str | None = None
    items: tuple[ItemRequest, ...] = ()
    events: tuple[dict[str, Any], ...] = ()
    retry_wipe: bool = False


Decide = Callable[[RefactorJob, Outcome], Decision]


def failure(reason: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    """Job columns that say why it ended."""
    failure_class = REASON_CLASSES.get(reason, FailureClass.INFRA_FAILURE)
    return {"failure_reason": reason, "failure_class": failure_class.value, "failure_detail": detail or {}}


def fail(job: RefactorJob, reason: str, detail: dict[str, Any] | None, trigger: str) -> Decision:
    """End a job as `FAILED`; scratch source is wiped first, a live sandbox by `moves` (V2-FR-RUN-007)."""
    changes = failure(reason, detail)
    if job.status == _S.REPO_SYNCING.value:
        return Decision(_S.REPO_SYNC_SCRATCH_WIPING, trigger, reason, {**changes, "terminal_target": _S.FAILED.value})
    return Decision(_S.FAILED, trigger, reason, changes)


def _synced(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(
        _S.REPO_SYNC_SCRATCH_WIPING, "handed_over", fact=outcome.fact, changes={"terminal_target": _S.ANALYZING.value}
    )


def _sync_refused(job: RefactorJob, outcome: Outcome) -> Decision:
    reason = outcome.reason or "INFRA_FAILURE"
    changes = {**failure(reason, outcome.detail), "terminal_target": _S.FAILED.value}
    return Decision(_S.REPO_SYNC_SCRATCH_WIPING, "sync_refused", reason, changes)


def _wiped(job: RefactorJob, outcome: Outcome) -> Decision:
    target = JobState(job.terminal_target or _S.FAILED.value)
    if job.cancel_wished and target is not _S.FAILED:
        return Decision(_S.FAILED, "wiped", "USER_CANCELLED", failure("USER_CANCELLED"), outcome.fact)
    return Decision(target, "wiped", job.failure_reason, {"terminal_target": None}, outcome.fact)


def _wipe_stalled(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(retry_wipe=True, events=(event(EventType.WIPE, step=job.status, verified=False),))


def _analysed(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(_S.WAITING_STRATEGY, "analysed", fact=outcome.fact)


def _refused(job: RefactorJob, outcome: Outcome) -> Decision:
    reason = outcome.reason or "INFRA_FAILURE"
    return Decision(_S.FAILED, "refused", reason, failure(reason, outcome.detail))


def _spec_ready(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(changes={"spec_status": "READY"}, fact=outcome.fact)


def _tests_stored(job: RefactorJob, outcome: Outcome) -> Decision:
    if job.review_tests:
        wait = WaitKind.TEST_REVIEW
        return Decision(
            changes={"wait_kind": wait.value},
            fact=outcome.fact,
            events=(event(EventType.BASELINE_DECISION_REQUIRED, wait_kind=wait.value),),
        )
    return Decision(_S.BASELINE_VALIDATION, "tests_stored", fact=outcome.fact)


def _provisioned(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(_S.REMOTE_EXECUTION_RUNNING, "provisioned", fact=outcome.fact)


def _not_provisioned(job: RefactorJob, outcome: Outcome) -> Decision:
    reason = outcome.reason or "SANDBOX_UNAVAILABLE"
    return Decision(_S.FAILED, "not_provisioned", reason, failure(reason, outcome.detail))


def _built(job: RefactorJob, outcome: Outcome) -> Decision:
    target = JobState(job.resume_state or _S.BASELINE_VALIDATION.value)
    return Decision(target, "built", fact=outcome.fact, changes={"resume_state": None})


def _build_failed(job: RefactorJob, outcome: Outcome) -> Decision:
    if job.resume_state in (None, _S.BASELINE_VALIDATION.value):
        changes = {"wait_kind": WaitKind.BUILD_FAILED.value, "failure_detail": outcome.detail, "resume_state": None}
        return Decision(_S.BASELINE_VALIDATION_FAILED, "build_failed", "BUILD_FAILED", changes, outcome.fact)
    return Decision(
        _S.RECOVERY_PENDING,
        "build_failed",
        "BUILD_FAILED",
        {**failure("BUILD_FAILED", outcome.detail), "resume_state": None},
    )


def _baseline_holds(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(_S.REFACTORING, "baseline_holds", fact=outcome.fact)


def _baseline_fails(job: RefactorJob, outcome: Outcome) -> Decision:
    timed_out = outcome.result is _R.TIMED_OUT
    wait = WaitKind.TIMEOUT_EXECUTION if timed_out else WaitKind.BASELINE_FAILED
    changes = {"wait_kind": wait.value, "failure_detail": outcome.detail}
    events = (event(EventType.BASELINE_DECISION_REQUIRED, wait_kind=wait.value),)
    return Decision(_S.BASELINE_VALIDATION_FAILED, "baseline_fails", wait.value, changes, outcome.fact, events=events)


def _patched(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(items=(ItemRequest(_I.RUN_TESTS, {"attempt_number": outcome.detail["attempt_number"]}),))


def _no_change(job: RefactorJob, outcome: Outcome) -> Decision:
    changes = {**failure("NO_CHANGE_PRODUCED", outcome.detail), "terminal_target": _S.FALLBACK_REQUIRED.value}
    return Decision(_S.REMOTE_WIPE_VERIFYING, "no_change", "NO_CHANGE_PRODUCED", changes, outcome.fact)


def _green(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(items=(ItemRequest(_I.DELIVERY_GATE, {"attempt_number": outcome.detail["attempt_number"]}),))


def _red(job: RefactorJob, outcome: Outcome) -> Decision:
    if job.status == _S.REFACTORING.value:
        changes = rules.repair_started(job)
        return Decision(_S.SELF_HEALING, "tests_red", fact=outcome.fact, changes=changes)
    if job.attempt_count == 0:
        return Decision(changes=rules.repair_started(job), items=(ItemRequest(_I.GENERATE_REPAIR),))
    fingerprint = outcome.detail.get("fingerprint")
    changes = rules.repair_failed(job.failure_pattern_fingerprint, job.identical_failure_count, fingerprint)
    return after_failed_repair(job, changes, outcome.fact)


def after_failed_repair(job: RefactorJob, changes: dict[str, Any], fact: str | None) -> Decision:
    """Order of checks after a failed repair (rule 4.3): budget, identical failures, band, next iteration."""
    if job.attempt_total >= REPAIR_BUDGET:
        return Decision(
            _S.RECOVERY_PENDING,
            "budget_spent",
            "RETRY_BUDGET_EXHAUSTED",
            {**changes, **failure("RETRY_BUDGET_EXHAUSTED")},
            fact,
        )
    if changes["identical_failure_count"] >= IDENTICAL_FAILURES:
        wait = {"wait_kind": WaitKind.IDENTICAL_FAILURE.value}
        return Decision(_S.WAITING_INTERVENTION, "identical_failure", "IDENTICAL_FAILURE", {**changes, **wait}, fact)
    return next_repair(job, changes)


def next_repair(job: RefactorJob, changes: dict[str, Any]) -> Decision:
    """Begin the next iteration in the same state, or ask before a dearer band."""
    phase = rules.phase_of(job.attempt_count + 1)
    ceiling = int(job.escalation_preauth.get("phase_ceiling", 1))
    asked = phase > max(job.current_phase, ceiling) and job.escalation_declined_cycle != job.cycle_number
    if asked:
        wait = WaitKind.PHASE_2 if phase == 2 else WaitKind.PHASE_3
        return Decision(_S.WAITING_ESCALATION_DECISION, "new_band", wait.value, {**changes, "wait_kind": wait.value})
    raised = phase if phase <= max(job.current_phase, ceiling) else job.current_phase
    changes = {**changes, **rules.repair_started(job), "current_phase": max(raised, job.current_phase)}
    return Decision(changes=changes, items=(ItemRequest(_I.GENERATE_REPAIR),))


def _tests_timed_out(job: RefactorJob, outcome: Outcome) -> Decision:
    changes = {"wait_kind": WaitKind.TIMEOUT_EXECUTION.value, "failure_detail": outcome.detail}
    return Decision(_S.WAITING_INTERVENTION, "timed_out", "TIMEOUT_EXECUTION", changes, outcome.fact)


def _gate_clear(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(
        _S.REMOTE_WIPE_VERIFYING, "gate_clear", fact=outcome.fact, changes={"terminal_target": _S.DELIVERED.value}
    )


def _gate_drifted(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(
        _S.REMOTE_HEAD_CONFLICT, "head_moved", "REMOTE_HEAD_CONFLICT", {"failure_detail": outcome.detail}, outcome.fact
    )


def _restored(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(
        _S.REMOTE_WIPE_VERIFYING,
        "restored",
        job.failure_reason,
        {"terminal_target": _S.FALLBACK_REQUIRED.value},
        outcome.fact,
    )


def _stay(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(fact=outcome.fact)


def _subset_proven(job: RefactorJob, outcome: Outcome) -> Decision:
    return Decision(items=(ItemRequest(_I.PUBLISH, {"delivery_id": outcome.detail["delivery_id"]}),))


DECISIONS: dict[tuple[ItemKind, Result], Decide] = {
    (_I.SYNC_REPOSITORY, _R.DONE): _synced,
    (_I.SYNC_REPOSITORY, _R.REFUSED): _sync_refused,
    (_I.WIPE_SCRATCH, _R.DONE): _wiped,
    (_I.WIPE_SCRATCH, _R.STALLED): _wipe_stalled,
    (_I.ANALYSE, _R.DONE): _analysed,
    (_I.ANALYSE, _R.REFUSED): _refused,
    (_I.EXTRACT_SPEC, _R.DONE): _spec_ready,
    (_I.EXTRACT_SPEC, _R.REFUSED): _refused,
    (_I.GENERATE_TESTS, _R.DONE): _tests_stored,
    (_I.GENERATE_TESTS, _R.REFUSED): _refused,
    (_I.PROVISION_SANDBOX, _R.DONE): _provisioned,
    (_I.PROVISION_SANDBOX, _R.REFUSED): _not_provisioned,
    (_I.PROVISION_SANDBOX, _R.UNAVAILABLE): _not_provisioned,
    (_I.BUILD, _R.DONE): _built,
    (_I.BUILD, _R.REFUSED): _build_failed,
    (_I.RUN_BASELINE, _R.GREEN): _baseline_holds,
    (_I.RUN_BASELINE, _R.RED): _baseline_fails,
    (_I.RUN_BASELINE, _R.TIMED_OUT): _baseline_fails,
    (_I.GENERATE_PATCH, _R.DONE): _patched,
    (_I.GENERATE_PATCH, _R.EMPTY): _no_change,
    (_I.GENERATE_REPAIR, _R.DONE): _patched,
    (_I.GENERATE_REPAIR, _R.EMPTY): _red,
    (_I.RUN_TESTS, _R.GREEN): _green,
    (_I.RUN_TESTS, _R.RED): _red,
    (_I.RUN_TESTS, _R.TIMED_OUT): _tests_timed_out,
    (_I.DELIVERY_GATE, _R.DONE): _gate_clear,
    (_I.DELIVERY_GATE, _R.DRIFTED): _gate_drifted,
    (_I.RESTORE, _R.DONE): _restored,
    (_I.WIPE_SANDBOX, _R.DONE): _wiped,
    (_I.WIPE_SANDBOX, _R.STALLED): _wipe_stalled,
    (_I.RELEASE_SANDBOX, _R.DONE): _stay,
    (_I.RELEASE_SANDBOX, _R.STALLED): _stay,
    (_I.PUBLISH, _R.DONE): _stay,
    (_I.PUBLISH, _R.REFUSED): _stay,
    (_I.PUBLISH, _R.DRIFTED): _stay,
    (_I.PROVE_SUBSET, _R.GREEN): _subset_proven,
    (_I.PROVE_SUBSET, _R.RED): _stay,
    (_I.EXPIRE_ARTIFACTS, _R.DONE): _stay,
    (_I.PROBE, _R.DONE): _stay,
}
