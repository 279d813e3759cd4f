"""Views with one believable story, for component tests and for looking at screens without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.canon.lifecycle import JobState
from services.canon.vocabulary import ProposalLevel
from services.jobs.schemas import JobPage, JobView, SourceView
from state.account.views import PersonView
from state.jobs_list.views import JobsView, jobs_view

AT = datetime(2026, 3, 3, 14, 40, tzinfo=UTC)
PERSON = PersonView(
    email="mara.lindqvist@harbourline.example",
    initials="ML",
    plan="Local plan",
    quota="no limit",
    segment="B",
    consented=True,
)

_C, _S, _X = ProposalLevel.CONSERVATIVE, ProposalLevel.STANDARD, ProposalLevel.COMPREHENSIVE


def _strips(total: int, after: int, failed: tuple[int, ...] = ()) -> tuple[str, str]:
    changed = "".join("f" if at in failed else "p" for at in range(after))
    return "p" * total, changed + "n" * (total - after)


_ROWS: tuple[tuple, ...] = (
    (JobState.WAITING_SPEC_APPROVAL, "Split customs client", "billing/customs", 3, _S, 1, 6, ("", ""), 555, 10),
    (
        JobState.REFACTORING,
        "Type the shipment model",
        "billing/rating/shipment.py",
        5,
        _X,
        3,
        11,
        _strips(52, 20),
        1120,
        19,
    ),
    (
        JobState.SELF_HEALING,
        "Replace pickled session rows",
        "billing/portal/session.py",
        3,
        _S,
        2,
        3,
        _strips(38, 38, (9, 10)),
        1992,
        34,
    ),
    (
        JobState.DELIVERED,
        "Extract surcharge rules from compute_charges",
        "billing",
        3,
        _S,
        4,
        7,
        _strips(47, 47),
        3025,
        64,
    ),
    (JobState.DELIVERED, "Modernise to Python 3.11", "billing/edi", 1, _C, 2, 12, _strips(44, 44), 2971, 218),
    (
        JobState.WAITING_INTERVENTION,
        "Remove string dates from reports",
        "billing/reports",
        3,
        _S,
        3,
        9,
        _strips(56, 56, (22, 23, 24)),
        4326,
        236,
    ),
    (
        JobState.FALLBACK_REQUIRED,
        "Split InvoiceBuilder.run",
        "billing/invoice/builder.py",
        3,
        _S,
        2,
        4,
        _strips(40, 40, (3, 17, 18)),
        4724,
        379,
    ),
    (JobState.FAILED, "Inline legacy rate tables", "billing/rating/tables", 3, _S, 1, 5, _strips(33, 33), 1329, 1228),
    (JobState.FAILED, "Remove global rate cache", "billing/rating/cache.py", 1, _C, 1, 2, ("", ""), 291, 1320),
    (JobState.DELIVERED, "Typed rows in ledger/io", "billing/ledger/io.py", 1, _C, 1, 3, _strips(29, 29), 2000, 1422),
    (JobState.DELIVERED, "Rename Zone to PriceZone", "billing", 1, _C, 1, 21, _strips(18, 18), 767, 1706),
    (JobState.FAILED, "Move CLI to argparse groups", "billing/cli", 3, _S, 2, 4, _strips(26, 14), 1675, 1749),
    (JobState.DELIVERED, "Extract VAT rules", "billing/tax", 3, _S, 5, 8, _strips(54, 54), 3858, 5720),
    (JobState.DELIVERED, "Drop Python 2 shims", "billing/compat", 5, _X, 2, 17, _strips(57, 57), 5462, 5975),
    (JobState.DELIVERED, "Single clock for due dates", "billing/dunning", 3, _S, 2, 6, _strips(41, 41), 3128, 18800),
)
_REASONS = {
    "Inline legacy rate tables": "REMOTE_HEAD_CONFLICT",
    "Remove global rate cache": "SANDBOX_UNAVAILABLE",
    "Move CLI to argparse groups": "TIMEOUT_EXECUTION",
}
COUNTS = {"ALL": 79, "YOUR_TURN": 2, "LIVE": 2, "FALLBACK": 9}


def job(row: tuple, number: int = 0, at: datetime = AT) -> JobView:
    """Return one job of the story; times count back from `at`."""
    state, goal, path, risk, level, spec, files, (before, after), took, ago = row
    begun = at - timedelta(minutes=ago)
    over = state in (JobState.DELIVERED, JobState.FAILED, JobState.FALLBACK_REQUIRED)
    ended = begun + timedelta(seconds=took)
    return JobView(
        job_id=UUID(int=0x7F3A91C2 << 96 | number),
        status=state,
        state_revision=30,
        goal=goal,
        created_at=begun,
        updated_at=ended,
        started_at=begun,
        completed_at=ended if over else None,
        state_entered_at=ended,
        owner_id=UUID(int=1),
        source=SourceView(
            kind="GIT",
            repo_full_name="freight-billing",
            url="file:///srv/git/freight-billing",
            branch="main",
            path_scope=[path],
            head_sha_at_start="9c41e7b" + "0" * 33,
        ),
        target_paths=[path],
        execution_mode="REMOTE_SANDBOX",
        test_network_mode="MOCKED",
        delivery_policy="DRAFT_PR",
        billing_subject="USER",
        surface="WEB",
        strategy=level,
        risk_score=risk,
        spec_version=spec,
        current_phase=1,
        attempt_count=3 if state is JobState.SELF_HEALING else 0,
        attempt_total=3,
        cycle_number=1,
        identical_failure_count=3 if state is JobState.WAITING_INTERVENTION else 0,
        failure_pattern_fingerprint=None,
        baseline_mode="ASSERTION",
        ast_confidence=94,
        checkpoint="POST_CHARGE",
        wait_kind=None,
        wait_deadline_at=None,
        resume_state=None,
        terminal_target=None,
        failure_reason=_REASONS.get(goal),
        failure_class=None,
        failure_detail=None,
        publishing_closed_reason=None,
        artifact_expires_at=begun + timedelta(days=14) if over else None,
        own_code=False,
        review_tests=False,
        files_changed=files,
        strip_before=before,
        strip_after=after,
    )


def jobs(at: datetime = AT) -> JobsView:
    """Return the list of the story."""
    items = [job(row, number, at) for number, row in enumerate(_ROWS)]
    return jobs_view(JobPage(items=items, total=COUNTS["ALL"], has_more=True), COUNTS, at)
