"""Browser sign-ins: an opaque cookie of 256 random bits, new at each sign-in, revocable, kept only as a keyed hash."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from services.canon.clocks import WEB_SESSION_SECONDS
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.core.ids import new_id, new_token
from services.identity import queries, rules
from services.identity.configuration import keys
from services.identity.schemas import Account, BrowserSession, Origin, SessionActor
from services.infra.unit_of_work import global_session, unit_of_work
from services.tables.identity import UserSession

COOKIE_BITS = 256
_PURPOSE = "browser-session"


async def open_browser_session(account: Account, origin: Origin) -> BrowserSession:
    """Start a sign-in of this person; the returned cookie value exists nowhere else."""
    cookie = new_token(COOKIE_BITS)
    at = now()
    row = UserSession(
        id=new_id(),
        user_id=account.user_id,
        token_hash=keys().hash_secret(cookie, _PURPOSE),
        surface=origin.surface.value,
        user_agent=(origin.user_agent or "")[:400] or None,
        ip=origin.ip,
        created_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(seconds=WEB_SESSION_SECONDS),
    )
    opened = BrowserSession(
        session_id=row.id,
        user_id=account.user_id,
        tenant_id=account.tenant_id,
        cookie=cookie,
        expires_at=row.expires_at,
    )
    async with unit_of_work(user_actor(account.user_id, account.tenant_id, origin.surface)) as uow:
        uow.session.add(row)
        await uow.audit("identity.signed_in", session_id=row.id, surface=origin.surface.value)
    return opened


async def resolve_cookie(cookie: str) -> SessionActor | None:
    """Return whose living sign-in this cookie is, or None for an unknown, expired or revoked one."""
    if not cookie:
        return None
    at = now()
    async with global_session() as session:
        found = await queries.find_browser_session(session, keys().hash_secret(cookie, _PURPOSE))
        if found is None:
            return None
        row, tenant_id = found
        if row.revoked_at is not None or row.expires_at <= at:
            return None
        if at - row.last_seen_at > timedelta(seconds=rules.LAST_SEEN_STEP_SECONDS):
            row.last_seen_at = at
        return SessionActor(row.user_id, tenant_id, Surface.WEB, row.id, row.expires_at)


async def close_browser_session(cookie: str, reason: str = "SIGNED_OUT") -> None:
    """End the sign-in of this cookie; an unknown cookie is nothing to end."""
    async with global_session() as session:
        await session.exec(
            update(UserSession)
            .where(col(UserSession.token_hash) == keys().hash_secret(cookie, _PURPOSE))
            .where(col(UserSession.revoked_at).is_(None))
            .values(revoked_at=now(), revoke_reason=reason)
        )
