"""The job itself: its route through the states, runs, attempts, sandbox, log and audit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.canon.lifecycle import JobState
from services.canon.vocabulary import ACTION_WORDS, ProposalLevel
from services.jobs.rules import OFFERED
from services.jobs.schemas import (
    ActionView,
    AttemptView,
    AuditEventView,
    FailedTestView,
    JobView,
    LogLineView,
    RemoteSessionView,
    SourceView,
    TestRunView,
    TransitionView,
)

_S = JobState
NAMESPACE = UUID("7f3a91c2-0000-4000-8000-000000000000")
"""Ids of the story are derived from it."""
TESTS = 47

ROUTE: tuple[tuple[JobState, int, str], ...] = (
    (_S.PENDING, 2, "saved"),
    (_S.REPO_SYNCING, 36, "1 148 files"),
    (_S.REPO_SYNC_SCRATCH_WIPING, 4, "evidence"),
    (_S.ANALYZING, 131, "AST 94"),
    (_S.WAITING_STRATEGY, 380, "Standard"),
    (_S.WAITING_SPEC_APPROVAL, 845, "spec v4"),
    (_S.GENERATING_TESTS, 232, "47 tests"),
    (_S.REMOTE_EXECUTION_QUEUED, 21, "1st in line"),
    (_S.REMOTE_EXECUTION_RUNNING, 97, "deps 41"),
    (_S.BASELINE_VALIDATION, 48, "47 of 47"),
    (_S.REFACTORING, 266, "41 of 47"),
    (_S.SELF_HEALING, 603, "green"),
    (_S.REMOTE_WIPE_VERIFYING, 7, "sandbox"),
    (_S.DELIVERED, 0, ""),
)
"""States, the seconds a finished job stood in each, and the fact it left."""


def job_id(state: JobState) -> UUID:
    """Return the id of the story's job in a state; the first digits stay the same."""
    tail = uuid5(NAMESPACE, state.value).hex[8:]
    return UUID("7f3a91c2" + tail)


SCENES = {
    job_id(state): state
    for state in (
        _S.PENDING,
        _S.WAITING_STRATEGY,
        _S.WAITING_SPEC_APPROVAL,
        _S.SELF_HEALING,
        _S.WAITING_INTERVENTION,
        _S.BASELINE_VALIDATION_FAILED,
        _S.FALLBACK_REQUIRED,
        _S.DELIVERED,
    )
}
"""Jobs of the story by id."""


def strip(failed: Sequence[int] = (), ran: int = TESTS, total: int = TESTS) -> str:
    """Return outcome letters: `failed` positions are f, what did not run is n."""
    letters = ["f" if at in failed else "p" for at in range(ran)]
    return "".join(letters) + "n" * (total - ran)


def own_strip(total: int = 318) -> str:
    """Return the own suite: four stay red, three skipped."""
    letters = ["p"] * total
    for at in (37, 112, 203, 288):
        letters[at] = "f"
    for at in (60, 171, 244):
        letters[at] = "s"
    return "".join(letters)


def run(kind: str, attempt: int, letters: str, failed: Sequence[FailedTestView] = ()) -> TestRunView:
    """Return one proof run."""
    own = own_strip()
    return TestRunView(
        test_run_id=uuid5(NAMESPACE, f"{kind}{attempt}"),
        run_type=kind,
        attempt_number=attempt,
        status="PASSED" if letters.count("p") == len(letters) else "FAILED",
        baseline_mode="ASSERTION",
        generated_strip=letters,
        generated_passed=letters.count("p"),
        generated_total=len(letters),
        own_strip=own,
        own_counts={"passed": 311, "failed": 4, "skipped": 3, "not_run": 0},
        duration_ms=48_000,
        fingerprint=None,
        failed=list(failed),
    )


STILL_FAILING = (
    FailedTestView(
        name="test_demurrage_weekend[sat-sun]",
        suite="generated",
        outcome="failed",
        error_class="AssertionError",
        location="surcharges.py:88 demurrage_days",
        excerpt="Decimal('412.50') != Decimal('375.00')",
    ),
    FailedTestView(
        name="test_demurrage_weekend[fri-mon]",
        suite="generated",
        outcome="failed",
        error_class="AssertionError",
        location="surcharges.py:88 demurrage_days",
        excerpt="Decimal('550.00') != Decimal('512.50')",
    ),
)

_TRIES = (
    ((7, 8, 19, 30, 31, 40), 266, "5be209d1", 0, "L1"),
    ((19, 30, 31), 188, "c7a041f8", 1, "L1"),
    ((30, 31), 171, "a41f7c02", 1, "L1"),
    ((30, 31), 167, "a41f7c02", 2, "L1"),
    (None, 0, None, 0, "L2"),
)
"""Failed positions, seconds, fingerprint, identical count and class of each attempt; None is still running."""


