"""What a preview is asked for, and what it shows."""

from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.canon.limits import GOAL_MAX_CHARACTERS
from services.canon.vocabulary import ProposalLevel
from services.core.tree import UnsafePathError, normalise_path
from services.delivery.schemas import FileDiffView
from services.jobs.schemas import SourceRequest, Strict

Confidence = Literal["CERTAIN", "LIKELY", "TEXT", "UNKNOWN"]
"""CERTAIN is resolved by the scopes, LIKELY rests on an inferred receiver, TEXT is a mention in prose or a string."""

SymbolChange = Literal["ADDED", "CHANGED", "REMOVED"]
SymbolKind = Literal["MODULE", "CLASS", "FUNCTION", "METHOD", "NAME"]


class Sourced(Strict):
    """Where the code comes from: an address, or the pinned source of a job. Exactly one of both."""

    source: SourceRequest | None = None
    job_id: UUID | None = None
    path_scope: list[str] = Field(default=["."], min_length=1, max_length=50)

    @field_validator("path_scope")
    @classmethod
    def _inside_the_repository(cls, scopes: list[str]) -> list[str]:
        try:
            return sorted({normalise_path(scope) for scope in scopes})
        except UnsafePathError as error:
            raise ValueError(f"path scope is {error}") from error

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.source is None) == (self.job_id is None):
            raise ValueError("name either a source or a job")
        return self


class PreviewRequest(Sourced):
    """A change that is thought about: a goal in words, or an edit document."""

    goal: str | None = Field(default=None, min_length=1, max_length=GOAL_MAX_CHARACTERS)
    document: dict[str, Any] | None = None
    options: dict[str, str] = Field(default={}, max_length=20)
    level: ProposalLevel = ProposalLevel.STANDARD

    @model_validator(mode="after")
    def _one_wish(self) -> Self:
        if (self.goal is None) == (self.document is None):
            raise ValueError("say what to do: either a goal or a document")
        return self


class SymbolRequest(Sourced):
    """Names of a project that begin with `query`, or have a part that does; empty: the first of all."""

    query: str = Field(default="", max_length=200)
    kinds: list[SymbolKind] = []
    limit: int = Field(default=20, ge=1, le=100)


class SymbolView(BaseModel):
    """One definition; `symbol` is qualified inside its file and empty for a module."""

    model_config = ConfigDict(frozen=True)

    path: str
    symbol: str
    kind: SymbolKind
    line: int


class SymbolAnswer(BaseModel):
    """Definitions, best match first; `total` counts all that match."""

    head_sha: str
    items: list[SymbolView]
    total: int


class AffectedSymbol(BaseModel):
    """A definition whose text changes; `symbol` is empty where the change lies outside every definition."""

    path: str
    symbol: str
    change: SymbolChange
    line: int


class ReferenceView(BaseModel):
    """One place that names what an operation is about. `changes` is false where it is disclosed and left as it is."""

    path: str
    line: int
    kind: str
    confidence: Confidence
    changes: bool
    text: str


class HazardView(BaseModel):
    """One doubt. `hazard_id` depends on what it says and where, so it stays the same while the code does."""

    hazard_id: str
    kind: str
    path: str
    line: int | None
    sentence: str


class OperationView(BaseModel):
    """One operation and whether it would be applied."""

    index: int
    op: str
    path: str
    status: str
    code: str | None
    location: str | None
    remedy: str | None


class RefusalView(BaseModel):
    """Why the change, or a part of it, cannot be carried out safely."""

    code: str
    location: str
    remedy: str


class Totals(BaseModel):
    """How many there are of each in all; lists may hold fewer."""

    symbols: int
    references: int
    hazards: int
    operations: int
    files: int


class Preview(BaseModel):
    """What would become of the sources at `head_sha`.

    Lists are bounded; `totals` counts everything. `document` is None when there is none or it is too large to send.
    """

    head_sha: str
    branch: str | None
    understood: str | None
    level: ProposalLevel
    steps: list[str]
    symbols: list[AffectedSymbol]
    references: list[ReferenceView]
    hazards: list[HazardView]
    operations: list[OperationView]
    refusals: list[RefusalView]
    diff_files: list[FileDiffView]
    document: dict[str, Any] | None
    totals: Totals
