"""The types of frames on a job's stream and the fields each must carry (API reference 9.1, 11.4)."""

from enum import StrEnum


class EventType(StrEnum):
    """Every type that may stand in `job_events.type`."""

    STATE_CHANGE = "state_change"
    LOG_LINE = "log_line"
    ATTEMPT_START = "attempt_start"
    ATTEMPT_END = "attempt_end"
    SPEC_UPDATED = "spec_updated"
    ARTIFACT_READY = "artifact_ready"
    PRECHECK_RESULT = "precheck_result"
    REPO_SYNC = "repo_sync"
    REMOTE_SESSION = "remote_session"
    NETWORK_BLOCK = "network_block"
    WIPE = "wipe"
    HEAD_CHECK = "head_check"
    TEST_RUN_RESULT = "test_run_result"
    ESCALATION_REQUIRED = "escalation_required"
    BASELINE_DECISION_REQUIRED = "baseline_decision_required"
    DELIVERY = "delivery"
    JOB_UPDATED = "job_updated"


REQUIRED_FIELDS: dict[EventType, tuple[str, ...]] = {
    EventType.STATE_CHANGE: ("state",),
    EventType.LOG_LINE: ("level", "message"),
    EventType.ATTEMPT_START: ("attempt", "phase", "model_class"),
    EventType.ATTEMPT_END: ("attempt", "passed"),
    EventType.SPEC_UPDATED: ("revision_id", "revision_token", "updated_by_surface"),
    EventType.ARTIFACT_READY: ("artifact_expires_at",),
    EventType.PRECHECK_RESULT: ("passed", "violations"),
    EventType.REPO_SYNC: ("status", "files"),
    EventType.REMOTE_SESSION: ("status",),
    EventType.NETWORK_BLOCK: ("fqdn", "phase"),
    EventType.WIPE: ("step", "verified"),
    EventType.HEAD_CHECK: ("status", "start_sha", "current_sha"),
    EventType.TEST_RUN_RESULT: ("run_type", "passed", "total"),
    EventType.ESCALATION_REQUIRED: ("deadline_at",),
    EventType.BASELINE_DECISION_REQUIRED: ("wait_kind",),
    EventType.DELIVERY: ("status",),
    EventType.JOB_UPDATED: (),
}


def event(type_: EventType, **payload: object) -> dict[str, object]:
    """Build one frame and check that its required fields are there.

    Raises:
        ValueError: a required field is missing.
    """
    missing = [name for name in REQUIRED_FIELDS[type_] if name not in payload]
    if missing:
        raise ValueError(f"{type_.value} lacks {', '.join(missing)}")
    return {"type": type_.value, "payload": payload}
