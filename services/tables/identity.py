"""Rows of identity: who a person is, where they are signed in, what they consented to and which tier they hold.

Passwords are stored as argon2id strings, session and refresh secrets only as keyed hashes; neither ever leaves
`services.identity`. Every time is aware UTC.
Req: V1-FR-AUTH-001, V1-FR-AUTH-004, V1-FR-SEC-005, V1-FR-SUB-001.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlmodel import Field, SQLModel

from services.tables.columns import TIME, TenantRow, created, document, flag, identity, moment, number, one_of

GLOBAL_TABLES: dict[str, str] = {
    "users": "a person is looked up by address before any tenant is known; one person may belong to several tenants",
    "tenants": "the tenant of a request is read from here, so its own row cannot be hidden behind it",
    "user_sessions": "looked up by the hash of the browser's cookie before the person is known",
    "refresh_tokens": "looked up by the hash of the presented secret before the person is known",
    "sign_in_throttles": "counts failures per address whether or not an account exists, so it belongs to nobody",
}
"""Tables without row-level security by tenant, each with the reason."""


class User(SQLModel, table=True):
    """One person. `email` is stored normalised (lower case); a null `password_hash` means no password sign-in."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("segment", ["A", "B", "C"], "ck_users_segment"),
        one_of("theme", ["LIGHT", "DARK", "SYSTEM"], "ck_users_theme"),
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
    )

    id: UUID = identity()
    email: str = Field(sa_type=String(320), nullable=False)
    password_hash: str | None = None
    password_changed_at: datetime | None = moment()
    email_verified_at: datetime | None = moment()
    is_local: bool = flag()
    segment: str = Field(default="A", nullable=False, sa_column_kwargs={"server_default": "A"})
    mode_preference: str | None = None
    locale: str = Field(default="en", nullable=False, sa_column_kwargs={"server_default": "en"})
    theme: str = Field(default="SYSTEM", nullable=False, sa_column_kwargs={"server_default": "SYSTEM"})
    telemetry_opt_out: bool = flag()
    notification_preferences: dict[str, Any] = document()
    consent_given_at: datetime | None = moment()
    created_at: datetime = created()
    updated_at: datetime = created()
    deleted_at: datetime | None = moment()
    anonymized_at: datetime | None = moment()


class Tenant(SQLModel, table=True):
    """What owns work: a person's own workspace or an organisation. Every `tenant_id` points here."""

    __tablename__ = "tenants"
    __table_args__ = (
        one_of("kind", ["PERSONAL", "ORG"], "ck_tenants_kind"),
        CheckConstraint("num_nonnulls(user_id, org_id) = 1", name="ck_tenants_one_owner"),
        UniqueConstraint("user_id", name="uq_tenants_user"),
        UniqueConstraint("org_id", name="uq_tenants_org"),
    )

    id: UUID = identity()
    kind: str = Field(nullable=False)
    user_id: UUID | None = Field(default=None, foreign_key="users.id")
    org_id: UUID | None = None
    created_at: datetime = created()


class UserSession(SQLModel, table=True):
    """A browser's sign-in. Only the keyed hash of the cookie is kept; a revoked or expired row signs nobody in."""

    __tablename__ = "user_sessions"
    __table_args__ = (UniqueConstraint("token_hash", name="uq_user_sessions_token"),)

    id: UUID = identity()
    user_id: UUID = Field(foreign_key="users.id", nullable=False, index=True)
    token_hash: str = Field(sa_type=String(64), nullable=False)
    surface: str = Field(default="WEB", nullable=False)
    user_agent: str | None = Field(default=None, sa_type=String(400))
    ip: str | None = Field(default=None, sa_type=INET)
    created_at: datetime = created()
    last_seen_at: datetime = created()
    expires_at: datetime = Field(sa_type=TIME, nullable=False)
    revoked_at: datetime | None = moment()
    revoke_reason: str | None = None


