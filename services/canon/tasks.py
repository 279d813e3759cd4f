"""Work items and timers: which state asks for which work, on which queue, within which bounds."""

from dataclasses import dataclass
from enum import StrEnum

from services.canon import clocks
from services.canon.lifecycle import JobState


class Queue(StrEnum):
    """RQ queues; each may be served by more machines."""

    WORKFLOW = "workflow"
    SANDBOX = "sandbox"
    GITHUB = "github"
    MODELS = "models"


class ItemKind(StrEnum):
    """Every kind of durable work."""

    SYNC_REPOSITORY = "sync_repository"
    WIPE_SCRATCH = "wipe_scratch"
    ANALYSE = "analyse"
    EXTRACT_SPEC = "extract_spec"
    GENERATE_TESTS = "generate_tests"
    PROVISION_SANDBOX = "provision_sandbox"
    BUILD = "build"
    RUN_BASELINE = "run_baseline"
    GENERATE_PATCH = "generate_patch"
    GENERATE_REPAIR = "generate_repair"
    RUN_TESTS = "run_tests"
    DELIVERY_GATE = "delivery_gate"
    RESTORE = "restore"
    WIPE_SANDBOX = "wipe_sandbox"
    RELEASE_SANDBOX = "release_sandbox"
    PUBLISH = "publish"
    PROVE_SUBSET = "prove_subset"
    EXPIRE_ARTIFACTS = "expire_artifacts"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """Queue of a kind, limit of one try in seconds, tries, first back-off in seconds (doubles)."""

    queue: Queue
    limit_seconds: float
    tries: int
    backoff_seconds: float


_I, _Q = ItemKind, Queue

ITEMS: dict[ItemKind, ItemSpec] = {
    _I.SYNC_REPOSITORY: ItemSpec(_Q.GITHUB, 600, 3, 2),
    _I.WIPE_SCRATCH: ItemSpec(_Q.GITHUB, 120, 5, 2),
    _I.ANALYSE: ItemSpec(_Q.MODELS, 300, 3, 2),
    _I.EXTRACT_SPEC: ItemSpec(_Q.MODELS, 180, 2, 0),
    _I.GENERATE_TESTS: ItemSpec(_Q.MODELS, 1800, 2, 2),
    _I.PROVISION_SANDBOX: ItemSpec(_Q.SANDBOX, 180, 2, 2),
    _I.BUILD: ItemSpec(_Q.SANDBOX, clocks.BUILD_SECONDS * 2, 2, 2),
    _I.RUN_BASELINE: ItemSpec(_Q.SANDBOX, clocks.TEST_RUN_CEILING_SECONDS, 1, 0),
    _I.GENERATE_PATCH: ItemSpec(_Q.MODELS, 1800, 2, 2),
    _I.GENERATE_REPAIR: ItemSpec(_Q.MODELS, 1800, 2, 2),
    _I.RUN_TESTS: ItemSpec(_Q.SANDBOX, clocks.TEST_RUN_CEILING_SECONDS, 1, 0),
    _I.DELIVERY_GATE: ItemSpec(_Q.GITHUB, 300, 3, 2),
    _I.RESTORE: ItemSpec(_Q.GITHUB, 300, 3, 2),
    _I.WIPE_SANDBOX: ItemSpec(_Q.SANDBOX, 120, 5, 2),
    _I.RELEASE_SANDBOX: ItemSpec(_Q.SANDBOX, 120, 5, 2),
    _I.PUBLISH: ItemSpec(_Q.GITHUB, 300, 3, 2),
    _I.PROVE_SUBSET: ItemSpec(_Q.SANDBOX, clocks.TEST_RUN_CEILING_SECONDS, 1, 0),
    _I.EXPIRE_ARTIFACTS: ItemSpec(_Q.WORKFLOW, 300, 5, 60),
    _I.PROBE: ItemSpec(_Q.WORKFLOW, 60, 1, 0),
}

_S = JobState

ENTRY_ITEMS: dict[JobState, ItemKind] = {
    _S.REPO_SYNCING: _I.SYNC_REPOSITORY,
    _S.REPO_SYNC_SCRATCH_WIPING: _I.WIPE_SCRATCH,
    _S.ANALYZING: _I.ANALYSE,
    _S.GENERATING_TESTS: _I.GENERATE_TESTS,
    _S.REMOTE_EXECUTION_QUEUED: _I.PROVISION_SANDBOX,
    _S.REMOTE_EXECUTION_RUNNING: _I.BUILD,
    _S.BASELINE_VALIDATION: _I.RUN_BASELINE,
    _S.REFACTORING: _I.GENERATE_PATCH,
    _S.SELF_HEALING: _I.GENERATE_REPAIR,
    _S.RECOVERY_PENDING: _I.RESTORE,
    _S.REMOTE_WIPE_VERIFYING: _I.WIPE_SANDBOX,
}
"""The item that entering a state always asks for."""


class TimerKind(StrEnum):
    """Durable waits; deadlines are absolute rows."""

    ESCALATION = "ESCALATION"
    INTERVENTION = "INTERVENTION"
    HEAD_CONFLICT = "HEAD_CONFLICT"
    IDLE = "IDLE"
    SANDBOX_HOLD = "SANDBOX_HOLD"
    QUEUE_CEILING = "QUEUE_CEILING"
    WIPE_RETRY = "WIPE_RETRY"
    ARTIFACT_EXPIRY = "ARTIFACT_EXPIRY"


_T = TimerKind
_IDLE = (_T.IDLE, clocks.IDLE_WAIT_SECONDS)
_HOLD = (_T.SANDBOX_HOLD, clocks.SANDBOX_HOLD_SECONDS)
_EXPIRY = (_T.ARTIFACT_EXPIRY, clocks.ARTIFACT_TTL_SECONDS)

ENTRY_TIMERS: dict[JobState, tuple[tuple[TimerKind, float], ...]] = {
    _S.PENDING: (_IDLE,),
    _S.REPO_PRECHECK_BLOCKED: (_IDLE,),
    _S.WAITING_STRATEGY: (_IDLE,),
    _S.WAITING_SPEC_APPROVAL: (_IDLE, _HOLD),
    _S.GENERATING_TESTS: (_IDLE, _HOLD),
    _S.BASELINE_VALIDATION_FAILED: (_IDLE, _HOLD),
    _S.WAITING_ESCALATION_DECISION: ((_T.ESCALATION, clocks.ESCALATION_WAIT_SECONDS), _HOLD),
    _S.WAITING_INTERVENTION: ((_T.INTERVENTION, clocks.INTERVENTION_SILENCE_SECONDS), _HOLD),
    _S.REMOTE_HEAD_CONFLICT: ((_T.HEAD_CONFLICT, clocks.HEAD_CONFLICT_WAIT_SECONDS), _HOLD),
    _S.REMOTE_EXECUTION_QUEUED: ((_T.QUEUE_CEILING, clocks.QUEUE_CEILING_SECONDS),),
    _S.DELIVERED: (_EXPIRY,),
    _S.FALLBACK_REQUIRED: (_EXPIRY,),
    _S.FAILED: (_EXPIRY,),
}
"""Timers set when a state is entered: (kind, seconds)."""

DECISION_TIMERS = (_T.ESCALATION, _T.INTERVENTION, _T.HEAD_CONFLICT)
"""Timers whose deadline is shown to people as `wait_deadline_at`."""
