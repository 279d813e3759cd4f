"""Outcomes become moves: the order of checks, bands, wipes and endings, as pure functions."""

from typing import Any
from uuid import uuid4

import pytest

from services.canon.lifecycle import JobState, is_legal
from services.canon.tasks import ItemKind
from services.canon.vocabulary import JobAction
from services.tables.jobs import RefactorJob
from services.workflow import actions
from services.workflow.decisions import DECISIONS, Decision, fail
from services.workflow.faults import after_fault
from services.workflow.outcomes import Outcome, Result

_I, _R, _S = ItemKind, Result, JobState


def _job(status: JobState = _S.SELF_HEALING, **columns: Any) -> RefactorJob:
    base = {"tenant_id": uuid4(), "project_id": uuid4(), "owner_id": uuid4(), "source_kind": "GIT", "goal": "Clean up"}
    return RefactorJob(**{**base, "status": status.value, "state_revision": 3, **columns})


def _red(job: RefactorJob, fingerprint: str | None = "f") -> Decision:
    return DECISIONS[_I.RUN_TESTS, _R.RED](job, Outcome(_R.RED, detail={"fingerprint": fingerprint}))


class TestFirstPass:
    def test_that_fails_begins_iteration_one_without_judging_the_failure(self) -> None:
        decision = _red(_job(_S.REFACTORING))
        assert decision.to is _S.SELF_HEALING
        assert decision.changes == {"attempt_count": 1, "attempt_total": 1}

    def test_that_times_out_pauses(self) -> None:
        decision = DECISIONS[_I.RUN_TESTS, _R.TIMED_OUT](_job(_S.REFACTORING), Outcome(_R.TIMED_OUT))
        assert (decision.to, decision.changes["wait_kind"]) == (_S.WAITING_INTERVENTION, "TIMEOUT_EXECUTION")
        assert "failure_class" not in decision.changes

    def test_rerun_after_a_timeout_counts_no_failure_of_its_own(self) -> None:
        decision = _red(_job(_S.SELF_HEALING, attempt_count=0, attempt_total=0, timeout_choice="INCREASE_TIMEOUT"))
        assert decision.changes["attempt_count"] == 1
        assert decision.changes.get("identical_failure_count", 0) == 0
        assert decision.changes.get("failure_pattern_fingerprint") is None


