"""Accounts: registering, checking a password, the account of the installation itself.

These verbs open their own units of work: who acts is what they find out, a password is hashed with no transaction
open, and a failed try must be counted although the caller is refused.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.canon.errors import IamaError
from services.canon.limits import CONTEXT_CAP_TOKENS
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.core.ids import new_id
from services.identity import passwords, queries, rules
from services.identity.configuration import keys
from services.identity.schemas import Account
from services.infra.unit_of_work import UnitOfWork, global_session, unit_of_work
from services.tables.identity import SignInThrottle, SubscriptionTier, Tenant, User

LOCAL_EMAIL = "owner@localhost"
LOCAL_PLAN_DAYS = 365 * 100


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """The installation's own account; `password` is set only when this call chose one."""

    account: Account
    password: str | None = field(repr=False)


async def register(email: str, password: str, *, surface: Surface = Surface.API) -> Account:
    """Make an account with its own workspace and plan.

    Raises:
        IamaError: `INVALID_EMAIL`, `WEAK_PASSWORD`, `EMAIL_ALREADY_EXISTS`; nothing is written.
    Writes: user, tenant and plan rows in one transaction.
    Req: V1-FR-AUTH-001, V1-FR-SUB-001.
    """
    address = rules.normalise_email(email)
    rules.require_strong_password(password)
    return await _create(address, await passwords.hash_password(password), surface, is_local=False)


async def check_password(email: str, password: str) -> Account:
    """Return the account whose address and password these are.

    Each try is counted before the password is looked at, so that parallel guesses are counted too; a right password
    clears the count. Unknown addresses are counted, delayed and refused exactly as known ones.

    Raises:
        IamaError: `INVALID_CREDENTIALS`; `RATE_LIMITED` with `retry_after_seconds` while the address waits.
    Req: V1-FR-AUTH-001.
    """
    try:
        address = rules.normalise_email(email)
    except IamaError:
        address = ""
    address_hash = keys().hash_secret(address, "sign-in-address")
    async with global_session() as session:
        await _count_try(session, address_hash)
        found = await queries.find_person(session, address)
    stored = found[0].password_hash if found else None
    if not await passwords.verify_password(password, stored) or found is None or stored is None:
        raise IamaError("INVALID_CREDENTIALS")
    person, tenant_id = found
    fresh_hash = await passwords.hash_password(password) if passwords.needs_rehash(stored) else None
    async with unit_of_work(user_actor(person.id, tenant_id)) as uow:
        await uow.session.exec(delete(SignInThrottle).where(col(SignInThrottle.address_hash) == address_hash))
        if fresh_hash:
            await _store_password(uow, person.id, fresh_hash)
    return Account(user_id=person.id, tenant_id=tenant_id, email=person.email, created_at=person.created_at)


async def change_password(uow: UnitOfWork, *, current_password: str, new_password: str) -> None:
    """Replace the actor's password.

    Raises:
        IamaError: `CURRENT_PASSWORD_INCORRECT`, `WEAK_PASSWORD`.
    """
    rules.require_strong_password(new_password)
    found = await queries.find_person_by_id(uow.session, require_user_id(uow))
    if found is None or not await passwords.verify_password(current_password, found[0].password_hash):
        raise IamaError("CURRENT_PASSWORD_INCORRECT")
    await _store_password(uow, found[0].id, await passwords.hash_password(new_password))


async def ensure_local_account(password: str | None = None) -> LocalAccount:
    """Return the installation's own account, making it at the first start.

    Args:
        password: what to set, now or at the making; by default a random one is chosen at the making and returned once.
    """
    async with global_session() as session:
        found = await queries.find_local_person(session)
    if found is None:
        chosen = password or secrets.token_urlsafe(12)
        rules.require_strong_password(chosen)
        try:
            account = await _create(LOCAL_EMAIL, await passwords.hash_password(chosen), Surface.SYSTEM, is_local=True)
            return LocalAccount(account, chosen)
        except IamaError as error:
            if error.code != "EMAIL_ALREADY_EXISTS":
                raise
            return await ensure_local_account(password)
    person, tenant_id = found
    if password is not None and not await passwords.verify_password(password, person.password_hash):
        rules.require_strong_password(password)
        fresh_hash = await passwords.hash_password(password)
        async with unit_of_work(user_actor(person.id, tenant_id, Surface.SYSTEM)) as uow:
            await _store_password(uow, person.id, fresh_hash)
    account = Account(user_id=person.id, tenant_id=tenant_id, email=person.email, created_at=person.created_at)
    return LocalAccount(account, None)


def require_user_id(uow: UnitOfWork) -> UUID:
    """Return the acting person's id; platform actors have no account (`FORBIDDEN`)."""
    if uow.actor.user_id is None:
        raise IamaError("FORBIDDEN")
    return uow.actor.user_id


async def _create(address: str, password_hash: str, surface: Surface, *, is_local: bool) -> Account:
    user_id, tenant_id, at = new_id(), new_id(), now()
    actor = user_actor(user_id, tenant_id, surface)
    person = User(
        id=user_id,
        email=address,
        password_hash=password_hash,
        password_changed_at=at,
        created_at=at,
        is_local=is_local,
    )
    try:
        async with unit_of_work(actor) as uow:
            uow.session.add(person)
            await uow.session.flush()
            uow.session.add(Tenant(id=tenant_id, kind="PERSONAL", user_id=user_id))
            await uow.session.flush()
            uow.session.add(_local_plan(tenant_id, user_id))
            await uow.session.flush()
            await uow.audit("identity.registered", surface=surface.value)
    except IntegrityError as error:
        if "uq_users_email_lower" not in str(error.orig):
            raise
        raise IamaError("EMAIL_ALREADY_EXISTS") from error
    return Account(user_id=user_id, tenant_id=tenant_id, email=address, created_at=at)


def _local_plan(tenant_id: UUID, user_id: UUID) -> SubscriptionTier:
    """The plan of an install that sells nothing: every feature, no meter."""
    at = now()
    return SubscriptionTier(
        tenant_id=tenant_id,
        user_id=user_id,
        tier="MAX",
        status="ACTIVE",
        source="LOCAL_PLAN",
        context_cap=CONTEXT_CAP_TOKENS["MAX"],
        operating_mode="PROFESSIONAL",
        billing_cycle_start=at,
        billing_cycle_end=at + timedelta(days=LOCAL_PLAN_DAYS),
    )


async def _count_try(session: AsyncSession, address_hash: str) -> None:
    at = now()
    await session.exec(
        insert(SignInThrottle)
        .values(address_hash=address_hash, failure_count=0, last_failed_at=at)
        .on_conflict_do_nothing()
    )
    statement = select(SignInThrottle).where(col(SignInThrottle.address_hash) == address_hash).with_for_update()
    row = (await session.exec(statement)).one()
    if row.locked_until and row.locked_until > at:
        wait = int((row.locked_until - at).total_seconds()) + 1
        sentence = "Too many tries for this address."
        raise IamaError("RATE_LIMITED", sentence=sentence, retry_after_seconds=wait)
    row.failure_count = rules.failures_after(row.failure_count, row.last_failed_at, at)
    row.last_failed_at = at
    row.locked_until = rules.lock_until(row.failure_count, at)


async def _store_password(uow: UnitOfWork, user_id: UUID, password_hash: str) -> None:
    person = await uow.session.get_one(User, user_id)
    person.password_hash = password_hash
    person.password_changed_at = person.updated_at = now()
    await uow.audit("identity.password_changed")
