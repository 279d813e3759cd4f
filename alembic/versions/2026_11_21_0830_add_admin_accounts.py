"""Operators of an installation. No grants: neither application, workers nor operator's reports see them.

Revision: 0005_admin_accounts
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_admin_accounts"
down_revision = "0004_apply_records"
branch_labels = None
depends_on = None

_TABLE = "admin_accounts"


def upgrade() -> None:
    """Add the table; its owner alone has rights on it."""
    text, moment = sqlmodel.sql.sqltypes.AutoString, sa.DateTime(timezone=True)
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", text(), nullable=False),
        sa.Column("role", text(), nullable=False),
        sa.Column("status", text(), server_default="ACTIVE", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("temp_password_expires_at", moment, nullable=True),
        sa.Column("mfa_secret_encrypted", text(), nullable=True),
        sa.Column("mfa_enrolled_at", moment, nullable=True),
        sa.Column("recovery_codes_hash", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("failed_login_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", moment, nullable=True),
        sa.Column("last_login_at", moment, nullable=True),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role = ANY ('{SUPER_ADMIN,ENGINEER,SUPPORT}'::text[])", name="ck_admin_accounts_role"),
        sa.CheckConstraint("status = ANY ('{ACTIVE,SUSPENDED,DEACTIVATED}'::text[])", name="ck_admin_accounts_status"),
        sa.CheckConstraint("created_by IS NOT NULL OR role = 'SUPER_ADMIN'", name="ck_admin_accounts_created_by"),
        sa.ForeignKeyConstraint(["created_by"], [f"{_TABLE}.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_admin_accounts_role", _TABLE, ["role"])
    op.create_index("uq_admin_accounts_email_lower", _TABLE, [sa.text("lower(email)")], unique=True)
    op.create_index(
        "uq_admin_accounts_bootstrap",
        _TABLE,
        [sa.text("(created_by IS NULL)")],
        unique=True,
        postgresql_where=sa.text("created_by IS NULL"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table(_TABLE)
