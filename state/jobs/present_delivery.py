"""Words and figures of the delivery screen: evidence band and handing over. Pure functions.

What a job did not measure is absent from its evidence and shown as a dash, never as zero or "passed".
"""

from collections.abc import Mapping
from typing import Any

from services.canon.segment_words import Term, say
from services.delivery.schemas import TRAILER, PublicationView
from services.jobs.schemas import JobView, TestRunView
from state.jobs import delivery_views as shown
from state.jobs import format as fmt
from state.jobs import present, strips
from state.jobs.present_execution import ticks
from state.jobs.views import Fact

SUITE_TICKS_PER_LINE = 159

_MODES: dict[str, tuple[str | Term, str, str]] = {
    "ASSERTION": ("Assertion mode", "success", ""),
    "CHARACTERIZATION": (
        Term.CHARACTERIZATION,
        "warning",
        "Recorded from today's code, right or wrong.",
    ),
    "BLACK_BOX": ("Black-box mode", "warning", "Only the outside of the scope is observed."),
}

Evidence = Mapping[str, Any]


def mode_words(job: JobView, segment: str) -> tuple[str, str, str]:
    """Return label, tone and risk note of the way in which the baseline was taken; a dash while it was not."""
    label, tone, note = _MODES.get(job.baseline_mode or "", (fmt.DASH, "neutral", ""))
    return say(label, segment) if isinstance(label, Term) else label, tone, note


def evidence_view(
    job: JobView, baseline: TestRunView | None, newest: TestRunView | None, evidence: Evidence, segment: str = "B"
) -> shown.EvidenceView:
    """Word the evidence band; `evidence` is the predicate of the job's evidence record, empty before there is one."""
    own: Evidence = evidence.get("own_suite") or {}
    before = ticks(own.get("strip_before") or (baseline.own_strip if baseline else ""))
    after = ticks(own.get("strip_after") or (newest.own_strip if newest else ""))
    differing = sum(one is not other for one, other in zip(before, after, strict=False))
    changed = int(own.get("changed", differing))
    known = bool(before) and len(before) == len(after)
    hazards = _accepted(evidence.get("hazards") or {})
    counts = newest.own_counts if newest and newest.own_strip else {}
    mode, tone, note = mode_words(job, segment)
    return shown.EvidenceView(
        strips=strips.draw_lines(before, after, SUITE_TICKS_PER_LINE) if before else [],
        changed_line=f"{changed} of {fmt.count(len(before))} changed" if known else fmt.DASH,
        changed_tone=("bad" if changed else "ok") if known else "mut",
        passed=fmt.count(counts.get("passed")),
        failed=fmt.count(counts.get("failed")),
        skipped=fmt.count(counts.get("skipped")),
        suite_note=_suite_note(counts, changed) if known else "",
        mode=mode,
        mode_tone=tone,
        mode_note=note,
        baseline=_baseline_facts(job, baseline, newest, evidence, segment),
        hazards=[hazard_view(number, hazard) for number, hazard in enumerate(hazards, start=1)],
        hazard_count=str(len(hazards)),
        attested="attested" if job.remote_session and job.remote_session.attestation else "",
        isolation=_isolation_facts(job),
        **_seed_fields(evidence.get("seeded_faults")),
    )


def _accepted(hazards: Evidence) -> list[Any]:
    """List the disclosed hazards that a person accepted."""
    wanted = {str(one) for one in hazards.get("accepted", [])}
    return [one for one in hazards.get("disclosed", []) if str(one.get("id")) in wanted]


def _suite_note(counts: Mapping[str, int], changed: int) -> str:
    if changed:
        return "behaviour changed"
    return "red stayed red" if counts.get("failed") else "both times"


def _seed_fields(seeded: Any) -> dict[str, Any]:
    """Word the seeded faults: `total`, `caught` and one entry per survivor with place and mutation."""
    if not isinstance(seeded, Mapping) or not seeded.get("total"):
        return {}
    total, caught = int(seeded["total"]), int(seeded.get("caught", 0))
    survivors = list(seeded.get("survivors", []))
    at = {int(one.get("number", total - number)) for number, one in enumerate(survivors)}
    return {
        "score": f"{100 * caught / total:.1f}",
        "seeds": ["survived" if number in at else "caught" for number in range(1, total + 1)],
        "seeds_label": f"{total} seeded faults, {caught} caught, {len(survivors)} survived",
        "caught": fmt.of(caught, total),
        "survived": f"{len(survivors)} survived",
        "survivors": [shown.SurvivorView(str(one["place"]), str(one["mutation"])) for one in survivors],
    }


