"""Private reads of identity. Look-ups before a tenant is known touch only tables without row-level security."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.tables.identity import RefreshToken, Tenant, User, UserSession


async def find_person(session: AsyncSession, email: str) -> tuple[User, UUID] | None:
    """Return the living account of a normalised address with its personal tenant."""
    statement = (
        select(User, col(Tenant.id))
        .join(Tenant, col(Tenant.user_id) == col(User.id))
        .where(col(User.email) == email, col(User.deleted_at).is_(None))
    )
    row = (await session.exec(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def find_person_by_id(session: AsyncSession, user_id: UUID) -> tuple[User, UUID] | None:
    """Return a living account by id with its personal tenant."""
    statement = (
        select(User, col(Tenant.id))
        .join(Tenant, col(Tenant.user_id) == col(User.id))
        .where(col(User.id) == user_id, col(User.deleted_at).is_(None))
    )
    row = (await session.exec(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def find_local_person(session: AsyncSession) -> tuple[User, UUID] | None:
    """Return the account of the installation itself."""
    statement = (
        select(User, col(Tenant.id))
        .join(Tenant, col(Tenant.user_id) == col(User.id))
        .where(col(User.is_local), col(User.deleted_at).is_(None))
        .order_by(col(User.created_at))
        .limit(1)
    )
    row = (await session.exec(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def find_browser_session(session: AsyncSession, token_hash: str) -> tuple[UserSession, UUID] | None:
    """Return a browser session, ended or not, of a living account, with the account's personal tenant."""
    statement = (
        select(UserSession, col(Tenant.id))
        .join(User, col(User.id) == col(UserSession.user_id))
        .join(Tenant, col(Tenant.user_id) == col(UserSession.user_id))
        .where(col(UserSession.token_hash) == token_hash, col(User.deleted_at).is_(None))
    )
    row = (await session.exec(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def find_family_tenant(session: AsyncSession, user_id: UUID, family_id: UUID) -> UUID | None:
    """Return the person's tenant while the family has an unrevoked link and the account lives."""
    statement = (
        select(col(Tenant.id))
        .join(User, col(User.id) == col(Tenant.user_id))
        .join(RefreshToken, col(RefreshToken.user_id) == col(User.id))
        .where(
            col(User.id) == user_id,
            col(User.deleted_at).is_(None),
            col(RefreshToken.family_id) == family_id,
            col(RefreshToken.revoked_at).is_(None),
        )
        .limit(1)
    )
    return (await session.exec(statement)).one_or_none()
