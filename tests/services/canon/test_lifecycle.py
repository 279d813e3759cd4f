"""The state machine against the pairs typed from its reference."""

import pytest

from services.canon.lifecycle import (
    LEGAL_TARGETS,
    LIVE_SESSION_STATES,
    REASON_CLASSES,
    SPEC_RESTART_STATES,
    STATE_KINDS,
    TERMINAL_STATES,
    WISH_STATES,
    FailureClass,
    JobState,
    StateKind,
    is_legal,
    legal_pairs,
)
from tests.support.legal_pairs import expected_pairs, expected_targets

EXPECTED = set(expected_pairs())
KINDS = {
    "A": "REPO_SYNCING ANALYZING GENERATING_ANALYSIS_REPORT GENERATING_TESTS REMOTE_EXECUTION_QUEUED "
    "REMOTE_EXECUTION_RUNNING BASELINE_VALIDATION REFACTORING SELF_HEALING DEEP_FIX_ACTIVE REMOTE_REBASE_VALIDATING",
    "H": "PENDING REPO_PRECHECK_BLOCKED WAITING_STRATEGY WAITING_SPEC_APPROVAL BASELINE_VALIDATION_FAILED "
    "WAITING_ESCALATION_DECISION WAITING_INTERVENTION USER_INTERVENING REMOTE_HEAD_CONFLICT SYNC_APPLY_CONFLICT",
    "X": "REPO_SYNC_THROTTLED REPO_SYNC_SCRATCH_WIPING RECOVERY_PENDING CLIENT_HEARTBEAT_LOST REMOTE_WIPE_VERIFYING",
    "T": "FALLBACK_REQUIRED DELIVERED FAILED",
}
REASONS = {
    "RETRY_BUDGET_EXHAUSTED": "LOGIC_FAILURE",
    "INTERVENTION_SILENT": "LOGIC_FAILURE",
    "ESCALATION_CONFIRMATION_TIMEOUT": "LOGIC_FAILURE",
    "INTERVENTION_TIMEOUT": "USER_CANCELLED",
    "USER_CANCELLED": "USER_CANCELLED",
    "FORCE_TERMINATED_BY_USER": "USER_CANCELLED",
    "IDLE_EXPIRED": "USER_CANCELLED",
    "CLIENT_DISCONNECTED": "CLIENT_DISCONNECTED",
    "TIMEOUT_EXECUTION": "TIMEOUT_EXECUTION",
    "REMOTE_HEAD_CONFLICT": "LOGIC_FAILURE",
    "INSUFFICIENT_FUNDS": "POLICY_BLOCKED",
    "CONTEXT_CAP_EXCEEDED": "POLICY_BLOCKED",
    "LANGUAGE_UNSUPPORTED": "POLICY_BLOCKED",
    "SECRET_DETECTED": "POLICY_BLOCKED",
    "GITHUB_AUTHORIZATION_REVOKED": "POLICY_BLOCKED",
    "SOURCE_ACCESS_REVOKED": "POLICY_BLOCKED",
    "INFRA_FAILURE": "INFRA_FAILURE",
    "SANDBOX_UNAVAILABLE": "INFRA_FAILURE",
    "MODEL_PROVIDER_UNAVAILABLE": "INFRA_FAILURE",
    "MODEL_OUTPUT_INVALID": "INFRA_FAILURE",
    "REPO_SYNC_THROTTLE_EXHAUSTED": "INFRA_FAILURE",
    "GITHUB_TOKEN_REFRESH_FAILED": "INFRA_FAILURE",
    "RECOVERY_FAILED": "INFRA_FAILURE",
}
"""The 23 endings of the reference, section 8."""


class TestStates:
    def test_are_29(self) -> None:
        assert len(JobState) == 29

    def test_are_those_of_the_reference(self) -> None:
        assert {state.value for state in JobState} == set(expected_targets())

    @pytest.mark.parametrize("kind", list(StateKind))
    def test_have_the_kind_of_the_reference(self, kind: StateKind) -> None:
        assert {s.value for s, k in STATE_KINDS.items() if k is kind} == set(KINDS[kind.value].split())

    def test_of_special_rules_are_no_ended_ones(self) -> None:
        assert not (LIVE_SESSION_STATES | SPEC_RESTART_STATES | WISH_STATES) & TERMINAL_STATES


class TestLegalPairs:
    def test_equal_the_reference(self) -> None:
        assert {(a.value, b.value) for a, b in legal_pairs()} == EXPECTED

    def test_are_listed_once(self) -> None:
        assert len(legal_pairs()) == len(set(legal_pairs())) == len(EXPECTED)

    def test_give_failed_no_exit(self) -> None:
        assert LEGAL_TARGETS[JobState.FAILED] == ()

    def test_never_stay_where_they_are(self) -> None:
        assert all(source is not target for source, target in legal_pairs())

    def test_reach_every_state_from_pending(self) -> None:
        reached, edge = {JobState.PENDING}, {JobState.PENDING}
        while edge:
            edge = {target for source in edge for target in LEGAL_TARGETS[source]} - reached
            reached |= edge
        assert reached == set(JobState)

    @pytest.mark.parametrize("source", list(JobState))
    def test_decide_every_pair_of_states(self, source: JobState) -> None:
        legal = {target.value for target in JobState if is_legal(source, target)}
        assert legal == set(expected_targets()[source.value])


class TestSpecRestart:
    def test_leads_back_to_approval_by_a_legal_pair(self) -> None:
        assert all(is_legal(state, JobState.WAITING_SPEC_APPROVAL) for state in SPEC_RESTART_STATES)


class TestReasons:
    @pytest.mark.parametrize("reason", REASONS)
    def test_have_the_class_of_the_reference(self, reason: str) -> None:
        assert REASON_CLASSES[reason].value == REASONS[reason]

    def test_beyond_the_reference_have_a_class_too(self) -> None:
        assert all(isinstance(value, FailureClass) for value in REASON_CLASSES.values())