class TestFailedRepair:
    def test_starts_the_next_iteration_in_the_same_state(self) -> None:
        decision = _red(_job(attempt_count=1, attempt_total=1))
        assert decision.to is None
        assert [item.kind for item in decision.items] == [_I.GENERATE_REPAIR]
        assert decision.changes["attempt_count"] == decision.changes["attempt_total"] == 2
        assert decision.changes["identical_failure_count"] == 1

    @pytest.mark.parametrize(("before", "paused"), [(0, False), (1, False), (2, True)])
    def test_pauses_exactly_at_the_third_identical_failure(self, before: int, paused: bool) -> None:
        job = _job(
            attempt_count=before + 1,
            attempt_total=before + 1,
            identical_failure_count=before,
            failure_pattern_fingerprint="f" if before else None,
        )
        decision = _red(job)
        assert (decision.to is _S.WAITING_INTERVENTION) is paused
        if paused:
            assert (decision.reason, decision.changes["wait_kind"]) == ("IDENTICAL_FAILURE", "IDENTICAL_FAILURE")
            assert decision.changes["identical_failure_count"] == 3

    def test_three_equal_failures_outrank_the_new_band(self) -> None:
        job = _job(
            attempt_count=3,
            attempt_total=3,
            identical_failure_count=2,
            failure_pattern_fingerprint="f",
            current_phase=1,
        )
        assert _red(job).to is _S.WAITING_INTERVENTION

    def test_the_spent_budget_outranks_three_equal_failures(self) -> None:
        job = _job(
            attempt_count=10,
            attempt_total=10,
            identical_failure_count=2,
            failure_pattern_fingerprint="f",
            current_phase=3,
        )
        decision = _red(job)
        assert (decision.to, decision.reason) == (_S.RECOVERY_PENDING, "RETRY_BUDGET_EXHAUSTED")
        assert decision.changes["failure_class"] == "LOGIC_FAILURE"

    def test_budget_holds_across_cycles_of_deep_fix(self) -> None:
        assert _red(_job(attempt_count=1, attempt_total=10, cycle_number=3)).to is _S.RECOVERY_PENDING

    def test_ninth_failure_still_repairs(self) -> None:
        assert _red(_job(attempt_count=9, attempt_total=9, current_phase=3)).to is None

    @pytest.mark.parametrize(("done", "wait"), [(3, "PHASE_2"), (6, "PHASE_3")])
    def test_asks_before_a_dearer_band(self, done: int, wait: str) -> None:
        job = _job(attempt_count=done, attempt_total=done, current_phase=1 if done == 3 else 2)
        decision = _red(job)
        assert (decision.to, decision.changes["wait_kind"]) == (_S.WAITING_ESCALATION_DECISION, wait)
        assert "attempt_count" not in decision.changes

    @pytest.mark.parametrize(("done", "ceiling", "phase"), [(3, 2, 2), (6, 3, 3), (3, 3, 2)])
    def test_goes_straight_on_where_the_band_was_allowed_before(self, done: int, ceiling: int, phase: int) -> None:
        job = _job(
            attempt_count=done,
            attempt_total=done,
            current_phase=1 if done == 3 else 2,
            escalation_preauth={"phase_ceiling": ceiling},
        )
        decision = _red(job)
        assert decision.to is None
        assert decision.changes["current_phase"] == phase

    @pytest.mark.parametrize("done", [3, 6])
    def test_does_not_ask_again_in_a_cycle_that_declined(self, done: int) -> None:
        job = _job(attempt_count=done, attempt_total=done, current_phase=1, cycle_number=2, escalation_declined_cycle=2)
        decision = _red(job)
        assert decision.to is None
        assert decision.changes["current_phase"] == 1

    def test_asks_again_in_the_next_cycle(self) -> None:
        job = _job(attempt_count=3, attempt_total=3, current_phase=1, cycle_number=3, escalation_declined_cycle=2)
        assert _red(job).to is _S.WAITING_ESCALATION_DECISION

    def test_a_repair_without_change_counts_as_failed(self) -> None:
        decision = DECISIONS[_I.GENERATE_REPAIR, _R.EMPTY](_job(attempt_count=10, attempt_total=10), Outcome(_R.EMPTY))
        assert decision.to is _S.RECOVERY_PENDING


def _waiting(wait: str, **columns: Any) -> RefactorJob:
    state = _S.WAITING_ESCALATION_DECISION if wait.startswith("PHASE") else _S.WAITING_INTERVENTION
    return _job(state, wait_kind=wait, **columns)


