"""What comes out: both sides of the change, the evidence, the artifacts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from services.artifacts.schemas import ArtifactView
from services.delivery.records import FilteredFileView, HeadCheckView, JobRecords, WipeView
from tests.support.job_samples.record import NAMESPACE


def ledger(now: datetime) -> tuple[JobRecords, dict[str, Any]]:
    """Return the records beside the proof and what the job used."""
    left_out = [("legacy/edi.bin", "BINARY_FILE"), ("legacy/ports.bin", "BINARY_FILE"), ("keys.py", "SECRET_DETECTED")]
    head = {"branch": "main", "head_sha_at_start": "8" * 40, "head_sha_now": "8" * 40, "latency_ms": 4}
    erased = {"scratch_record_id": None, "method": "OVERWRITE", "evidence_hash": "a" * 64, "verified_at": now}
    records = JobRecords.model_construct(
        filtered_files=[
            FilteredFileView(created_at=now, path=path, reason_code=code, size_bytes=9) for path, code in left_out
        ],
        head_checks=[HeadCheckView(created_at=now, verdict="MATCH", **head)],
        wipes=[
            WipeView(created_at=now, wipe_type="WORKSPACE_VOLUME", verified=done, execution_session_id=None, **erased)
            for done in (True, False)
        ],
    )
    use = {"phase_1_calls": 4, "phase_2_calls": 1, "phase_3_calls": 0, "prompt_tokens": 81_204,
           "completion_tokens": 9_310, "sandbox_seconds": 372, "billable": False}  # fmt: skip
    return records, use


def trees() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the scope before and after the change."""
    engine = """class TariffEngine:
    def compute_charges(self, shipment, ctx=None):
        total = self._base_charge(shipment)
        if shipment.fuel_index:
            # HL-1182: idx is a str on old EDI
            idx = float(shipment.fuel_index)
            if idx > 100.0:
                fuel = total * Decimal(str(
                    (idx - 100.0) / 400.0))
                total += fuel.quantize(CENT)
        if shipment.type in ('IMP', 'IMPORT'):
            total += self._demurrage(shipment)
        return self._apply_minimum(total, shipment)

    def _base_charge(self, shipment):
        row = self.table.row(shipment.lane, shipment.pickup)
        return row.base * shipment.weight

    def _describe(self, shipment):
        return f"{shipment.lane} {shipment.weight}"

    def _apply_minimum(self, total, shipment, ctx=None):
        floor = self.table.minimum(shipment.lane)
        if total < floor and not ctx.get("waive"):
            return floor
        return total

    def _label(self, shipment):
        return shipment.lane.upper()

    def _other(self, shipment):
        return shipment.lane.lower()

    def _round(self, amount, currency):
        if currency in ZERO_DECIMAL:
            return amount.quantize(Decimal('1'))
        return amount.quantize(CENT)
"""
    start, end = engine.index("        if shipment.fuel_index"), engine.index("        return self._apply_minimum")
    ruled = """        rules = SurchargeRules.for_shipment(
            shipment, ctx or self._default_ctx()
        )
        for rule in rules:
            total += rule.charge(total)
"""
    changed = engine[:start] + ruled + engine[end:]
    changed = changed.replace('not ctx.get("waive")', "not ctx.waive_minimum")
    tail = changed.index("        if currency in ZERO_DECIMAL")
    changed = changed[:tail] + "        return quantize_for(amount, currency)\n"
    quote = "def rate_quote(shipment):\n    return round(compute(shipment), 2)\n"
    before = {"billing/rating/tariff_engine.py": engine.encode(), "billing/cli/rate_quote.py": quote.encode()}
    surcharges = "".join(f"RULE_{at} = {at}\n" for at in range(142)).encode()
    after = {
        "billing/rating/tariff_engine.py": changed.encode(),
        "billing/cli/rate_quote.py": quote.replace("round(compute(shipment), 2)", "quote(shipment)").encode(),
        "billing/rating/surcharges.py": surcharges,
        "billing/rating/rounding.py": b"CENT = Decimal('0.01')\n",
    }
    return before, after


EVIDENCE = {
    "baseline": {"behaviours_covered": 14, "behaviours_total": 14},
    "hazards": {
        "disclosed": [
            {"id": "H-1", "path": "builder.py", "line": 212, "sentence": "getattr lookup, 4 names kept"},
            {"id": "H-2", "path": "", "line": None, "sentence": "Import-time signal hook, order kept"},
        ],
        "accepted": ["H-1", "H-2"],
    },
    "changed_lines": 308,
    "changed_lines_run": 298,
    "seeded_faults": {
        "total": 64,
        "caught": 61,
        "survivors": [
            {"number": 22, "place": "surcharges.py:88", "mutation": "<= to <"},
            {"number": 41, "place": "rounding.py:19", "mutation": "HALF_EVEN to HALF_UP"},
            {"number": 58, "place": "legacy_dates.py:41", "mutation": "None to date.min"},
        ],
    },
}


def artifacts(now: datetime) -> list[ArtifactView]:
    """Return artifacts: one lasting, one about to expire, one gone."""
    kinds = (("FULL_FILES", 300, False), ("TEST_SUITE", 30, False), ("PATCH", 200, False), ("LOG_BUNDLE", -3, True))
    return [
        ArtifactView(
            id=uuid5(NAMESPACE, kind),
            type=kind,
            name=kind.lower(),
            media_type="application/octet-stream",
            size=41_200,
            hash=uuid5(NAMESPACE, kind).hex * 2,
            created_at=now - timedelta(hours=2),
            expires_at=now + timedelta(hours=hours),
            deleted=gone,
        )
        for kind, hours, gone in kinds
    ]
