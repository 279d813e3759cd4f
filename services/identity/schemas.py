"""What leaves identity: accounts, token pairs, sign-ins and consents, without any stored secret."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.canon.vocabulary import Segment
from services.core.actor import Surface


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in came from; shown to the person in the list of sessions."""

    surface: Surface = Surface.API
    ip: str | None = None
    user_agent: str | None = None


class Theme(StrEnum):
    """Colour scheme of the workspace; SYSTEM follows the device."""

    LIGHT = "LIGHT"
    DARK = "DARK"
    SYSTEM = "SYSTEM"


class ModePreference(StrEnum):
    """Preferred depth of the screens where the plan offers both."""

    SIMPLE = "SIMPLE"
    PROFESSIONAL = "PROFESSIONAL"


class Account(BaseModel):
    """A person as registered."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    tenant_id: UUID
    email: str
    created_at: datetime


class TokenPair(BaseModel):
    """A fresh access token with the refresh token that replaces all earlier ones of its family."""

    access_token: str
    refresh_token: str
    expires_in: int = Field(description="Seconds until the access token ends.")
    token_type: Literal["Bearer"] = "Bearer"


class BrowserSession(BaseModel):
    """A new browser sign-in: `cookie` is shown once and never stored."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    cookie: str
    expires_at: datetime


class SignIn(BaseModel):
    """One place where the person is signed in."""

    id: UUID
    surface: str
    ip: str | None
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Me(BaseModel):
    """The signed-in person with their preferences."""

    user_id: UUID
    email: str
    email_verified: bool
    segment: Segment
    mode_preference: ModePreference | None
    locale: str
    theme: Theme
    telemetry_opt_out: bool
    notification_preferences: dict[str, Any]
    consented: bool = Field(description="Whether data processing was agreed to in its present version.")
    is_local: bool = Field(description="Whether this is the account of the installation itself.")


class MeChanges(BaseModel):
    """Preferences to change; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    segment: Segment | None = None
    mode_preference: ModePreference | None = None
    locale: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    theme: Theme | None = None
    telemetry_opt_out: bool | None = None
    notification_preferences: dict[str, bool] | None = Field(default=None, max_length=50)


class Consent(BaseModel):
    """One answer to one version of one document."""

    id: UUID
    document: str
    version: str
    accepted: bool
    surface: str
    consented_at: datetime


@dataclass(frozen=True, slots=True)
class SessionActor:
    """A resolved caller: the actor, and which sign-in it came through (null for the installation's own token)."""

    user_id: UUID
    tenant_id: UUID
    surface: Surface
    sign_in_id: UUID | None
    expires_at: datetime | None
