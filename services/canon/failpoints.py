"""Named points around every commit of the workflow; the kill matrix is generated from this list."""

from enum import StrEnum


class Failpoint(StrEnum):
    """Where a process may be killed on purpose in tests (`IAMA_FAILPOINT=name[@state]`)."""

    BEFORE_CLAIM = "before_claim"
    AFTER_CLAIM = "after_claim"
    DURING_WORK = "during_work"
    AFTER_OPEN = "after_open"
    AFTER_CALL = "after_call"
    BEFORE_RECORD = "before_record"
    AFTER_RECORD = "after_record"
    BEFORE_PUBLISH = "before_publish"
    AFTER_PUBLISH = "after_publish"