class RefreshToken(SQLModel, table=True):
    """One link of a chain of refresh secrets. `used_at` marks a spent link; spending it twice revokes the family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (UniqueConstraint("token_hash", name="uq_refresh_tokens_token"),)

    id: UUID = identity()
    user_id: UUID = Field(foreign_key="users.id", nullable=False, index=True)
    token_hash: str = Field(sa_type=String(64), nullable=False)
    family_id: UUID = Field(nullable=False, index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="refresh_tokens.id")
    surface: str = Field(default="API", nullable=False)
    user_agent: str | None = Field(default=None, sa_type=String(400))
    ip: str | None = Field(default=None, sa_type=INET)
    created_at: datetime = created()
    expires_at: datetime = Field(sa_type=TIME, nullable=False)
    used_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
    revoke_reason: str | None = None


class SignInThrottle(SQLModel, table=True):
    """Failed sign-ins of one address, kept by its keyed hash so that unknown addresses behave like known ones."""

    __tablename__ = "sign_in_throttles"

    address_hash: str = Field(primary_key=True, sa_type=String(64))
    failure_count: int = number()
    last_failed_at: datetime = created()
    locked_until: datetime | None = moment()


class UserConsent(TenantRow, table=True):
    """One answer to one version of one document; the newest answer counts. Req: V1-FR-SEC-005."""

    __tablename__ = "user_consents"
    __table_args__ = (Index("ix_user_consents_newest", "user_id", "document", "created_at"),)

    user_id: UUID = Field(foreign_key="users.id", nullable=False)
    document: str = Field(sa_type=String(64), nullable=False)
    version: str = Field(sa_type=String(32), nullable=False)
    accepted: bool = Field(nullable=False)
    ip: str | None = Field(default=None, sa_type=INET)
    surface: str = Field(default="WEB", nullable=False)


class SubscriptionTier(TenantRow, table=True):
    """The authority for access and quota of one subject; a null limit means unlimited. Req: V1-FR-SUB-001."""

    __tablename__ = "subscription_tiers"
    __table_args__ = (
        one_of("tier", ["FREE", "PLUS", "PRO", "MAX", "ENTERPRISE"], "ck_subscription_tiers_tier"),
        one_of("status", ["ACTIVE", "PAST_DUE", "CANCELLED", "TRIAL"], "ck_subscription_tiers_status"),
        one_of("operating_mode", ["SIMPLE", "PROFESSIONAL", "ENTERPRISE"], "ck_subscription_tiers_mode"),
        one_of("source", ["LOCAL_PLAN", "GATEWAY", "OPERATOR"], "ck_subscription_tiers_source"),
        CheckConstraint("context_cap IN (128000, 200000, 1000000)", name="ck_subscription_tiers_context_cap"),
        CheckConstraint("num_nonnulls(user_id, org_id) = 1", name="ck_subscription_tiers_one_subject"),
        UniqueConstraint("user_id", name="uq_subscription_tiers_user"),
        UniqueConstraint("org_id", name="uq_subscription_tiers_org"),
    )

    user_id: UUID | None = Field(default=None, foreign_key="users.id")
    org_id: UUID | None = None
    tier: str = Field(nullable=False)
    status: str = Field(default="ACTIVE", nullable=False)
    source: str = Field(default="LOCAL_PLAN", nullable=False)
    context_cap: int = Field(nullable=False)
    operating_mode: str = Field(nullable=False)
    billing_cycle_start: datetime = Field(sa_type=TIME, nullable=False)
    billing_cycle_end: datetime = Field(sa_type=TIME, nullable=False)
    daily_job_limit: int | None = None
    phase_2_limit: int | None = None
    phase_3_limit: int | None = None
    concurrent_jobs: int | None = None
    monthly_credits: int | None = None
    updated_at: datetime = created()


class IdempotencyKey(TenantRow, table=True):
    """The stored answer to one creating request; the same key with another body is refused while this row lives.

    The row commits together with what the request created; a request still running holds an advisory lock instead.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("principal", "route", "key", name="uq_idempotency_keys"),)

    principal: str = Field(sa_type=String(64), nullable=False)
    route: str = Field(sa_type=String(200), nullable=False)
    key: str = Field(sa_type=String(128), nullable=False)
    body_hash: str = Field(sa_type=String(64), nullable=False)
    response_code: int = Field(nullable=False)
    response: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    expires_at: datetime = Field(sa_type=TIME, nullable=False, index=True)
