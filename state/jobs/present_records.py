"""Words and figures of job detail, artifacts, tests and decisions. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.artifacts.schemas import ArtifactView
from services.baselines.schemas import GeneratedCase, GeneratedSuite
from services.canon.lifecycle import JobState, WaitKind
from services.canon.limits import IDENTICAL_FAILURES, REPAIR_BUDGET
from services.canon.segment_words import Term, say
from services.canon.vocabulary import STATE_WORDS, STRATEGY_WORDS, JobAction
from services.jobs.schemas import AttemptView, AuditEventView, FailedTestView, JobView, TestRunView, TransitionView
from services.specs.schemas import BddItem
from state.jobs import format as fmt
from state.jobs import present, present_execution
from state.jobs import record_views as shown
from state.jobs.present_delivery import mode_words
from state.jobs.present_spec import actor_words
from state.jobs.views import ActionView, Fact

EXPIRY_WARNING = timedelta(hours=48)

_TOLD_ELSEWHERE = frozenset(
    {
        "action",
        "actor",
        "actor_id",
        "at",
        "event_type",
        "job_id",
        "new_state",
        "old_state",
        "reason_code",
        "revision_id",
        "seq",
        "state_revision",
        "tenant_id",
        "trigger",
    }
)
"""Facts of an audited event that a column, the page head or the words of the move show already."""

TEST_ACTIONS = frozenset(
    {
        JobAction.APPROVE_TESTS,
        JobAction.ACKNOWLEDGE_COVERAGE,
        JobAction.USE_CHARACTERIZATION,
        JobAction.QUARANTINE_TESTS,
    }
)
"""What the test review itself can decide; everything else belongs to the intervention screen."""

_STRONGER = {1: "L2 advanced", 2: "L3 premium", 3: "L3 premium"}
_PRESENT = {1: "L1 base", 2: "L2 advanced", 3: "L3 premium"}


def transition_rows(job: JobView, transitions: Sequence[TransitionView], own_id: str) -> list[shown.TransitionView]:
    """Word the timeline, each row with the time the job stood in the state it left."""
    rows, entered = [], job.created_at
    for change in transitions:
        reason = " · ".join(part for part in (change.trigger.replace("_", " "), change.reason, change.fact) if part)
        rows.append(
            shown.TransitionView(
                seq=str(change.seq),
                at=fmt.clock(change.at),
                actor=actor_words(change.actor, own_id),
                surface=change.surface.lower() if change.surface != "SYSTEM" else "",
                source=STATE_WORDS[change.from_state].label.capitalize(),
                target=change.to_state.value,
                elapsed=fmt.elapsed((change.at - entered).total_seconds()),
                reason=reason,
            )
        )
        entered = change.at
    return rows


def audit_rows(events: Sequence[AuditEventView], own_id: str) -> list[shown.AuditRow]:
    """Word audited events in chain order; neighbours whose hashes do not fit are marked."""
    rows = []
    for at, event in enumerate(events):
        follows = at > 0 and event.seq == events[at - 1].seq + 1
        rows.append(
            shown.AuditRow(
                seq=str(event.seq),
                at=fmt.clock(event.at),
                event=event.event_type,
                actor=actor_words(event.actor, own_id),
                line=_body_words(event.body),
                hash=fmt.digest(event.event_hash),
                is_linked=not follows or event.prev_hash == events[at - 1].event_hash,
            )
        )
    return rows


def _body_words(body: Mapping[str, Any]) -> str:
    """Word what happened: the move, why and by which action, then every other fact that no column shows."""
    words = []
    if "new_state" in body:
        old = _state_words(body["old_state"]) if body.get("old_state") else "new"
        words.append(f"{old} → {_state_words(body['new_state'])}")
    words += [_plain(body[name]) for name in ("action", "trigger", "reason_code") if body.get(name)]
    words += [
        f"{name.replace('_', ' ')} {value}"
        for name, value in body.items()
        if name not in _TOLD_ELSEWHERE and isinstance(value, str | int) and value != ""
    ]
    return ", ".join(words)


def _state_words(state: str) -> str:
    return STATE_WORDS[JobState(state)].label.capitalize() if state in set(JobState) else state


def _plain(code: str) -> str:
    return str(code).replace("_", " ").lower()


def artifact_rows(
    artifacts: Sequence[ArtifactView], now: datetime, downloadable: Collection[str]
) -> list[shown.ArtifactView]:
    """Word artifacts; a deleted one keeps its row, under 48 h left is marked."""
    return [
        shown.ArtifactView(
            artifact_id=str(one.id),
            kind=one.type.replace("_", " ").capitalize(),
            hash=fmt.digest(one.hash),
            size=fmt.size(one.size),
            created=fmt.day(one.created_at),
            expires=f"deleted {fmt.day(one.expires_at)}" if one.deleted else fmt.day(one.expires_at),
            expires_tone="mut" if one.deleted else "warn" if one.expires_at - now < EXPIRY_WARNING else "",
            policy="14 days",
            can_download=not one.deleted and one.type in downloadable,
        )
        for one in artifacts
    ]


def detail_sections(
    job: JobView,
    attempts: Sequence[AttemptView],
    baseline: TestRunView | None,
    newest: TestRunView | None,
    segment: str = "B",
) -> list[shown.SectionView]:
    """Word the blocks of the detail column."""
    own = newest.own_counts if newest and newest.own_strip else {}
    strategy = STRATEGY_WORDS[job.strategy] if job.strategy else fmt.DASH
    ended = fmt.day(job.completed_at) if job.completed_at else fmt.DASH
    return [
        shown.SectionView(
            "Job",
            "",
            [
                Fact("Created", fmt.day(job.created_at)),
                Fact("Started", fmt.day(job.started_at)),
                Fact("Ended", ended),
                Fact("Reason", job.failure_reason or fmt.DASH, tone="bad" if job.failure_reason else "", mono=True),
                Fact("Surface", job.surface.lower()),
            ],
        ),
        shown.SectionView(
            "Evidence",
            mode_words(job, segment)[0],
            [
                Fact("Untouched code", _counts(baseline), strong=True),
                Fact("Changed code", _counts(newest), strong=True),
                Fact("Own suite passed", fmt.count(own.get("passed"))),
                Fact("Own suite failed", fmt.count(own.get("failed"))),
                Fact(say(Term.AST_CONFIDENCE, segment), fmt.count(job.ast_confidence)),
            ],
        ),
        shown.SectionView(
            "Attempts",
            f"cycle {max(job.cycle_number, 1)}",
            [
                Fact("Repairs used", f"{job.attempt_total} of {REPAIR_BUDGET}"),
                Fact("Same failure", f"{job.identical_failure_count} of {IDENTICAL_FAILURES}"),
                Fact("Fingerprint", fmt.fingerprint(job.failure_pattern_fingerprint), mono=True),
                Fact("Recorded", fmt.count(len(attempts))),
            ],
        ),
        shown.SectionView(
            "Conditions",
            "",
            [
                Fact("Strategy", strategy),
                Fact("Isolation", present.isolation_note(job)),
                Fact("Network in tests", job.test_network_mode.lower()),
                Fact("Delivery", "branch or patch" if job.source.kind == "GIT" else _plain(job.delivery_policy)),
                Fact("Billing checkpoint", _plain(job.checkpoint)),
            ],
        ),
    ]


def _counts(run: TestRunView | None) -> str:
    return fmt.of(run.generated_passed, run.generated_total) if run else fmt.DASH


def safety_net(
    job: JobView,
    baseline: TestRunView | None,
    items: Sequence[BddItem],
    suite: GeneratedSuite | None,
    segment: str = "B",
) -> shown.SafetyNetView:
    """Word the test review; `suite` is None while no test is written."""
    tests = suite.cases if suite else ()
    why = suite.unobserved if suite else {}
    failed = {case.name for case in baseline.failed} if baseline else set()
    mode, tone, note = mode_words(job, segment)
    groups = [_group(item, tests, failed, baseline) for item in items] if tests else []
    covered = {case.item_key for case in tests}
    bare = [item for item in items if item.id not in covered] if tests else []
    return shown.SafetyNetView(
        groups=groups,
        mode=mode,
        mode_tone=tone,
        mode_note=note,
        coverage=[
            Fact(say(Term.AST_CONFIDENCE, segment), fmt.count(job.ast_confidence), strong=True),
            Fact("Behaviours", fmt.count(len(items)) if items else fmt.DASH),
            Fact("Covered", fmt.of(len(items) - len(bare), len(items)) if tests else fmt.DASH),
            Fact("Tests", fmt.count(len(tests) or (baseline.generated_total if baseline else None))),
            Fact("Hold on untouched code", _counts(baseline)),
        ],
        uncovered=[shown.UncoveredView(item.title, why.get(item.id, "no generated test names it")) for item in bare],
        frozen_line=f"{fmt.plural(baseline.generated_total, 'test')}, frozen" if baseline else "not run yet",
        actions=[row for row in action_rows(job) if row.action in TEST_ACTIONS],
    )


def _group(
    item: BddItem, tests: Sequence[GeneratedCase], failed: set[str], baseline: TestRunView | None
) -> shown.BehaviourTests:
    own = [case for case in tests if case.item_key == item.id]
    rows = []
    for case in own:
        name = case.test_id.rpartition("::")[2]
        broken = any(name in one for one in failed)
        status, tone = ("failed", "bad") if broken else ("holds", "ok") if baseline else ("written", "")
        rows.append(shown.GeneratedTestRow(name, item.id, case.mode.value.lower(), status, tone))
    return shown.BehaviourTests(item.id, item.title, fmt.plural(len(own), "test") if own else "no test", rows)


def action_rows(job: JobView) -> list[ActionView]:
    """Word the actions that are offered now, the way forward first; cancelling stands in the page head."""
    offered = [one for one in job.available_actions if one.action is not JobAction.CANCEL]
    return [
        ActionView(
            action=one.action.value,
            label=one.label,
            consequence=one.consequence,
            tier=_tier(job, one.action),
            tone="primary" if at == 0 else "secondary",
        )
        for at, one in enumerate(offered)
    ]


def _tier(job: JobView, action: JobAction) -> str:
    stronger = (JobAction.RETRY_STRONGER_MODEL, JobAction.APPROVE_ESCALATION)
    staying = (JobAction.CONTINUE_STANDARD_REPAIR, JobAction.DECLINE_ESCALATION, JobAction.CONTINUE_REPAIR)
    table = _STRONGER if action in stronger else _PRESENT if action in staying else {}
    return table.get(job.current_phase, "")


_W = WaitKind
_REASONS: dict[str, tuple[str, str]] = {
    _W.IDENTICAL_FAILURE: (
        "The same failure came back {same} times",
        "Automation paused; nothing runs until you choose.",
    ),
    _W.TIMEOUT_EXECUTION: ("The tests did not end in time", "A time-out is no logic failure; the limit can be raised."),
    _W.PHASE_2: ("The next repairs need a stronger model", "Declining goes on with the present class."),
    _W.PHASE_3: ("The next repairs need the strongest model", "Declining goes on with the present class."),
    _W.BASELINE_FAILED: ("Baseline failed on {failed}", "The generated tests do not hold on the untouched code."),
    _W.BUILD_FAILED: ("The project could not be built", "Dependencies did not install in the sandbox."),
    _W.TEST_REVIEW: ("The tests wait for your review", "They are frozen once you approve them."),
}
_STATE_REASONS: dict[JobState, tuple[str, str]] = {
    JobState.FALLBACK_REQUIRED: ("Could not finish: {reason}", "The repository is as it was; evidence is kept."),
    JobState.REMOTE_HEAD_CONFLICT: ("The branch moved since the start", "Nothing is pushed over a newer head."),
}


def decision_view(
    job: JobView, attempts: Sequence[AttemptView], baseline: TestRunView | None, now: datetime
) -> shown.DecisionView:
    """Word the decision panel; a job that needs none says so."""
    failed = _failed(job, attempts, baseline)
    latest = next((one for one in reversed(attempts) if one.completed_at), None)
    words = _REASONS.get(job.wait_kind or "") or _STATE_REASONS.get(job.status)
    if words is None:
        words = ("No decision is needed", STATE_WORDS[job.status].plain_line)
    names = {
        "same": max(job.identical_failure_count, IDENTICAL_FAILURES),
        "failed": fmt.plural(len(failed), "test") if failed else "some tests",
        "reason": job.failure_reason or fmt.DASH,
    }
    return shown.DecisionView(
        title=words[0].format(**names),
        line=" ".join(filter(None, (job.failure_message, words[1]))),
        tone="warning" if job.available_actions else "info",
        deadline=job.wait_deadline_at.timestamp() if job.wait_deadline_at else 0.0,
        deadline_left=fmt.elapsed((job.wait_deadline_at - now).total_seconds()) if job.wait_deadline_at else "",
        deadline_line=f"until {fmt.clock(job.wait_deadline_at)} UTC" if job.wait_deadline_at else "",
        failing=present_execution.failing_rows(failed),
        facts=_decision_facts(job, latest),
        same_cells=present.identical_cells(job.identical_failure_count),
        attempt_cells=present.attempt_cells(present.repair_facts(job, attempts).outcomes),
        patch=(latest.patch_summary or "") if latest else "",
        patch_line=f"attempt {latest.attempt_number}, {latest.model_class}" if latest else "",
        actions=action_rows(job),
        takes_note=bool(action_rows(job)),
    )


def _failed(job: JobView, attempts: Sequence[AttemptView], baseline: TestRunView | None) -> Sequence[FailedTestView]:
    if job.status is JobState.BASELINE_VALIDATION_FAILED:
        return baseline.failed if baseline else ()
    finished = [one.run for one in attempts if one.run is not None and one.completed_at]
    return finished[-1].failed if finished else ()


def _decision_facts(job: JobView, latest: AttemptView | None) -> list[Fact]:
    return [
        Fact("Fingerprint", fmt.fingerprint(job.failure_pattern_fingerprint), mono=True),
        Fact("Class in use", present.MODEL_CLASSES.get(latest.model_class, fmt.DASH) if latest else fmt.DASH),
        Fact("Repairs used", f"{job.attempt_total} of {REPAIR_BUDGET}", strong=True),
        Fact("Reason", job.failure_reason or job.wait_kind or fmt.DASH, mono=True),
    ]
