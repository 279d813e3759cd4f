"""What leaves access: the plan of a workspace."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field


class PhaseLimit(BaseModel):
    """How often a phase may run; no `limit` means unlimited."""

    type: Literal["daily", "monthly", "unlimited"]
    limit: int | None = None


class BillingStatus(StrEnum):
    """Payment state of a plan."""

    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    CANCELLED = "CANCELLED"
    TRIAL = "TRIAL"


class Plan(BaseModel):
    """What a workspace's plan includes, read from storage at each call (V1-FR-SUB-001)."""

    tier: Literal["FREE", "PLUS", "PRO", "MAX", "ENTERPRISE"]
    source: Literal["LOCAL_PLAN", "GATEWAY", "OPERATOR"] = Field(description="Who granted the plan.")
    context_cap: int = Field(description="Most model input tokens of one call.")
    operating_mode: Literal["SIMPLE", "PROFESSIONAL", "ENTERPRISE"]
    phase_1_limit: PhaseLimit
    phase_2_limit: PhaseLimit
    phase_3_limit: PhaseLimit
    concurrent_jobs: int | None = Field(description="Most jobs at once; null is unlimited.")
    execution_environments: list[Literal["LOCAL", "CLOUD"]]
    web_github_enabled: bool
    enterprise_report_enabled: bool
    billing_status: BillingStatus
    cycle_start: datetime
    cycle_end: datetime