class TestActions:
    def test_continue_and_stronger_model_forget_the_fingerprint(self) -> None:
        job = _waiting("IDENTICAL_FAILURE", attempt_count=3, attempt_total=3, identical_failure_count=3)
        for action in (JobAction.CONTINUE_STANDARD_REPAIR, JobAction.RETRY_STRONGER_MODEL):
            decision = actions.ACTIONS[action](job, {})
            assert decision.to is _S.SELF_HEALING
            assert decision.changes["identical_failure_count"] == 0
            assert decision.changes["failure_pattern_fingerprint"] is None
            assert (decision.changes["attempt_count"], decision.changes["attempt_total"]) == (4, 4)

    def test_an_approved_band_keeps_counting_equal_failures(self) -> None:
        job = _waiting("PHASE_2", attempt_count=3, attempt_total=3, identical_failure_count=2)
        decision = actions.ACTIONS[JobAction.APPROVE_ESCALATION](job, {})
        assert (decision.to, decision.changes["current_phase"]) == (_S.SELF_HEALING, 2)
        assert "identical_failure_count" not in decision.changes
        assert decision.changes["attempt_count"] == 4

    def test_a_declined_band_goes_on_in_the_present_class(self) -> None:
        job = _waiting("PHASE_2", attempt_count=3, attempt_total=3, cycle_number=4)
        decision = actions.ACTIONS[JobAction.DECLINE_ESCALATION](job, {})
        assert decision.changes == {"escalation_declined_cycle": 4, "attempt_count": 4, "attempt_total": 4}

    @pytest.mark.parametrize("action", [JobAction.INCREASE_TIMEOUT, JobAction.SKIP_OR_QUARANTINE_TEST])
    def test_a_rerun_after_a_timeout_uses_no_attempt(self, action: JobAction) -> None:
        decision = actions.ACTIONS[action](_waiting("TIMEOUT_EXECUTION", attempt_count=2, attempt_total=2), {})
        assert decision.to is _S.SELF_HEALING
        assert not {"attempt_count", "attempt_total", "identical_failure_count"} & set(decision.changes)

    def test_a_raised_time_limit_stays_within_its_ceiling(self) -> None:
        raise_it = actions.ACTIONS[JobAction.INCREASE_TIMEOUT]
        assert raise_it(_waiting("TIMEOUT_EXECUTION"), {}).changes["test_timeout_seconds"] == 1800
        job = _waiting("TIMEOUT_EXECUTION", test_timeout_seconds=3000)
        assert raise_it(job, {}).changes["test_timeout_seconds"] == 3600

    def test_treating_a_timeout_as_failure_uses_the_attempt(self) -> None:
        job = _waiting("TIMEOUT_EXECUTION", attempt_count=2, attempt_total=2)
        decision = actions.ACTIONS[JobAction.CONTINUE_REPAIR](job, {})
        assert (decision.changes["attempt_count"], decision.changes["attempt_total"]) == (3, 3)

    @pytest.mark.parametrize(
        ("wait", "reason"), [("TIMEOUT_EXECUTION",) * 2, ("IDENTICAL_FAILURE", "INTERVENTION_SILENT")]
    )
    def test_giving_up_leads_to_recovery(self, wait: str, reason: str) -> None:
        decision = actions.ACTIONS[JobAction.GIVE_UP](_waiting(wait), {})
        assert (decision.to, decision.changes["failure_reason"]) == (_S.RECOVERY_PENDING, reason)

    @pytest.mark.parametrize("state", ["REPO_SYNC_SCRATCH_WIPING", "RECOVERY_PENDING", "REMOTE_WIPE_VERIFYING"])
    def test_a_cancel_during_a_transit_is_a_wish(self, state: str) -> None:
        decision = actions.ACTIONS[JobAction.CANCEL](_job(JobState(state)), {})
        assert (decision.to, decision.changes) == (None, {"cancel_wished": True})

    @pytest.mark.parametrize("state", [s for s in JobState if is_legal(s, _S.FAILED) and s is not _S.DEEP_FIX_ACTIVE])
    def test_a_cancel_elsewhere_ends_the_job(self, state: JobState) -> None:
        if state in (_S.REPO_SYNC_SCRATCH_WIPING, _S.RECOVERY_PENDING, _S.REMOTE_WIPE_VERIFYING):
            return
        decision = actions.ACTIONS[JobAction.CANCEL](_job(state), {})
        assert (decision.to, decision.changes["failure_class"]) == (_S.FAILED, "USER_CANCELLED")


class TestSilence:
    def test_uses_the_allowed_second_band_first(self) -> None:
        job = _waiting("IDENTICAL_FAILURE", escalation_preauth={"phase_ceiling": 2}, attempt_count=3, attempt_total=3)
        decision = actions.silence(job)
        assert (decision.to, decision.changes["current_phase"]) == (_S.SELF_HEALING, 2)
        assert decision.changes["identical_failure_count"] == 0

    @pytest.mark.parametrize(
        ("wait", "columns"),
        [
            ("IDENTICAL_FAILURE", {}),
            ("IDENTICAL_FAILURE", {"escalation_preauth": {"phase_ceiling": 3}, "current_phase": 2}),
            ("TIMEOUT_EXECUTION", {"escalation_preauth": {"phase_ceiling": 3}}),
        ],
    )
    def test_otherwise_leads_to_recovery(self, wait: str, columns: dict[str, Any]) -> None:
        assert actions.silence(_waiting(wait, **columns)).to is _S.RECOVERY_PENDING

    def test_on_an_escalation_ends_the_job(self) -> None:
        decision = actions.escalation_unanswered(_waiting("PHASE_2"))
        assert (decision.to, decision.reason) == (_S.FAILED, "ESCALATION_CONFIRMATION_TIMEOUT")

    def test_on_an_escalation_goes_on_where_the_second_band_was_allowed_before(self) -> None:
        job = _waiting("PHASE_3", escalation_preauth={"phase_ceiling": 2}, current_phase=2, attempt_count=6)
        decision = actions.escalation_unanswered(job)
        assert (decision.to, decision.changes["current_phase"]) == (_S.SELF_HEALING, 2)


