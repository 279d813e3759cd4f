"""Bearer sign-ins: chains of single-use refresh tokens. Spending a link twice revokes the whole chain."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.canon.clocks import ACCESS_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS
from services.canon.errors import IamaError
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.core.ids import new_id, new_token
from services.identity import access_tokens, queries
from services.identity.configuration import is_local_token, keys
from services.identity.schemas import Account, Origin, SessionActor, TokenPair
from services.infra.unit_of_work import UnitOfWork, global_session, unit_of_work
from services.tables.identity import RefreshToken

REFRESH_BITS = 256
_PURPOSE = "refresh-token"


async def issue_tokens(account: Account, origin: Origin) -> TokenPair:
    """Start a new chain for this person. Req: V1-FR-AUTH-004."""
    async with unit_of_work(user_actor(account.user_id, account.tenant_id, origin.surface)) as uow:
        family_id = new_id()
        await uow.audit("identity.signed_in", family_id=family_id, surface=origin.surface.value)
        return _add_link(uow.session, account.user_id, family_id, None, origin)


async def rotate(refresh_token: str, origin: Origin) -> TokenPair:
    """Spend a refresh token for a new pair.

    Raises:
        IamaError: `REFRESH_TOKEN_EXPIRED`; `REFRESH_TOKEN_INVALID` for unknown, revoked or spent ones. A spent one
            also revokes its chain, because one of its two holders is not the owner.
    Req: V1-FR-AUTH-004.
    """
    async with global_session() as session:
        outcome = await _spend(session, refresh_token, origin)
    if isinstance(outcome, str):
        raise IamaError(outcome)
    return outcome


async def revoke_chain(uow: UnitOfWork, refresh_token: str) -> None:
    """Sign out the chain of this token if it is the actor's; any other token changes nothing."""
    statement = select(col(RefreshToken.family_id)).where(
        col(RefreshToken.token_hash) == keys().hash_secret(refresh_token, _PURPOSE),
        col(RefreshToken.user_id) == uow.actor.user_id,
    )
    family_id = (await uow.session.exec(statement)).one_or_none()
    if family_id is not None:
        await revoke_family(uow.session, family_id, "SIGNED_OUT")
        await uow.audit("identity.signed_out", family_id=family_id)


async def revoke_family(session: AsyncSession, family_id: UUID, reason: str) -> None:
    """Revoke every link of a chain; access tokens of the chain are refused from then on."""
    await session.exec(
        update(RefreshToken)
        .where(col(RefreshToken.family_id) == family_id, col(RefreshToken.revoked_at).is_(None))
        .values(revoked_at=now(), revoke_reason=reason)
    )


async def resolve_access_token(token: str) -> SessionActor:
    """Return whose bearer token this is, as long as its chain and its account live.

    Raises:
        IamaError: `TOKEN_EXPIRED`, `TOKEN_INVALID`.
    """
    if is_local_token(token):
        return await _resolve_local()
    claims = access_tokens.verify(keys(), token)
    async with global_session() as session:
        tenant_id = await queries.find_family_tenant(session, claims.user_id, claims.family_id)
    if tenant_id is None:
        raise IamaError("TOKEN_INVALID")
    return SessionActor(claims.user_id, tenant_id, Surface.API, claims.family_id, claims.expires_at)


async def is_signed_in(user_id: UUID, family_id: UUID | None) -> bool:
    """Say whether a chain still signs its person in; without a chain (the installation's token) it does."""
    if family_id is None:
        return True
    async with global_session() as session:
        return await queries.find_family_tenant(session, user_id, family_id) is not None


async def _resolve_local() -> SessionActor:
    async with global_session() as session:
        found = await queries.find_local_person(session)
    if found is None:
        raise IamaError("TOKEN_INVALID")
    return SessionActor(found[0].id, found[1], Surface.API, None, None)


async def _spend(session: AsyncSession, refresh_token: str, origin: Origin) -> TokenPair | str:
    statement = (
        select(RefreshToken)
        .where(col(RefreshToken.token_hash) == keys().hash_secret(refresh_token, _PURPOSE))
        .with_for_update()
    )
    link = (await session.exec(statement)).one_or_none()
    if link is None or link.revoked_at is not None:
        return "REFRESH_TOKEN_INVALID"
    if link.used_at is not None:
        await revoke_family(session, link.family_id, "REUSED")
        return "REFRESH_TOKEN_INVALID"
    if link.expires_at <= now():
        return "REFRESH_TOKEN_EXPIRED"
    if await queries.find_person_by_id(session, link.user_id) is None:
        return "REFRESH_TOKEN_INVALID"
    link.used_at = now()
    return _add_link(session, link.user_id, link.family_id, link.id, origin)


def _add_link(
    session: AsyncSession, user_id: UUID, family_id: UUID, parent_id: UUID | None, origin: Origin
) -> TokenPair:
    secret = new_token(REFRESH_BITS)
    session.add(
        RefreshToken(
            user_id=user_id,
            token_hash=keys().hash_secret(secret, _PURPOSE),
            family_id=family_id,
            parent_id=parent_id,
            surface=origin.surface.value,
            user_agent=(origin.user_agent or "")[:400] or None,
            ip=origin.ip,
            expires_at=now() + timedelta(seconds=REFRESH_TOKEN_SECONDS),
        )
    )
    access_token = access_tokens.mint(keys(), user_id, family_id)
    return TokenPair(access_token=access_token, refresh_token=secret, expires_in=ACCESS_TOKEN_SECONDS)
