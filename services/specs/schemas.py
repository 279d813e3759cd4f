"""What leaves the specs slice: items, revisions, the conflict that a stale write meets."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS

_TEXT = Field(max_length=SPEC_FIELD_MAX_CHARACTERS)
_TEXT_OR_NONE = Field(default=None, max_length=SPEC_FIELD_MAX_CHARACTERS)
_WORDS = Field(min_length=1, max_length=SPEC_FIELD_MAX_CHARACTERS)


class BddItem(BaseModel):
    """One behaviour; `id` is stable across revisions, `evidence` says where it was seen."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    title: str = _WORDS
    given: str = _TEXT
    when_action: str = _WORDS
    then_outcome: str = _WORDS
    evidence: list[dict[str, Any]] = []
    origin: str = "HUMAN"


class SddItem(BaseModel):
    """One structural statement."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    component: str = _WORDS
    responsibility: str = _WORDS
    interface_notes: str | None = Field(default=None, max_length=SPEC_FIELD_MAX_CHARACTERS)
    origin: str = "HUMAN"


class SpecView(BaseModel):
    """The newest revision of a job's spec."""

    job_id: UUID
    revision_id: UUID
    revision_token: str
    number: int
    kind: str
    bdd_items: list[BddItem]
    sdd_items: list[SddItem]
    updated_at: datetime
    actor: str
    surface: str
    approved: bool
    editable: bool


class RevisionView(BaseModel):
    """One revision in the rail: who, when, how many items changed against its parent."""

    revision_id: UUID
    number: int
    kind: str
    actor: str
    surface: str
    created_at: datetime
    approved_at: datetime | None
    bdd_count: int
    sdd_count: int
    changed_items: list[str]


class FieldChoice(StrEnum):
    """Which side of a field in conflict stands."""

    MINE = "MINE"
    THEIRS = "THEIRS"
    VALUE = "VALUE"


class Resolution(BaseModel):
    """One field settled after a conflict. MINE and VALUE carry the text, since a refused edit is not kept."""

    model_config = ConfigDict(extra="forbid")

    item_id: str = Field(min_length=1, max_length=64)
    field: str = Field(min_length=1, max_length=40)
    choice: FieldChoice
    value: str | None = _TEXT_OR_NONE


class ConversionPreview(BaseModel):
    """Items made of a person's sentences, under free ids. Nothing of it is stored."""

    bdd_items: list[BddItem] | None
    sdd_items: list[SddItem] | None
    left_over: list[str] = Field(description="Sentences that no item was made of.")
    model_class_used: str
    route: str = Field(description="`iama-rules` on this machine, or `hosted`.")


class FieldConflict(BaseModel):
    """One field that both sides changed since the common base."""

    item_id: str
    field: str
    base: str
    mine: str
    theirs: str
