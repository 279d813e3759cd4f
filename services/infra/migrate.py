"""Brings a database to the present schema in-process and hands out one URL per role."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.engine import make_url

from services.infra.database_roles import APP_ROLE, OPERATOR_ROLE, OWNER_ROLE, WORKER_ROLE

ROOT = Path(__file__).resolve().parents[2]

_ATTRIBUTES = {
    OWNER_ROLE: "NOLOGIN NOSUPERUSER NOBYPASSRLS",
    APP_ROLE: "LOGIN NOSUPERUSER NOBYPASSRLS",
    WORKER_ROLE: "LOGIN NOSUPERUSER NOBYPASSRLS",
    OPERATOR_ROLE: "LOGIN NOSUPERUSER BYPASSRLS",
}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One connection URL per role, scheme `postgresql://`."""

    admin: str
    app: str
    worker: str
    operator: str


def role_password(secret: bytes, role: str) -> str:
    """Derive a role's password from the installation's secret (HMAC-SHA-256)."""
    return base64.urlsafe_b64encode(hmac.digest(secret, f"database-role:{role}".encode(), hashlib.sha256)).decode()


def role_urls(admin_url: str, secret: bytes) -> DatabaseUrls:
    """Return the URLs of the login roles beside the administrator's URL."""

    def url_of(role: str) -> str:
        url = make_url(admin_url).set(username=role, password=role_password(secret, role))
        return url.render_as_string(hide_password=False)

    return DatabaseUrls(admin_url, url_of(APP_ROLE), url_of(WORKER_ROLE), url_of(OPERATOR_ROLE))


def ensure_roles(admin_url: str, secret: bytes) -> None:
    """Create the roles where missing and set their attributes and passwords."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(8313001)")
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role, attributes in _ATTRIBUTES.items():
            verb = "ALTER" if role in known else "CREATE"
            connection.execute(
                sql.SQL("{} ROLE {} {} PASSWORD {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.SQL(attributes), sql.Literal(role_password(secret, role))
                )
            )
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER_ROLE)))
        database = make_url(admin_url).database or "postgres"
        connection.execute(
            sql.SQL("GRANT CREATE, CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(database), sql.Identifier(OWNER_ROLE)
            )
        )
        connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(OWNER_ROLE)))
        connection.execute("SELECT pg_advisory_unlock(8313001)")


def alembic_config(admin_url: str) -> Config:
    """Return the migration settings for one database; nothing is read from an ini file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    driver_url = make_url(admin_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", driver_url.replace("%", "%%"))
    return config


def migrate(admin_url: str, secret: bytes, revision: str = "head") -> DatabaseUrls:
    """Create roles, upgrade to `revision`, return the role URLs. Safe to run at every start."""
    ensure_roles(admin_url, secret)
    command.upgrade(alembic_config(admin_url), revision)
    return role_urls(admin_url, secret)


def downgrade(admin_url: str, revision: str) -> None:
    """Step back to an earlier revision; `base` removes every table."""
    command.downgrade(alembic_config(admin_url), revision)
