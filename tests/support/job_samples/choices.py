"""What people decide on: strategies, the spec with its revisions and a conflict, the generated tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.baselines.schemas import CaseMode, GeneratedCase, GeneratedSuite
from services.canon.lifecycle import JobState
from services.canon.vocabulary import ProposalLevel
from services.jobs.schemas import (
    ProposalView,
)
from services.specs.schemas import BddItem, RevisionView, SddItem, SpecView
from tests.support.job_samples.record import NAMESPACE, job_id

_S = JobState

_P = ProposalLevel
_PROPOSALS = (
    (_P.CONSERVATIVE, 1, 3, 0, 180, 4, 61, 0, 0, 0, 88, "Low"),
    (_P.STANDARD, 3, 7, 2, 582, 11, 19, 0, 9, 1, 81, "Medium"),
    (_P.COMPREHENSIVE, 5, 19, 4, 1946, 38, 12, 7, 64, 5, 57, "High"),
)
_SUMMARIES = (
    "Rename, annotate and split the two largest branches of compute_charges. The module layout stays.",
    "Move each surcharge into its own rule with one entry point, and put rounding in one place.",
    "Replace the engine by a rule pipeline, type the shipment model and drop the EDI shims. Seven public names change.",
)


def proposals() -> list[ProposalView]:
    """Return the three strategies."""
    keys = ("files_changed", "files_new", "lines_touched", "functions_rewritten", "highest_complexity_after")
    more = ("public_names_changed", "call_sites", "dynamic_lookups", "covered_percent")
    found = []
    for (level, risk, *figures, effort), summary in zip(_PROPOSALS, _SUMMARIES, strict=True):
        facts: dict[str, Any] = dict(zip((*keys, *more), figures, strict=True))
        facts |= {
            "files_in_scope": 38,
            "lines_in_scope": 9214,
            "functions_in_scope": 214,
            "highest_complexity_before": 74,
        }
        names = ("TariffEngine.compute_charges", "TariffEngine._free_days", "InvoiceBuilder.run", "parse_edi_record")
        facts["touched_functions"] = [
            {"path": "billing/rating/tariff_engine.py", "qualified_name": one} for one in names
        ]
        facts["hotspots"] = [
            {"name": one, "complexity": value, "lines": lines, "covered_percent": covered}
            for one, value, lines, covered in zip(
                names, (74, 22, 31, 29), (412, 61, 188, 240), (81, 96, 90, 44), strict=True
            )
        ]
        facts["hazards"] = [{"id": "H-1", "path": "builder.py:212", "sentence": "getattr lookup"}] if risk == 3 else []
        facts["estimate_seconds"] = {1: 720, 3: 1500, 5: 4800}[risk]
        found.append(
            ProposalView(
                id=uuid5(NAMESPACE, level.value),
                level=level,
                title=level.value.capitalize(),
                summary=summary,
                risk_score=risk,
                technical_analysis={},
                facts=facts,
                hazards=facts["hazards"],
                estimated_complexity=effort.upper(),
                selected=False,
            )
        )
    return found


_TITLES = (
    ("Base charge uses the tariff row valid on the pickup date", 6),
    ("Missing tariff row falls back to the lane default", 4),
    ("Fuel index over 100 adds a proportional surcharge", 9),
    ("Fuel index given as text is read as a number", 2),
    ("Import shipments pay demurrage after free days", 9),
    ("Weekend days count once per weekend, not per day", 5),
    ("Zero-decimal currencies round to whole units", 7),
    ("Half a cent rounds to the even neighbour", 0),
    ("Minimum charge applies after all surcharges", 11),
)
_PARTS = (
    ("SurchargeRules", "Chooses and orders the rules for one shipment", "rounding, legacy_dates"),
    ("DemurrageRule", "Charges days beyond the free period", "legacy_dates"),
    ("FuelRule", "Reads the index, charges the share over 100", None),
    ("rounding.quantize_for", "One place for currency rounding", "currency"),
)


def spec(state: JobState, now: datetime) -> SpecView:
    """Return the newest spec revision."""
    items = [
        BddItem(
            id=f"B-{number:02}",
            title=title,
            given="an import shipment with 5 free days at terminal DEHAM",
            when_action="the container stays 8 calendar days, pickup day included",
            then_outcome=f"{title}. 3 days are charged at 37.50 EUR each.",
            evidence=[{"path": "tariff_engine.py", "line": 231, "kind": "call"}]
            + [{"test": f"test_demurrage[{at}]", "path": "test_demurrage.py"} for at in range(own)]
            if own
            else [],
            origin="MODEL",
        )
        for number, (title, own) in enumerate(_TITLES, start=1)
    ]
    parts = [
        SddItem(id=f"S-{number}", component=name, responsibility=words, interface_notes=notes)
        for number, (name, words, notes) in enumerate(_PARTS, start=1)
    ]
    return SpecView(
        job_id=job_id(state),
        revision_id=uuid5(NAMESPACE, "v3"),
        revision_token="token-3",
        number=3,
        kind="HUMAN",
        bdd_items=items,
        sdd_items=parts,
        updated_at=now,
        actor=str(UUID(int=2)),
        surface="WEB",
        approved=state is not _S.WAITING_SPEC_APPROVAL,
        editable=state is _S.WAITING_SPEC_APPROVAL,
    )


def revisions(now: datetime) -> list[RevisionView]:
    """Return the revision rail, newest first."""
    rows = ((3, "HUMAN", 2, ["B-06", "B-08"]), (2, "HUMAN", 1, ["B-09", "B-05"]), (1, "GENERATED", None, []))
    return [
        RevisionView(
            revision_id=uuid5(NAMESPACE, f"v{number}"),
            number=number,
            kind=kind,
            actor=str(UUID(int=who)) if who else "system:extraction",
            surface="WEB",
            created_at=now - timedelta(seconds=260 * (4 - number)),
            approved_at=None,
            bdd_count=9,
            sdd_count=4,
            changed_items=changed,
        )
        for number, kind, who, changed in rows
    ]


def conflict(mine: str) -> dict[str, Any]:
    """Return the data of the refusal that a stale save of B-06 meets."""
    theirs = "Saturday and Sunday count as one day, only when both fall in the stay."
    items = [item.model_dump() for item in spec(_S.WAITING_SPEC_APPROVAL, datetime.now(UTC)).bdd_items]
    items[5]["then_outcome"] = theirs
    clash = {"item_id": "B-06", "field": "then_outcome", "base": "", "mine": mine, "theirs": theirs}
    payload = {"base_number": 3, "current_number": 4, "conflicts": [clash], "merged_bdd": items, "merged_sdd": []}
    return {"current_revision_token": "token-4", "diff_payload": payload, "actor": str(UUID(int=2))}


def suite() -> GeneratedSuite:
    """Return generated tests for the first behaviours; the last one stays without."""
    cases = [
        GeneratedCase(
            test_id=f"test_generated.py::test_{key.lower().replace('-', '_')}_{at}",
            item_key=key,
            target="billing.rating:TariffEngine.compute_charges",
            defined_at="billing/rating/tariff_engine.py:2",
            call="compute_charges()",
            mode=CaseMode.ASSERTION if at else CaseMode.CHARACTERIZATION,
            source="tests/test_rating.py:12",
        )
        for key in [f"B-{number:02}" for number in range(1, 9)]
        for at in range(3)
    ]
    return GeneratedSuite(
        folder="generated", files={}, cases=tuple(cases), unobserved={"B-09": "no call with literal arguments"}
    )
