"""Rows of proof: test runs with their results, patch attempts, baselines, evidence records."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from services.tables.columns import (
    JobRow,
    document,
    flag,
    inside_tenant,
    job_reference,
    moment,
    number,
    one_of,
    optional_document,
    unique,
)

RUN_TYPES = ("BASELINE", "REPAIR", "DEEP_FIX", "INTERVENTION", "MANUAL", "REBASE_BASELINE", "SUBSET")


class TestRun(JobRow, table=True):
    """One run of the proof in one sandbox session; `strip` holds one letter per test (p f s n)."""

    __tablename__ = "test_runs"
    __table_args__ = job_reference(
        unique("id", "tenant_id"),
        unique("job_id", "attempt_number", "run_type"),
        one_of("run_type", RUN_TYPES, "ck_test_runs_run_type"),
        one_of("status", ["RUNNING", "PASSED", "FAILED", "TIMEOUT", "CANCELLED"], "ck_test_runs_status"),
    )

    spec_revision_id: UUID | None = None
    session_id: UUID | None = None
    attempt_number: int
    cycle_number: int = number()
    phase: int = number(1)
    run_type: str
    status: str
    failure_class: str | None = None
    failure_pattern_fingerprint: str | None = None
    baseline_mode: str | None = None
    network_mode: str = "MOCKED"
    timeout_seconds: int = number(900)
    generated: dict[str, Any] = document()
    own: dict[str, Any] = document()
    started_at: datetime | None = moment()
    completed_at: datetime | None = moment()
    duration_ms: int | None = None


class TestCaseResult(JobRow, table=True):
    """One failed, erroneous or skipped test of a run; excerpts are redacted and short-lived."""

    __tablename__ = "test_case_results"
    __table_args__ = job_reference(inside_tenant("test_run_id", "test_runs"))

    test_run_id: UUID = Field(nullable=False, index=True)
    suite: str
    name: str
    file: str | None = None
    outcome: str
    error_class: str | None = None
    location: str | None = None
    excerpt_redacted: str | None = None
    duration_ms: int | None = None


class PatchAttempt(JobRow, table=True):
    """One try at the change: attempt 0 is the refactoring, 1 to 10 are repairs."""

    __tablename__ = "patch_attempts"
    __table_args__ = job_reference(unique("id", "tenant_id"), unique("job_id", "attempt_number"))

    attempt_number: int
    attempt_in_cycle: int = number()
    cycle_number: int = number()
    phase: int = number(1)
    model_class: str = "L1"
    route: str = ""
    route_reason: str | None = None
    is_deep_fix: bool = flag()
    patch_summary: str | None = None
    outcome: str | None = None
    fingerprint: str | None = None
    identical_count: int = number()
    document_artifact_id: UUID | None = None
    test_run_id: UUID | None = None
    probes: list[Any] = document("[]")
    dropped_operations: list[Any] = document("[]")
    started_at: datetime | None = moment()
    completed_at: datetime | None = moment()


class PatchEditOperation(JobRow, table=True):
    """One operation of an attempt's document and how it ended; the code itself stays in the artifact."""

    __tablename__ = "patch_edit_operations"
    __table_args__ = job_reference(
        inside_tenant("patch_attempt_id", "patch_attempts"), unique("patch_attempt_id", "seq")
    )

    patch_attempt_id: UUID = Field(nullable=False, index=True)
    seq: int
    edit_type: str
    op: str
    target_file: str
    target_file_fingerprint: str | None = None
    apply_anchor: str | None = None
    apply_outcome: str
    failure_code: str | None = None


class BaselineRecord(JobRow, table=True):
    """The baseline on untouched code: mode, result, coverage of behaviours, the repository's own suite."""

    __tablename__ = "baseline_records"
    __table_args__ = job_reference(unique("job_id", "cycle_number", "attempt"))

    cycle_number: int = number()
    attempt: int = number(1)
    mode: str
    trigger: str = "AUTO"
    ast_confidence: int | None = None
    behaviours_total: int = number()
    behaviours_covered: int = number()
    uncovered: list[Any] = document("[]")
    quarantined: list[Any] = document("[]")
    outcome: str
    snapshot_artifact_id: UUID | None = None
    suite_artifact_id: UUID | None = None
    spec_revision_id: UUID | None = None
    test_run_id: UUID | None = None


class BaselineDecision(JobRow, table=True):
    """A person's override of the baseline, kept for audit (V1-FR-TEST-005)."""

    __tablename__ = "baseline_decisions"
    __table_args__ = job_reference()

    kind: str
    targets: list[Any] = document("[]")
    reason: str | None = None
    uncovered_count: int | None = None
    ast_confidence: int | None = None
    actor_ref: str


class EvidenceRecord(JobRow, table=True):
    """The in-toto statement of one delivered artifact. Immutable."""

    __tablename__ = "evidence_records"
    __table_args__ = job_reference(unique("job_id", "artifact_hash"))

    artifact_hash: str
    document: dict[str, Any] = document()
    signature: str | None = None
    record_hash: str


class ModelCall(JobRow, table=True):
    """Metadata of one model call; no prompt, no answer."""

    __tablename__ = "model_calls"
    __table_args__ = job_reference()

    stage: str
    model_class: str
    model_alias: str
    route: str
    route_reason: str | None = None
    attempt_number: int | None = None
    input_tokens: int = number()
    output_tokens: int = number()
    latency_ms: int = number()
    outcome: str
    schema_retry: bool = flag()
    detail: dict[str, Any] | None = optional_document()