def _baseline_facts(
    job: JobView, baseline: TestRunView | None, newest: TestRunView | None, evidence: Evidence, segment: str
) -> list[Fact]:
    proof: Evidence = evidence.get("baseline") or {}
    covered, total = proof.get("behaviours_covered"), proof.get("behaviours_total")
    run, lines = evidence.get("changed_lines_run"), evidence.get("changed_lines")
    return [
        Fact("Untouched code", _passed(baseline), strong=True),
        Fact("Changed code", _passed(newest), strong=True),
        Fact("Behaviours covered", fmt.of(covered, total), tone="warn" if total and covered != total else ""),
        Fact("Changed lines run", fmt.of(run, lines)),
        Fact(say(Term.AST_CONFIDENCE, segment), fmt.count(job.ast_confidence)),
        Fact("Frozen tests", f"{baseline.generated_total} unchanged" if baseline and newest else fmt.DASH),
    ]


def _passed(run: TestRunView | None) -> str:
    return fmt.of(run.generated_passed, run.generated_total) if run else fmt.DASH


def hazard_view(number: int, hazard: Any) -> shown.HazardView:
    """Word one hazard with its place; its id is its mark."""
    if not isinstance(hazard, Mapping):
        return shown.HazardView(f"H-{number}", str(hazard))
    place = hazard.get("path")
    line = f":{hazard['line']}" if place and hazard.get("line") else ""
    where = f" {place}{line}" if place else ""
    return shown.HazardView(str(hazard.get("id", f"H-{number}")), f"{hazard.get('sentence', '')}{where}")


def _isolation_facts(job: JobView) -> list[Fact]:
    session = job.remote_session
    if session is None:
        return [Fact("Isolation")]
    digest = (session.attestation or {}).get("digest")
    wiped = None
    if session.wipe_completed_at and session.completed_at:
        wiped = (session.wipe_completed_at - session.completed_at).total_seconds()
    return [
        Fact(present.isolation_note(job), fmt.digest(digest), mono=True),
        Fact(
            f"Egress refused {session.egress_refused}, wiped in",
            fmt.DASH if wiped is None else f"{wiped:.1f} s",
            strong=True,
        ),
    ]


def methods(job: JobView, bundle_bytes: int | None, segment: str = "B") -> list[shown.MethodView]:
    """List the ways of handing over; what this installation cannot do says so."""
    target = job.source.branch or "the default branch"
    closed = bool(job.publishing_closed_reason)
    size = f", {fmt.size(bundle_bytes)}" if bundle_bytes is not None else ""
    return [
        shown.MethodView(
            "PUSH_BRANCH",
            "Push a branch",
            "Publishing is closed" if closed else say(Term.NEW_BRANCH, segment).format(target=target),
            not closed,
        ),
        shown.MethodView("PATCH_BUNDLE", "Patch", f"For git apply{size}"),
    ]


def handover_view(
    job: JobView,
    *,
    bundle_bytes: int | None,
    published: PublicationView | None,
    record_hash: str | None,
    segment: str = "B",
) -> shown.HandoverView:
    """Word methods, branch line, provenance and where publishing stands."""
    head = fmt.short_sha(job.source.head_sha_at_start)
    line, tone = _publication_words(published)
    return shown.HandoverView(
        methods=methods(job, bundle_bytes, segment),
        branch_line=say(Term.BASED_ON, segment).format(head=head),
        provenance=f"{TRAILER}\nJob: {job.job_id}",
        evidence_line=f"Evidence record {fmt.digest(record_hash)}, spec v{job.spec_version or fmt.DASH}",
        published=line,
        published_tone=tone,
        published_branch=published.branch_name if published and published.status == "PUBLISHED" else "",
        closed_reason=job.publishing_closed_reason or "",
    )


def _publication_words(published: PublicationView | None) -> tuple[str, str]:
    if published is None:
        return "", ""
    if published.status == "PUBLISHED":
        return f"{published.branch_name} pushed as {fmt.short_sha(published.commit_sha)}", "ok"
    if published.error_code:
        return f"{published.branch_name} was not pushed: {published.error_code}", "bad"
    return f"{published.branch_name} is being pushed", "info"
