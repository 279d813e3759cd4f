"""Column shorthands and the mixins that make a row belong to a tenant, or to a job of a tenant."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

from services.core.clock import now
from services.core.ids import new_id

TIME: Any = DateTime(timezone=True)


def one_of(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    """Restrict a text column to a closed list of words, as one constant: PostgreSQL reads checks anew per statement."""
    return CheckConstraint(f"{column} = ANY ('{{{','.join(values)}}}'::text[])", name=name)


def identity() -> Any:
    """Primary key: a time-ordered UUID."""
    return Field(default_factory=new_id, primary_key=True, sa_column_kwargs={"server_default": func.gen_random_uuid()})


def created() -> Any:
    """Moment of insertion, UTC."""
    return Field(default_factory=now, sa_type=TIME, nullable=False, sa_column_kwargs={"server_default": func.now()})


def moment() -> Any:
    """Optional moment, UTC."""
    return Field(default=None, sa_type=TIME, nullable=True)


def document(default: str = "{}") -> Any:
    """JSON document that is never null."""
    factory: Any = list if default == "[]" else dict
    return Field(
        default_factory=factory,
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": text(f"'{default}'::jsonb")},
    )


def optional_document() -> Any:
    """JSON document or null when nothing is known."""
    return Field(default=None, sa_type=JSONB, nullable=True)


def words() -> Any:
    """List of texts, empty by default."""
    return Field(
        default_factory=list,
        sa_type=ARRAY(Text),
        nullable=False,
        sa_column_kwargs={"server_default": text("'{}'::text[]")},
    )


def number(default: int = 0) -> Any:
    """Whole number with a default, also in the database."""
    return Field(default=default, nullable=False, sa_column_kwargs={"server_default": text(str(default))})


def flag(default: bool = False) -> Any:
    """Truth value with a default, also in the database."""
    return Field(default=default, nullable=False, sa_column_kwargs={"server_default": text(str(default).lower())})


class TenantRow(SQLModel):
    """A row that row-level security hides from every other tenant."""

    id: UUID = identity()
    tenant_id: UUID = Field(foreign_key="tenants.id", nullable=False, index=True)
    created_at: datetime = created()


class JobRow(SQLModel):
    """A row of one job; the composite key keeps it from pointing into another tenant."""

    id: UUID = identity()
    tenant_id: UUID = Field(nullable=False)
    job_id: UUID = Field(nullable=False, index=True)
    created_at: datetime = created()


def job_reference(*extra: Any) -> tuple[Any, ...]:
    """Table arguments of a `JobRow`: the reference to (job, tenant) plus the table's own."""
    return (
        ForeignKeyConstraint(["job_id", "tenant_id"], ["refactor_jobs.id", "refactor_jobs.tenant_id"]),
        *extra,
    )


def inside_tenant(column: str, table: str) -> ForeignKeyConstraint:
    """Reference to a row of the same tenant; the named table is unique by (id, tenant)."""
    return ForeignKeyConstraint([column, "tenant_id"], [f"{table}.id", f"{table}.tenant_id"])


def unique(*columns: str) -> UniqueConstraint:
    """Unique constraint named by the naming convention."""
    return UniqueConstraint(*columns)
