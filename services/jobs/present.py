"""Builds the views of `schemas` from rows; no queries here."""

from collections.abc import Sequence
from uuid import UUID

from services.canon.lifecycle import JobState
from services.canon.reasons import reason_sentence
from services.canon.vocabulary import ACTION_WORDS, ProposalLevel
from services.jobs import rules
from services.jobs.schemas import (
    ActionView,
    AttemptView,
    FailedTestView,
    JobView,
    ProposalView,
    RemoteSessionView,
    SourceView,
    TestRunView,
    TransitionView,
)
from services.tables.evidence import PatchAttempt, TestCaseResult, TestRun
from services.tables.jobs import JobTransition, RefactorJob, StrategyProposal
from services.tables.sandbox import RemoteExecutionSession
from services.tables.specs import SpecRevision


def job_view(
    job: RefactorJob,
    *,
    proposal: StrategyProposal | None = None,
    revision: SpecRevision | None = None,
    session: RemoteExecutionSession | None = None,
    egress_refused: int = 0,
    runs: Sequence[TestRun] = (),
) -> JobView:
    """Describe one job."""
    baseline = next((run for run in reversed(runs) if run.run_type == "BASELINE"), None)
    latest = next((run for run in reversed(runs) if run.run_type != "BASELINE"), None)
    return JobView(
        job_id=job.id,
        status=JobState(job.status),
        state_revision=job.state_revision,
        goal=job.goal,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        state_entered_at=job.state_entered_at,
        owner_id=job.owner_id,
        source=SourceView(
            kind=job.source_kind,
            repo_full_name=job.repo_label,
            url=job.source_url or "",
            branch=job.source_branch,
            path_scope=job.target_paths,
            head_sha_at_start=job.head_sha_at_start,
        ),
        target_paths=job.target_paths,
        execution_mode=job.execution_mode,
        test_network_mode=job.test_network_mode,
        delivery_policy=job.delivery_policy,
        billing_subject=job.billing_subject,
        surface=job.origin_surface,
        strategy=ProposalLevel(proposal.level) if proposal else None,
        risk_score=proposal.risk_score if proposal else None,
        spec_version=revision.number if revision else None,
        spec_status=spec_status(job, revision),
        current_phase=job.current_phase,
        attempt_count=job.attempt_count,
        attempt_total=job.attempt_total,
        cycle_number=job.cycle_number,
        identical_failure_count=job.identical_failure_count,
        failure_pattern_fingerprint=job.failure_pattern_fingerprint,
        baseline_mode=job.baseline_mode_used,
        ast_confidence=job.ast_confidence,
        checkpoint=job.checkpoint,
        wait_kind=job.wait_kind,
        wait_deadline_at=job.wait_deadline_at,
        resume_state=job.resume_state,
        terminal_target=job.terminal_target,
        failure_reason=job.failure_reason,
        failure_message=reason_sentence(job.failure_reason, job.failure_detail),
        failure_class=job.failure_class,
        failure_detail=job.failure_detail,
        publishing_closed_reason=job.publishing_closed_reason,
        artifact_expires_at=job.artifact_expires_at,
        own_code=job.own_code,
        review_tests=job.review_tests,
        files_changed=proposal.facts.get("files_changed") if proposal else None,
        strip_before=baseline.generated.get("strip", "") if baseline else "",
        strip_after=latest.generated.get("strip", "") if latest else "",
        remote_session=session_view(session, egress_refused) if session else None,
        available_actions=[
            ActionView(
                action=action,
                label=ACTION_WORDS[action].label,
                consequence=ACTION_WORDS[action].consequence,
                icon=ACTION_WORDS[action].icon,
            )
            for action in rules.offered_actions(job)
        ],
    )


def spec_status(job: RefactorJob, revision: SpecRevision | None) -> str | None:
    """Return DRAFTING, READY, or APPROVED once the newest revision was approved and work goes on from it."""
    approved = revision is not None and revision.approved_at is not None
    return "APPROVED" if approved and job.status != JobState.WAITING_SPEC_APPROVAL.value else job.spec_status


def session_view(session: RemoteExecutionSession, egress_refused: int) -> RemoteSessionView:
    """Describe one sandbox session."""
    return RemoteSessionView(
        session_id=session.id,
        status=session.status,
        provider=session.sandbox_provider,
        isolation_type=session.isolation_type,
        level=session.level,
        network_policy=session.network_policy,
        attestation=session.attestation,
        started_at=session.started_at,
        completed_at=session.completed_at,
        wipe_completed_at=session.wipe_completed_at,
        egress_refused=egress_refused,
    )


def transition_view(row: JobTransition) -> TransitionView:
    """Describe one change of state."""
    return TransitionView(
        seq=row.state_revision,
        from_state=JobState(row.from_state),
        to_state=JobState(row.to_state),
        trigger=row.trigger,
        reason=row.reason_code,
        fact=row.fact,
        actor=row.actor_ref,
        surface=row.surface,
        at=row.created_at,
    )


def run_view(run: TestRun, cases: Sequence[TestCaseResult] = ()) -> TestRunView:
    """Describe one proof run; `cases` may hold failures of other runs too."""
    strip = run.generated.get("strip", "")
    own_strip = run.own.get("strip", "")
    return TestRunView(
        test_run_id=run.id,
        run_type=run.run_type,
        attempt_number=run.attempt_number,
        status=run.status,
        baseline_mode=run.baseline_mode,
        generated_strip=strip,
        generated_passed=strip.count("p"),
        generated_total=len(strip),
        own_strip=own_strip,
        own_counts=dict(rules.counts(own_strip)),
        duration_ms=run.duration_ms,
        fingerprint=run.failure_pattern_fingerprint,
        failed=[failed_view(case) for case in cases if case.test_run_id == run.id],
    )


def failed_view(case: TestCaseResult) -> FailedTestView:
    """Describe one failed test."""
    return FailedTestView(
        name=case.name,
        suite=case.suite,
        file=case.file,
        outcome=case.outcome,
        error_class=case.error_class,
        location=case.location,
        excerpt=case.excerpt_redacted or "",
    )


def attempt_view(attempt: PatchAttempt, runs: dict[UUID, TestRun], cases: Sequence[TestCaseResult]) -> AttemptView:
    """Describe one attempt with its run."""
    run = runs.get(attempt.test_run_id) if attempt.test_run_id else None
    return AttemptView(
        attempt_number=attempt.attempt_number,
        attempt_in_cycle=attempt.attempt_in_cycle,
        cycle_number=attempt.cycle_number,
        phase=attempt.phase,
        model_class=attempt.model_class,
        route=attempt.route,
        route_reason=attempt.route_reason,
        outcome=attempt.outcome,
        fingerprint=attempt.fingerprint,
        identical_count=attempt.identical_count,
        patch_summary=attempt.patch_summary,
        dropped_operations=attempt.dropped_operations,
        probes=len(attempt.probes),
        started_at=attempt.started_at,
        completed_at=attempt.completed_at,
        run=run_view(run, cases) if run else None,
    )


def proposal_view(row: StrategyProposal, selected: UUID | None) -> ProposalView:
    """Describe one strategy."""
    return ProposalView(
        id=row.id,
        level=ProposalLevel(row.level),
        title=row.title,
        summary=row.summary,
        risk_score=row.risk_score,
        technical_analysis=row.technical_analysis,
        facts=row.facts,
        hazards=row.hazards,
        estimated_complexity=row.estimated_complexity,
        selected=row.id == selected,
    )
