"""Makes the first administrator of an installation, who alone may be made without another one."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql

from services.canon.clocks import ADMIN_TEMPORARY_PASSWORD_SECONDS
from services.canon.errors import IamaError
from services.canon.limits import ADMIN_PASSWORD_MIN_CHARACTERS
from services.canon.permissions import AdminRole
from services.core.clock import now
from services.core.ids import new_id
from services.identity import passwords
from services.identity.rules import normalise_email, require_strong_password
from services.infra.database_roles import OWNER_ROLE

_INSERT = """
    INSERT INTO admin_accounts
        (id, email, password_hash, role, must_change_password, temp_password_expires_at, created_at, updated_at)
    VALUES (%(id)s, %(email)s, %(hash)s, %(role)s, %(temporary)s, %(expires)s, %(now)s, %(now)s)
    ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Administrator:
    """The account made; `password` only when it was made up here, and then it must be changed before `expires_at`."""

    admin_id: UUID
    email: str
    role: AdminRole
    password: str | None
    expires_at: datetime | None


async def create_first_administrator(admin_url: str, email: str, password: str | None) -> Administrator:
    """Make the one `SUPER_ADMIN` that nobody else made.

    Args:
        admin_url: The database's administrator; no serving role has a right on the table.
        password: None makes one up that lasts 24 h and must be changed.

    Raises:
        IamaError: `INVALID_EMAIL`, `WEAK_PASSWORD` (under 12 characters), `ADMIN_ALREADY_EXISTS`; nothing is written.
    Writes: one row of `admin_accounts`.
    """
    address = normalise_email(email)
    chosen = password if password is not None else secrets.token_urlsafe(18)
    require_admin_password(chosen)
    at = now()
    expires = at + timedelta(seconds=ADMIN_TEMPORARY_PASSWORD_SECONDS) if password is None else None
    made = Administrator(new_id(), address, AdminRole.SUPER_ADMIN, None if password else chosen, expires)
    values = {
        "id": made.admin_id,
        "email": address,
        "hash": await passwords.hash_password(chosen),
        "role": made.role.value,
        "temporary": password is None,
        "expires": expires,
        "now": at,
    }
    async with await psycopg.AsyncConnection.connect(admin_url) as connection:
        await connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(OWNER_ROLE)))
        if await (await connection.execute(_INSERT, values)).fetchone() is None:
            raise IamaError("ADMIN_ALREADY_EXISTS")
    return made


def require_admin_password(password: str) -> None:
    """Refuse what is too short for an administrator (`WEAK_PASSWORD`)."""
    if len(password) < ADMIN_PASSWORD_MIN_CHARACTERS:
        sentence = f"The password is too short: an administrator's has {ADMIN_PASSWORD_MIN_CHARACTERS} characters."
        raise IamaError("WEAK_PASSWORD", sentence=sentence, min_characters=ADMIN_PASSWORD_MIN_CHARACTERS)
    require_strong_password(password)
