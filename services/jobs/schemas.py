"""What leaves the jobs slice: the job as API and screens see it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from services.canon.lifecycle import JobState
from services.canon.limits import GOAL_MAX_CHARACTERS, HAZARDS_MAX
from services.canon.vocabulary import JobAction, ProposalLevel
from services.core.tree import UnsafePathError, normalise_path

HazardId = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Strict(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SourceRequest(Strict):
    """Where the code comes from: a Git address and a branch (default: the remote's default branch)."""

    kind: Literal["GIT"] = "GIT"
    url: str = Field(min_length=1, max_length=2000)
    branch: str | None = Field(default=None, max_length=255, pattern=r"^[^\x00-\x20~^:?*\[\\-][^\x00-\x20~^:?*\[\\]*$")


class EscalationPreauth(Strict):
    """How far the model class may rise without asking."""

    phase_ceiling: int = Field(default=1, ge=1, le=3)


class CreateJobRequest(Strict):
    """Everything that is frozen when a job is created."""

    source: SourceRequest
    path_scope: list[str] = Field(min_length=1, max_length=50)
    goal: str = Field(min_length=1, max_length=GOAL_MAX_CHARACTERS)
    strategy_preference: ProposalLevel | None = None
    escalation_preauth: EscalationPreauth = EscalationPreauth()
    delivery_policy: Literal["DRAFT_PR"] = "DRAFT_PR"
    test_network_mode: Literal["MOCKED"] = "MOCKED"
    own_code: bool = False
    review_tests: bool = False
    test_timeout_seconds: int | None = Field(default=None, ge=5, le=3600)
    accepted_hazards: list[HazardId] = Field(
        default=[], max_length=HAZARDS_MAX, description="`hazard_id`s of a preview."
    )

    @field_validator("path_scope")
    @classmethod
    def _inside_the_repository(cls, scopes: list[str]) -> list[str]:
        try:
            return sorted({normalise_path(scope) for scope in scopes})
        except UnsafePathError as error:
            raise ValueError(f"path scope is {error}") from error

    @field_validator("goal")
    @classmethod
    def _one_line(cls, goal: str) -> str:
        clean = " ".join(goal.split())
        if not clean or any(ord(character) < 32 for character in clean):
            raise ValueError("the goal needs words")
        return clean


class SourceView(BaseModel):
    """The pinned source of a job."""

    kind: str
    repo_full_name: str
    url: str
    branch: str | None
    path_scope: list[str]
    head_sha_at_start: str | None


class RemoteSessionView(BaseModel):
    """The newest sandbox of a job."""

    session_id: UUID
    status: str
    provider: str
    isolation_type: str
    level: str
    network_policy: str
    attestation: dict[str, Any] | None
    started_at: datetime | None
    completed_at: datetime | None
    wipe_completed_at: datetime | None
    egress_refused: int = 0


class ActionView(BaseModel):
    """An action that would be accepted now, with its words."""

    action: JobAction
    label: str
    consequence: str
    icon: str


class JobView(BaseModel):
    """One job, for lists and details alike (API reference, Job and Job V2)."""

    job_id: UUID
    status: JobState
    state_revision: int
    goal: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    state_entered_at: datetime
    owner_id: UUID
    source: SourceView
    target_paths: list[str]
    execution_mode: str
    test_network_mode: str
    delivery_policy: str
    billing_subject: str
    surface: str
    strategy: ProposalLevel | None = None
    risk_score: int | None = None
    spec_version: int | None = None
    spec_status: str | None = None
    current_phase: int
    attempt_count: int
    attempt_total: int
    cycle_number: int
    identical_failure_count: int
    failure_pattern_fingerprint: str | None
    baseline_mode: str | None
    ast_confidence: int | None
    checkpoint: str
    wait_kind: str | None
    wait_deadline_at: datetime | None
    resume_state: str | None
    terminal_target: str | None
    failure_reason: str | None
    failure_message: str | None = None
    failure_class: str | None
    failure_detail: dict[str, Any] | None
    publishing_closed_reason: str | None
    artifact_expires_at: datetime | None
    own_code: bool
    review_tests: bool
    files_changed: int | None = None
    strip_before: str = ""
    strip_after: str = ""
    heartbeat_status: str | None = None
    last_heartbeat_at: datetime | None = None
    grace_deadline_at: datetime | None = None
    remote_session: RemoteSessionView | None = None
    available_actions: list[ActionView] = []


class JobPage(BaseModel):
    """A page of jobs, newest first, with the number of all that match."""

    items: list[JobView]
    total: int
    has_more: bool


class TransitionView(BaseModel):
    """One change of state."""

    seq: int
    from_state: JobState
    to_state: JobState
    trigger: str
    reason: str | None
    fact: str | None
    actor: str
    surface: str
    at: datetime


class FailedTestView(BaseModel):
    """One test that did not pass; the excerpt is short and redacted."""

    name: str
    suite: str
    file: str | None = None
    outcome: str
    error_class: str | None = None
    location: str | None = None
    excerpt: str = ""
    flaky: bool = False


class TestRunView(BaseModel):
    """One proof run: counts and one letter per test (p passed, f failed, s skipped, n not run)."""

    test_run_id: UUID
    run_type: str
    attempt_number: int
    status: str
    baseline_mode: str | None
    generated_strip: str
    generated_passed: int
    generated_total: int
    own_strip: str
    own_counts: dict[str, int]
    duration_ms: int | None
    fingerprint: str | None
    failed: list[FailedTestView] = []


class BaselineView(BaseModel):
    """The tests on untouched code: whether they held, and what they prove of the approved behaviours."""

    model_config = ConfigDict(from_attributes=True)

    mode: str
    trigger: str
    outcome: str
    ast_confidence: int | None
    behaviours_total: int
    behaviours_covered: int
    uncovered: list[Any]
    quarantined: list[Any]
    spec_revision_id: UUID | None
    test_run_id: UUID | None
    created_at: datetime


class AttemptView(BaseModel):
    """One attempt at the change; number 0 is the refactoring itself."""

    attempt_number: int
    attempt_in_cycle: int
    cycle_number: int
    phase: int
    model_class: str
    route: str
    route_reason: str | None
    outcome: str | None
    fingerprint: str | None
    identical_count: int
    patch_summary: str | None
    dropped_operations: list[Any]
    probes: int
    started_at: datetime | None
    completed_at: datetime | None
    run: TestRunView | None


class ProposalView(BaseModel):
    """One strategy with its measured facts."""

    id: UUID
    level: ProposalLevel
    title: str
    summary: str
    risk_score: int
    technical_analysis: dict[str, Any]
    facts: dict[str, Any]
    hazards: list[Any]
    estimated_complexity: str | None
    selected: bool


class LogLineView(BaseModel):
    """One line of the attempt log."""

    seq: int
    at: datetime
    level: str
    message: str


class AuditEventView(BaseModel):
    """One link of the audit chain that concerns a job; answers of changes name it by its id."""

    audit_event_id: UUID
    seq: int
    event_type: str
    at: datetime
    actor: str
    body: dict[str, Any]
    event_hash: str
    prev_hash: str
