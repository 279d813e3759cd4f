"""What leaves the feed: frames in order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Frame(BaseModel):
    """One fact of a job. `seq` grows by one per job and is the stream's event id."""

    seq: int
    job_id: UUID
    type: str
    state_revision: int
    timestamp: datetime
    payload: dict[str, Any]


class JobChange(BaseModel):
    """A job of the workspace changed; `seq` grows by one per audited fact of the tenant."""

    seq: int
    job_id: UUID
    timestamp: datetime