def attempts(now: datetime, finished: bool = False, green: bool = True) -> list[AttemptView]:
    """Return the story's attempts, the last one running unless `finished`, and then green or red."""
    begun = now - timedelta(seconds=869)
    found = []
    for number, (failed, seconds, mark, same, model_class) in enumerate(_TRIES):
        open_now = failed is None and not finished
        failed = (30, 31) if failed is None and finished and not green else failed
        letters = strip(ran=27) if open_now else strip(failed or ())
        failing = STILL_FAILING if failed else ()
        found.append(
            AttemptView(
                attempt_number=number,
                attempt_in_cycle=number,
                cycle_number=1,
                phase=2 if model_class == "L2" else 1,
                model_class=model_class,
                route="iama-rules",
                route_reason="repair 4 to 6" if model_class == "L2" else "repair 1 to 3",
                outcome=None if open_now else "RED" if failed else "GREEN",
                fingerprint=mark,
                identical_count=same,
                patch_summary="surcharges.py: replace_body demurrage_days",
                dropped_operations=[],
                probes=3,
                started_at=begun,
                completed_at=None if open_now else begun + timedelta(seconds=seconds or 77),
                run=run("REPAIR", number, letters, failing),
            )
        )
        begun += timedelta(seconds=seconds + 3)
    return found


def transitions(state: JobState, now: datetime, route: Sequence[tuple[JobState, int, str]]) -> list[TransitionView]:
    """Return the transitions that led to `state`, which began at its own time before `now`."""
    order = [entry[0] for entry in route]
    driven = list(route[: order.index(state)])
    at = now - timedelta(
        seconds=sum(seconds for _, seconds, _ in driven) + {name: own for name, own, _ in route}[state]
    )
    found = []
    for seq, (source, seconds, fact) in enumerate(driven, start=1):
        at += timedelta(seconds=seconds)
        person = source in (_S.PENDING, _S.WAITING_STRATEGY, _S.WAITING_SPEC_APPROVAL)
        found.append(
            TransitionView(
                seq=seq,
                from_state=source,
                to_state=order[seq],
                trigger="action" if person else "outcome",
                reason=None,
                fact=fact,
                actor="Mara Lindqvist" if person else "engine",
                surface="WEB" if person else "SYSTEM",
                at=at,
            )
        )
    return found


def route_to(state: JobState) -> tuple[tuple[JobState, int, str], ...]:
    """Return the story's route, bent where a scene leaves it."""
    bends = {_S.WAITING_INTERVENTION: _S.REMOTE_WIPE_VERIFYING, _S.BASELINE_VALIDATION_FAILED: _S.REFACTORING}
    if state in bends:
        order = [entry[0] for entry in ROUTE]
        return (*ROUTE[: order.index(bends[state])], (state, 214, ""))
    if state is _S.FALLBACK_REQUIRED:
        ending = ((_S.RECOVERY_PENDING, 9, "restored"), (_S.REMOTE_WIPE_VERIFYING, 7, "sandbox"), (state, 0, ""))
        return (*ROUTE[:12], *ending)
    return ROUTE


def job(state: JobState, now: datetime, **changes: Any) -> JobView:
    """Return the story's job in a state."""
    route = route_to(state)
    order = [entry[0] for entry in route]
    at = order.index(state)
    created = now - timedelta(seconds=sum(seconds for _, seconds, _ in route[: at + 1]))
    chosen, built = at > order.index(_S.WAITING_STRATEGY), at > 8
    repairing = at >= 11
    ended = state in (_S.DELIVERED, _S.FALLBACK_REQUIRED)
    wait = {_S.WAITING_INTERVENTION: "IDENTICAL_FAILURE", _S.BASELINE_VALIDATION_FAILED: "BASELINE_FAILED"}.get(state)
    offered = [*OFFERED.get((state, wait), ()), *([] if ended else ["CANCEL"])]
    values: dict[str, Any] = {
        "job_id": job_id(state),
        "status": state,
        "state_revision": 31,
        "goal": "Extract surcharge rules from compute_charges",
        "created_at": created,
        "updated_at": now,
        "started_at": created + timedelta(seconds=2) if at else None,
        "completed_at": now if ended else None,
        "state_entered_at": now - timedelta(seconds=route[at][1]),
        "owner_id": NAMESPACE,
        "source": SourceView(
            kind="GIT",
            repo_full_name="harbourline/freight-billing",
            url="file:///srv/git/freight-billing",
            branch="main",
            path_scope=["billing/"],
            head_sha_at_start="9c41e7b0a2d94b7f8c1e5a6d3b2f1c0e9d8a7b6c",
        ),
        "target_paths": ["billing/"],
        "execution_mode": "REMOTE_SANDBOX",
        "test_network_mode": "MOCKED",
        "delivery_policy": "DRAFT_PR",
        "billing_subject": "USER",
        "surface": "WEB",
        "strategy": ProposalLevel.STANDARD if chosen else None,
        "risk_score": 3 if chosen else None,
        "spec_version": 4 if chosen else None,
        "spec_status": ("READY" if state is _S.WAITING_SPEC_APPROVAL else "APPROVED") if chosen else None,
        "current_phase": 2 if repairing else 1,
        "attempt_count": 4 if repairing else 0,
        "attempt_total": 4 if repairing else 0,
        "cycle_number": 1,
        "identical_failure_count": {_S.WAITING_INTERVENTION: 3, _S.SELF_HEALING: 2}.get(state, 0),
        "failure_pattern_fingerprint": "a41f7c02" if repairing and state is not _S.DELIVERED else None,
        "baseline_mode": "ASSERTION" if built else None,
        "ast_confidence": 94,
        "checkpoint": "POST_CHARGE" if built else "PRE_CHARGE",
        "wait_kind": wait,
        "wait_deadline_at": now + timedelta(seconds=3300) if wait == "IDENTICAL_FAILURE" else None,
        "resume_state": None,
        "terminal_target": None,
        "failure_reason": "RETRY_BUDGET_EXHAUSTED" if state is _S.FALLBACK_REQUIRED else None,
        "failure_class": None,
        "failure_detail": None,
        "publishing_closed_reason": None,
        "artifact_expires_at": now + timedelta(days=14) if ended else None,
        "own_code": False,
        "review_tests": False,
        "files_changed": 7 if chosen else None,
        "remote_session": session(now, ended) if built else None,
        "available_actions": [
            ActionView(
                action=name,
                label=ACTION_WORDS[name].label,
                consequence=ACTION_WORDS[name].consequence,
                icon=ACTION_WORDS[name].icon,
            )
            for name in offered
        ],
    }
    return JobView(**{**values, **changes})


