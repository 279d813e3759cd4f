"""One finding of the doctor."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a part of the installation is; only `MISSING` keeps it from working."""

    OK = "ok"
    OFF = "not_configured"
    DEGRADED = "degraded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, in one sentence, and what would help; `data` is for machines."""

    name: str
    status: Status
    sentence: str
    remedy: str = ""
    data: dict[str, Any] = field(default_factory=dict)
