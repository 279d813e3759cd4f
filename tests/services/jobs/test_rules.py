"""Counters and offered actions: the tables of the states reference as pure functions."""

from dataclasses import dataclass

import pytest

from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction
from services.jobs import rules


@dataclass
class Facts:
    """The columns that decisions read."""

    status: str = "SELF_HEALING"
    wait_kind: str | None = None
    attempt_count: int = 2
    attempt_total: int = 5
    cycle_number: int = 1
    current_phase: int = 2
    cancel_wished: bool = False


class TestRepairStarted:
    def test_raises_both_counters(self) -> None:
        assert rules.repair_started(Facts()) == {"attempt_count": 3, "attempt_total": 6}


class TestRepairFailed:
    def test_counts_an_equal_fingerprint_on(self) -> None:
        assert rules.repair_failed("f", 1, "f") == {"identical_failure_count": 2, "failure_pattern_fingerprint": "f"}

    @pytest.mark.parametrize(("stored", "found"), [("f", "g"), (None, "g"), ("f", None), (None, None)])
    def test_begins_at_one_with_another_or_no_fingerprint(self, stored: str | None, found: str | None) -> None:
        changes = rules.repair_failed(stored, 2, found)
        assert changes == {"identical_failure_count": 1, "failure_pattern_fingerprint": found}

    def test_reaches_three_exactly_at_the_third_in_a_row(self) -> None:
        stored, count, seen = None, 0, []
        for fingerprint in ("a", "b", "b", "a", "a", "a"):
            changes = rules.repair_failed(stored, count, fingerprint)
            stored, count = changes["failure_pattern_fingerprint"], changes["identical_failure_count"]
            seen.append(count)
        assert seen == [1, 1, 2, 1, 2, 3]


class TestSpecReset:
    def test_begins_a_new_cycle_with_everything_at_zero(self) -> None:
        changes = rules.spec_reset(Facts())
        assert (changes["attempt_count"], changes["attempt_total"], changes["identical_failure_count"]) == (0, 0, 0)
        assert changes["failure_pattern_fingerprint"] is None
        assert (changes["cycle_number"], changes["current_phase"]) == (2, 1)
        assert (changes["wait_kind"], changes["escalation_declined_cycle"]) == (None, None)


class TestPhaseOf:
    @pytest.mark.parametrize(("iteration", "phase"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (10, 3)])
    def test_follows_the_bands(self, iteration: int, phase: int) -> None:
        assert rules.phase_of(iteration) == phase


class TestOfferedActions:
    @pytest.mark.parametrize("state", list(JobState))
    def test_end_with_cancelling_where_a_cancel_is_allowed(self, state: JobState) -> None:
        not_allowed = {"FALLBACK_REQUIRED", "DELIVERED", "FAILED", "CLIENT_HEARTBEAT_LOST", "DEEP_FIX_ACTIVE"}
        offered = rules.offered_actions(Facts(status=state.value))
        assert (JobAction.CANCEL in offered) is (state.value not in not_allowed)

    @pytest.mark.parametrize("state", ["REPO_SYNC_SCRATCH_WIPING", "RECOVERY_PENDING", "REMOTE_WIPE_VERIFYING"])
    def test_take_one_wish_to_cancel_during_a_transit(self, state: str) -> None:
        assert rules.offered_actions(Facts(status=state, cancel_wished=True)) == []

    def test_order_those_of_an_intervention_by_the_way_forward(self) -> None:
        offered = rules.offered_actions(Facts(status="WAITING_INTERVENTION", wait_kind="IDENTICAL_FAILURE"))
        assert [action.value for action in offered] == [
            "CONTINUE_STANDARD_REPAIR",
            "RETRY_STRONGER_MODEL",
            "REVISE_SPEC",
            "GIVE_UP",
            "CANCEL",
        ]

    @pytest.mark.parametrize("wait", ["IDENTICAL_FAILURE", "TIMEOUT_EXECUTION"])
    def test_offer_no_further_repair_when_the_budget_is_spent(self, wait: str) -> None:
        offered = rules.offered_actions(Facts(status="WAITING_INTERVENTION", wait_kind=wait, attempt_total=10))
        repairs = {JobAction.CONTINUE_STANDARD_REPAIR, JobAction.RETRY_STRONGER_MODEL, JobAction.CONTINUE_REPAIR}
        assert not repairs & set(offered)
        assert JobAction.GIVE_UP in offered

    def test_offer_only_a_new_spec_when_the_build_failed(self) -> None:
        offered = rules.offered_actions(Facts(status="BASELINE_VALIDATION_FAILED", wait_kind="BUILD_FAILED"))
        assert offered == [JobAction.REVISE_SPEC, JobAction.CANCEL]


class TestCounts:
    def test_counts_letters_of_a_strip(self) -> None:
        assert rules.counts("ppfsn") == {"passed": 2, "failed": 1, "skipped": 1, "not_run": 1}