class TestEndings:
    def test_of_a_running_sync_pass_through_the_scratch_wipe(self) -> None:
        decision = fail(_job(_S.REPO_SYNCING), "USER_CANCELLED", None, "cancelled")
        assert (decision.to, decision.changes["terminal_target"]) == (_S.REPO_SYNC_SCRATCH_WIPING, "FAILED")

    @pytest.mark.parametrize("kind", [_I.WIPE_SCRATCH, _I.WIPE_SANDBOX])
    def test_go_where_the_wipe_was_meant_to_lead(self, kind: ItemKind) -> None:
        job = _job(_S.REMOTE_WIPE_VERIFYING, terminal_target="DELIVERED")
        assert DECISIONS[kind, _R.DONE](job, Outcome(_R.DONE)).to is _S.DELIVERED

    def test_honour_a_wish_to_cancel_after_the_wipe(self) -> None:
        job = _job(_S.REMOTE_WIPE_VERIFYING, terminal_target="DELIVERED", cancel_wished=True)
        decision = DECISIONS[_I.WIPE_SANDBOX, _R.DONE](job, Outcome(_R.DONE))
        assert (decision.to, decision.changes["failure_reason"]) == (_S.FAILED, "USER_CANCELLED")

    def test_wait_for_evidence(self) -> None:
        decision = DECISIONS[_I.WIPE_SANDBOX, _R.STALLED](_job(_S.REMOTE_WIPE_VERIFYING), Outcome(_R.STALLED))
        assert (decision.to, decision.retry_wipe) == (None, True)

    def test_without_change_are_a_fallback_never_a_delivery(self) -> None:
        decision = DECISIONS[_I.GENERATE_PATCH, _R.EMPTY](_job(_S.REFACTORING), Outcome(_R.EMPTY))
        assert decision.changes["terminal_target"] == "FALLBACK_REQUIRED"
        assert decision.changes["failure_reason"] == "NO_CHANGE_PRODUCED"

    def test_of_a_green_gate_are_deliveries_after_the_wipe(self) -> None:
        decision = DECISIONS[_I.DELIVERY_GATE, _R.DONE](_job(), Outcome(_R.DONE))
        assert (decision.to, decision.changes["terminal_target"]) == (_S.REMOTE_WIPE_VERIFYING, "DELIVERED")

    def test_of_a_moved_branch_wait_for_a_person(self) -> None:
        decision = DECISIONS[_I.DELIVERY_GATE, _R.DRIFTED](_job(), Outcome(_R.DRIFTED))
        assert decision.to is _S.REMOTE_HEAD_CONFLICT


class TestAfterFault:
    @pytest.mark.parametrize("kind", [_I.WIPE_SCRATCH, _I.WIPE_SANDBOX])
    def test_wipes_never_end_a_job(self, kind: ItemKind) -> None:
        assert after_fault(_job(_S.REMOTE_WIPE_VERIFYING), kind, "INFRA_FAILURE", "x").retry_wipe

    def test_a_failed_restore_has_its_own_reason(self) -> None:
        decision = after_fault(_job(_S.RECOVERY_PENDING), _I.RESTORE, "INFRA_FAILURE", "x")
        assert decision.changes["failure_reason"] == "RECOVERY_FAILED"

    @pytest.mark.parametrize(("code", "reason"), [("MODEL_OUTPUT_INVALID",) * 2, ("NOT_A_REASON", "INFRA_FAILURE")])
    def test_keeps_known_reasons_only(self, code: str, reason: str) -> None:
        decision = after_fault(_job(), _I.GENERATE_REPAIR, code, "x")
        assert decision.changes["failure_reason"] == reason
        assert decision.changes["failure_class"] == "INFRA_FAILURE"
