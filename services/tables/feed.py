"""Rows of the feed: every change of a job, in order, as streams and screens replay it."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, text
from sqlmodel import Field, SQLModel

from services.tables.columns import JobRow, document, job_reference, unique


class JobEvent(JobRow, table=True):
    """One frame of a job's stream; `seq` starts at 1 and has no gaps."""

    __tablename__ = "job_events"
    __table_args__ = job_reference(unique("job_id", "seq"))

    job_id: UUID = Field(nullable=False)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    type: str
    payload: dict[str, Any] = document()
    state_revision: int = Field(sa_column=Column(BigInteger, nullable=False))


class JobFeedHead(SQLModel, table=True):
    """The last `seq` given out for a job; the row lock orders writers."""

    __tablename__ = "job_feed_heads"

    job_id: UUID = Field(primary_key=True)
    tenant_id: UUID = Field(nullable=False)
    seq: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
