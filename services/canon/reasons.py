"""Why a job ended, in one sentence per reason: what the terminal, the API and the screens say."""

from collections.abc import Mapping
from typing import Any

from services.canon.errors import ERRORS

REASON_SENTENCES: dict[str, str] = {
    "NO_CHANGE_PRODUCED": "Nothing was found to change, so nothing was delivered.",
    "BASELINE_VALIDATION_FAILED": "The tests do not hold on the untouched code, so there is nothing to compare with.",
    "RETRY_BUDGET_EXHAUSTED": "No part of the change kept the behaviour within the allowed repairs.",
    "INTERVENTION_SILENT": "Repair met the same failure again and again, and nobody decided how to go on.",
    "ESCALATION_CONFIRMATION_TIMEOUT": "Nobody answered whether a stronger model may be used.",
    "INTERVENTION_TIMEOUT": "Nobody confirmed the Deep Fix in time.",
    "USER_CANCELLED": "The job was cancelled.",
    "FORCE_TERMINATED_BY_USER": "The job was ended while its editor was away.",
    "IDLE_EXPIRED": "Nobody went on with the job, so it was closed.",
    "CLIENT_DISCONNECTED": "The editor that ran the job went away and did not come back.",
    "TIMEOUT_EXECUTION": "The tests did not end within the time allowed; the job's test time limit sets it.",
    "INSUFFICIENT_FUNDS": "The plan's allowance was used up while the job ran.",
    "ISOLATION_BELOW_POLICY": "No sandbox here is strong enough for code of others; own code may use a weaker one.",
    "GITHUB_AUTHORIZATION_REVOKED": "Access to the repository was withdrawn at GitHub.",
    "SOURCE_ACCESS_REVOKED": "The repository could not be read.",
    "REPO_SYNC_THROTTLE_EXHAUSTED": "The Git host kept asking to wait, and the repository could not be fetched.",
    "GITHUB_TOKEN_REFRESH_FAILED": "The sign-in at GitHub could not be renewed.",
    "RECOVERY_FAILED": "The state from before the job could not be restored; the source repository was never touched.",
}
"""Reasons told otherwise than the refusal of the same code; the rest stand in the table of errors."""


PARTICULAR = frozenset({"CHANGE_NOT_SAFE", "CONTEXT_FILES_BLOCKED", "GOAL_NOT_UNDERSTOOD"})
"""Reasons whose own sentence says more: what exactly stands in the way, and where."""


def reason_sentence(reason: str | None, detail: Mapping[str, Any] | None = None) -> str | None:
    """Say an end's reason in words; None for no reason and for one that nobody words.

    Args:
        detail: What the job keeps beside the reason; its `sentence` is told for the particular ones.
    """
    if reason in PARTICULAR and detail and detail.get("sentence"):
        return str(detail["sentence"])
    if reason is None or reason in REASON_SENTENCES:
        return REASON_SENTENCES.get(reason or "")
    spec = ERRORS.get(reason)
    return f"{spec.sentence} {spec.remedy}" if spec else None
