"""What goes into a stage and what leaves it: payloads, typed outputs, request, result and the record of a call."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.canon.vocabulary import ProposalLevel
from services.engine.document import EditDocument
from services.llm.context.manifest import ContextManifest
from services.llm.vocabulary import CallOutcome, ModelClass, RouteName, RouteReason, Stage

SCHEMA_VERSION = 1
"""Version of every stage schema; stated in prompts and kept with the record (V1-LLM-04)."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangePayload(_Shape):
    """What every stage knows: the goal in the person's words, the scope, and files nobody may touch."""

    goal: str
    path_scope: list[str] = ["."]
    protected: list[str] = []


class ProposalFacts(BaseModel):
    """Measured size of one strategy; further measured values may stand beside these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    files: int = Field(ge=0)
    symbols: int = Field(ge=0)
    operations: int = Field(ge=0)
    hazards: list[dict[str, Any]] = []
    estimate_seconds: int | None = Field(default=None, description="whole job, rough; absent when not known")
    same_as: ProposalLevel | None = Field(default=None, description="an easier level with exactly the same edits")


class Proposal(_Shape):
    """One strategy as shown at strategy choice; `risk_score` runs from 1 (low) to 5 (high)."""

    level: ProposalLevel
    title: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(min_length=1)]
    risk_score: Annotated[int, Field(ge=1, le=5)]
    technical_analysis: str
    estimated_complexity: str
    facts: ProposalFacts


class ProposalsOutput(_Shape):
    """Exactly one proposal per level, in the order of the levels (V1-FR-SPEC-001)."""

    proposals: Annotated[list[Proposal], Field(min_length=3, max_length=3)]

    @model_validator(mode="after")
    def _one_of_each(self) -> "ProposalsOutput":
        if [proposal.level for proposal in self.proposals] != list(ProposalLevel):
            raise ValueError("give one proposal each for CONSERVATIVE, STANDARD, COMPREHENSIVE, in this order")
        return self


class BddDraft(_Shape):
    """One behaviour. `evidence` lists observed examples or existing tests; empty means unobserved."""

    item_key: str
    title: str
    given: str
    when_action: str
    then_outcome: str
    evidence: list[dict[str, Any]] = []


class SddDraft(_Shape):
    """One structural statement."""

    item_key: str
    component: str
    responsibility: str
    interface_notes: str | None = None


class SpecPayload(ChangePayload):
    """Input of `spec_extraction`."""

    level: ProposalLevel = ProposalLevel.STANDARD


class SpecOutput(_Shape):
    """Draft of a behaviour specification."""

    bdd: list[BddDraft]
    sdd: list[SddDraft] = []


class Half(StrEnum):
    """Which half of a specification is wanted."""

    BDD = "BDD"
    SDD = "SDD"
    BOTH = "BOTH"


class ConversionPayload(ChangePayload):
    """Input of `spec_conversion`: a person's sentences, and which items to make of them."""

    text: str
    half: Half = Half.BOTH


class ConversionOutput(SpecOutput):
    """Items in the order of their sentences; `left_over` lists sentences that no item was made of."""

    bdd: list[BddDraft] = []
    left_over: list[str] = []


class TestPayload(ChangePayload):
    """Input of `test_generation`: the approved behaviours."""

    __test__ = False

    items: SpecOutput
    level: ProposalLevel = ProposalLevel.STANDARD


class TestCaseDraft(_Shape):
    """One generated test and the behaviour that it proves."""

    test_id: str
    item_key: str | None = None
    title: str = ""


class TestPlanOutput(_Shape):
    """Generated tests: `files` maps relative path → source text; `mode` is ASSERTION or CHARACTERIZATION."""

    __test__ = False

    files: dict[str, str]
    cases: list[TestCaseDraft]
    mode: str
    uncovered: list[str] = Field(default=[], description="keys of behaviours that no generated test proves")


