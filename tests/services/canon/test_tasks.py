"""Work items, timers and permissions as tables."""

import pytest

from services.canon.lifecycle import STATE_KINDS, JobState, StateKind
from services.canon.permissions import GRANTS, REFUSALS, Permission, Role, is_granted
from services.canon.tasks import DECISION_TIMERS, ENTRY_ITEMS, ENTRY_TIMERS, ITEMS, ItemKind, Queue, TimerKind

BOUNDS = {
    "analyse": (300, 3, 2),
    "extract_spec": (180, 2, 0),
    "generate_tests": (1800, 2, 2),
    "generate_patch": (1800, 2, 2),
    "generate_repair": (1800, 2, 2),
    "provision_sandbox": (180, 2, 2),
    "wipe_sandbox": (120, 5, 2),
    "sync_repository": (600, 3, 2),
    "wipe_scratch": (120, 5, 2),
    "restore": (300, 3, 2),
    "publish": (300, 3, 2),
}
"""Seconds per try, tries, first back-off: the reference, section 7."""
UNTIMED = {JobState.USER_INTERVENING, JobState.SYNC_APPLY_CONFLICT}
"""Not entered here; the second is bounded by the artifact's expiry."""
NOT_BUILT = {"GENERATING_ANALYSIS_REPORT", "DEEP_FIX_ACTIVE", "REMOTE_REBASE_VALIDATING"}


class TestItems:
    @pytest.mark.parametrize("kind", list(ItemKind))
    def test_have_queue_and_bounds(self, kind: ItemKind) -> None:
        spec = ITEMS[kind]
        assert spec.queue in Queue
        assert spec.limit_seconds > 0
        assert spec.tries >= 1

    @pytest.mark.parametrize("kind", BOUNDS)
    def test_have_the_bounds_of_the_reference(self, kind: str) -> None:
        spec = ITEMS[ItemKind(kind)]
        assert (spec.limit_seconds, spec.tries, spec.backoff_seconds) == BOUNDS[kind]

    def test_run_tests_once(self) -> None:
        assert ITEMS[ItemKind.RUN_TESTS].tries == ITEMS[ItemKind.RUN_BASELINE].tries == 1


class TestEntryItems:
    def test_stand_for_every_working_state_that_is_built(self) -> None:
        working = {state for state, kind in STATE_KINDS.items() if kind is StateKind.WORKING}
        assert {state.value for state in working - set(ENTRY_ITEMS)} == NOT_BUILT

    def test_never_start_work_where_a_person_decides_or_the_job_ended(self) -> None:
        quiet = {state for state, kind in STATE_KINDS.items() if kind in (StateKind.HUMAN, StateKind.TERMINAL)}
        assert not quiet & set(ENTRY_ITEMS)


class TestEntryTimers:
    @pytest.mark.parametrize("state", [s for s, k in STATE_KINDS.items() if k is StateKind.HUMAN and s not in UNTIMED])
    def test_bound_every_wait_for_a_person(self, state: JobState) -> None:
        kinds = {kind for kind, _ in ENTRY_TIMERS[state]}
        assert kinds & {TimerKind.IDLE, *DECISION_TIMERS}

    @pytest.mark.parametrize(
        ("state", "kind", "seconds"),
        [
            ("WAITING_ESCALATION_DECISION", TimerKind.ESCALATION, 3600),
            ("WAITING_INTERVENTION", TimerKind.INTERVENTION, 3600),
            ("REMOTE_HEAD_CONFLICT", TimerKind.HEAD_CONFLICT, 3600),
            ("REMOTE_EXECUTION_QUEUED", TimerKind.QUEUE_CEILING, 900),
            ("WAITING_STRATEGY", TimerKind.IDLE, 14 * 86400),
            ("WAITING_SPEC_APPROVAL", TimerKind.SANDBOX_HOLD, 600),
        ],
    )
    def test_have_the_lengths_of_the_reference(self, state: str, kind: TimerKind, seconds: float) -> None:
        assert dict(ENTRY_TIMERS[JobState(state)])[kind] == seconds


class TestPermissions:
    @pytest.mark.parametrize("permission", list(Permission))
    def test_have_grants_and_a_sentence_of_refusal(self, permission: Permission) -> None:
        assert Role.OWNER in GRANTS[permission]
        assert REFUSALS[permission].endswith(".")

    @pytest.mark.parametrize("permission", [Permission.JOBS_CREATE, Permission.JOBS_ACT, Permission.DELIVERY_APPLY])
    @pytest.mark.parametrize(
        ("role", "granted"), [("OWNER", 1), ("ADMIN", 1), ("MEMBER", 1), ("VIEWER", 0), ("AUDITOR", 0)]
    )
    def test_let_members_act_and_viewers_look(self, permission: Permission, role: str, granted: int) -> None:
        assert is_granted(Role(role), permission) is bool(granted)
        assert is_granted(Role(role), Permission.JOBS_VIEW)
