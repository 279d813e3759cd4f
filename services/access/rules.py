"""Pure decisions of access: the limits and features that follow from a tier."""

from services.access.schemas import PhaseLimit, Plan
from services.tables.identity import SubscriptionTier

SERVER_TIERS = frozenset({"PRO", "MAX", "ENTERPRISE"})
"""Tiers with repository sources and sandboxes on the server (V2-FR-ENT-001)."""


def plan_of(row: SubscriptionTier) -> Plan:
    """Read a stored plan as the API shows it; a trial's payment state reads as active on V1 (settled clash 15)."""
    return Plan(
        tier=row.tier,
        source=row.source,
        context_cap=row.context_cap,
        operating_mode=row.operating_mode,
        phase_1_limit=_limit("daily", row.daily_job_limit),
        phase_2_limit=_limit("monthly", row.phase_2_limit),
        phase_3_limit=_limit("monthly", row.phase_3_limit),
        concurrent_jobs=row.concurrent_jobs,
        execution_environments=["LOCAL", "CLOUD"] if row.tier in SERVER_TIERS else ["LOCAL"],
        web_github_enabled=row.tier in SERVER_TIERS,
        enterprise_report_enabled=row.tier == "ENTERPRISE",
        billing_status=row.status,
        cycle_start=row.billing_cycle_start,
        cycle_end=row.billing_cycle_end,
    )


def _limit(period: str, limit: int | None) -> PhaseLimit:
    return PhaseLimit(type="unlimited") if limit is None else PhaseLimit(type=period, limit=limit)