def session(now: datetime, wiped: bool) -> RemoteSessionView:
    """Return the story's sandbox."""
    return RemoteSessionView(
        session_id=NAMESPACE,
        status="WIPED" if wiped else "RUNNING",
        provider="gvisor",
        isolation_type="GVISOR",
        level="USERSPACE_KERNEL",
        network_policy="DENY",
        attestation={"digest": "51d0aa73b1c24e94a"},
        started_at=now - timedelta(seconds=1014),
        completed_at=now if wiped else None,
        wipe_completed_at=now if wiped else None,
        egress_refused=3,
    )


_LOG = (
    ("INFO", "attempt 3/10 opened · cycle 1 · L1 base · context 40 117 tokens, 36 104 from cache"),
    ("INFO", "edit document 2 operations · symbolic 2 · 2 980 output tokens"),
    ("INFO", "apply surcharges.py replace_body weekend_days · anchor matched once"),
    ("INFO", "apply surcharges.py replace_body demurrage_days · anchor matched once"),
    ("INFO", "sandbox run: pytest generated/ -p no:cacheprovider · network denied"),
    ("FAIL", "test_demurrage_weekend[sat-sun] 412.50 expected 375.00"),
    ("FAIL", "test_demurrage_weekend[fri-mon] 550.00 expected 512.50"),
    ("WARN", "attempt 3 red: 45 of 47 · fingerprint a41f·7c02 seen 2 of 3"),
    ("INFO", "route L1 to L2 advanced · repair 4 to 6 · phase 2 pre-authorised by Mara Lindqvist"),
    ("INFO", "attempt 4/10 opened · cycle 1 · context 41 882 tokens, 36 104 from cache"),
    ("INFO", "edit document 3 operations · symbolic 2, exact 1 · 1 204 output tokens"),
    ("INFO", "apply surcharges.py replace_body demurrage_days · anchor matched once"),
    ("INFO", "apply surcharges.py add_parameter free_days_inclusive · 4 call sites"),
    ("INFO", "apply tariff_engine.py exact 1 of 1 · base fingerprint 77b0·e1c9"),
    ("INFO", "frozen tests unchanged · 47 of 47 hashes match"),
    ("INFO", "sandbox run: pytest generated/ -p no:cacheprovider · network denied"),
    ("DENY", "egress rates.ecb.example:443 refused · mock answered · test_currency_fallback"),
    ("PASS", "test_demurrage_free_period[5-days] 27 of 47"),
)


def log(now: datetime) -> list[LogLineView]:
    """Return the newest log lines."""
    begun = now - timedelta(seconds=240)
    return [
        LogLineView(seq=at + 1, at=begun + timedelta(seconds=13.37 * at), level=level, message=words)
        for at, (level, words) in enumerate(_LOG)
    ]


def audit(now: datetime) -> list[AuditEventView]:
    """Return a short chain that fits."""
    words = ("job.created", "job.started", "job.transition", "spec.approved", "job.transition")
    hashes = [uuid5(NAMESPACE, str(at)).hex * 2 for at in range(len(words) + 1)]
    return [
        AuditEventView(
            audit_event_id=uuid5(NAMESPACE, word + str(at)),
            seq=211 + at,
            event_type=word,
            at=now - timedelta(seconds=600 - 60 * at),
            actor="Mara Lindqvist",
            body={"actor": {"ref": "Mara Lindqvist"}, "to": "WAITING_STRATEGY"},
            event_hash=hashes[at + 1],
            prev_hash=hashes[at],
        )
        for at, word in enumerate(words)
    ]
