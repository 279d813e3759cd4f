"""Rows of the people who operate an installation; disjoint from product users, with no reference either way.

No serving role may read or write them: only the tables' owner, which the terminal uses, until an operator's process
with a role of its own exists.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from services.canon.permissions import AdminRole
from services.tables.columns import created, flag, identity, moment, number, one_of

GLOBAL_TABLES: dict[str, str] = {
    "admin_accounts": "operators belong to the installation, not to a tenant; no serving role has a right on the table",
}
"""Tables without row-level security by tenant, each with the reason."""


class AdminAccount(SQLModel, table=True):
    """One operator. `created_by` is null for the first one alone, whom the terminal makes."""

    __tablename__ = "admin_accounts"
    __table_args__ = (
        one_of("role", [role.value for role in AdminRole], "ck_admin_accounts_role"),
        one_of("status", ["ACTIVE", "SUSPENDED", "DEACTIVATED"], "ck_admin_accounts_status"),
        CheckConstraint("created_by IS NOT NULL OR role = 'SUPER_ADMIN'", name="ck_admin_accounts_created_by"),
        Index("uq_admin_accounts_email_lower", text("lower(email)"), unique=True),
        Index("uq_admin_accounts_bootstrap", text("(created_by IS NULL)"), unique=True,
              postgresql_where=text("created_by IS NULL")),
        Index("ix_admin_accounts_role", "role"),
    )  # fmt: skip

    id: UUID = identity()
    email: str = Field(sa_type=String(320), nullable=False)
    password_hash: str
    role: str
    status: str = Field(default="ACTIVE", nullable=False, sa_column_kwargs={"server_default": "ACTIVE"})
    created_by: UUID | None = Field(default=None, foreign_key="admin_accounts.id")
    must_change_password: bool = flag(True)
    temp_password_expires_at: datetime | None = moment()
    mfa_secret_encrypted: str | None = None
    mfa_enrolled_at: datetime | None = moment()
    recovery_codes_hash: list[str] | None = Field(default=None, sa_type=ARRAY(Text), nullable=True)
    failed_login_count: int = number()
    locked_until: datetime | None = moment()
    last_login_at: datetime | None = moment()
    created_at: datetime = created()
    updated_at: datetime = created()