class RefactorPayload(ChangePayload):
    """Input of `refactor_generation`: the chosen strategy and the approved behaviours."""

    level: ProposalLevel
    items: SpecOutput | None = None


class PatchOutput(_Shape):
    """An edit document with what was looked for; an empty document means that nothing was found to change."""

    document: EditDocument
    summary: str
    steps: list[str] = []
    hazards: list[dict[str, Any]] = []


class TestFailure(_Shape):
    """One test that fails after the change; `location` reads `path:line`, `excerpt` is the end of the trace."""

    __test__ = False

    test_id: str
    error_class: str | None = None
    location: str | None = None
    excerpt: str | None = None


class TriedSubset(_Shape):
    """One subset that was proven: indexes into the full document, and whether all evidence held."""

    kept: list[int]
    passed: bool = False
    failing: list[str] = Field(default=[], description="ids of the tests that failed with it")


class RepairPayload(RefactorPayload):
    """Input of `repair`: the first attempt's whole document, today's failures, every subset tried so far."""

    document: EditDocument
    failures: list[TestFailure]
    tried: list[TriedSubset] = []


class DroppedOperation(_Shape):
    """One operation that the repaired document leaves out: its index in the full document and why."""

    index: int
    op: str
    path: str
    reason: str


class RepairOutput(_Shape):
    """The next document to prove. `document` is None when nothing usable is left; `settled` marks a subset that
    already passed and cannot be widened."""

    document: EditDocument | None
    summary: str
    kept: list[int] = []
    dropped: list[DroppedOperation] = []
    settled: bool = False


T = TypeVar("T", bound=BaseModel)
CancelSignal = asyncio.Event | Callable[[], bool]


@dataclass(frozen=True, slots=True)
class StageRequest(Generic[T]):
    """One question. Source text is never part of it: `snapshot_ref` names the snapshot.

    Args:
        tier: FREE, PLUS, PRO, MAX or ENTERPRISE.
        attempt: 0 for the first pass, 1 to 10 for repairs.
        payload: the payload class of the stage.
        schema: the output class of the stage.
        cancel: set (or answering True) to withdraw the request; it is looked at between chunks and while waiting.
    """

    stage: Stage
    tier: str
    model_class: ModelClass
    job_id: UUID
    attempt: int
    snapshot_ref: str
    payload: ChangePayload
    schema: type[T]
    cancel: CancelSignal | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls, as the provider counted them; zero for `iama-rules`, which uses none."""

    llm_tokens_in: int = 0
    llm_tokens_out: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.llm_tokens_in + other.llm_tokens_in, self.llm_tokens_out + other.llm_tokens_out)


@dataclass(frozen=True, slots=True)
class StageResult(Generic[T]):
    """One validated answer and where it came from."""

    value: T
    route: RouteName
    route_reason: RouteReason
    model_class: ModelClass
    model_alias: str
    usage: Usage
    latency_ms: int
    call_id: UUID
    schema_retry: bool = False


@dataclass(frozen=True, slots=True)
class ModelCallRecord:
    """Metadata of one routed call, good or bad, for `model_calls` and the usage ledger; no prompt, no answer.

    `context` tells what was shown; None when nothing was sent.
    """

    call_id: UUID
    job_id: UUID
    stage: Stage
    tier: str
    model_class: ModelClass
    attempt_number: int
    route: RouteName
    route_reason: RouteReason
    model_alias: str
    usage: Usage
    latency_ms: int
    outcome: CallOutcome
    schema_retry: bool = False
    detail: dict[str, Any] = field(default_factory=dict)
    context: ContextManifest | None = None

    @property
    def stored_detail(self) -> dict[str, Any] | None:
        """What is kept beside the figures: refusal data and, under `context_manifest`, what was shown."""
        shown = {"context_manifest": self.context.model_dump(mode="json")} if self.context else {}
        return {**self.detail, **shown} or None
