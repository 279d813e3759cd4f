"""The signed-in person's own page: preferences, consents, and the places where they are signed in."""

from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from services.canon.errors import IamaError
from services.core.clock import now
from services.core.ids import new_id
from services.identity import rules
from services.identity.accounts import require_user_id
from services.identity.refresh_chains import revoke_family
from services.identity.schemas import Consent, Me, MeChanges, Origin, SignIn
from services.infra.unit_of_work import UnitOfWork
from services.tables.identity import RefreshToken, User, UserConsent, UserSession


async def get_me(uow: UnitOfWork) -> Me:
    """Return the acting person with preferences and consent."""
    person = await uow.session.get_one(User, require_user_id(uow))
    return await _view(uow, person)


async def update_me(uow: UnitOfWork, changes: MeChanges) -> Me:
    """Change what is named; the rest stays."""
    person = await uow.session.get_one(User, require_user_id(uow), with_for_update=True)
    for name, value in changes.model_dump(exclude_unset=True, mode="json").items():
        if value is not None or name == "mode_preference":
            setattr(person, name, value)
    person.updated_at = now()
    await uow.session.flush()
    await uow.audit("identity.preferences_changed", fields=sorted(changes.model_fields_set))
    return await _view(uow, person)


async def record_consent(uow: UnitOfWork, *, document: str, version: str, accepted: bool, origin: Origin) -> Consent:
    """Write down an answer; the newest answer to the required document decides whether jobs may be created.

    Raises:
        IamaError: `VALIDATION_FAILED` for a document or version that was never shown.
    Req: V1-FR-SEC-005.
    """
    rules.require_known_document(document, version)
    row = UserConsent(
        id=new_id(),
        tenant_id=uow.actor.tenant_id,
        user_id=require_user_id(uow),
        document=document,
        version=version,
        accepted=accepted,
        ip=origin.ip,
        surface=origin.surface.value,
        created_at=now(),
    )
    uow.session.add(row)
    if (document, version) == rules.REQUIRED_CONSENT:
        person = await uow.session.get_one(User, row.user_id)
        person.consent_given_at = row.created_at if accepted else None
    await uow.session.flush()
    await uow.audit("identity.consent_answered", document=document, version=version, accepted=accepted)
    return _consent(row)


async def list_consents(uow: UnitOfWork) -> list[Consent]:
    """Return the person's answers, newest first."""
    statement = (
        select(UserConsent)
        .where(col(UserConsent.user_id) == require_user_id(uow))
        .order_by(col(UserConsent.created_at).desc())
    )
    return [_consent(row) for row in (await uow.session.exec(statement))]


async def has_consented(uow: UnitOfWork) -> bool:
    """Say whether the person's newest answer to the required document in its present version is yes."""
    document, version = rules.REQUIRED_CONSENT
    statement = (
        select(col(UserConsent.accepted))
        .where(
            col(UserConsent.user_id) == uow.actor.user_id,
            col(UserConsent.document) == document,
            col(UserConsent.version) == version,
        )
        .order_by(col(UserConsent.created_at).desc(), col(UserConsent.id).desc())
        .limit(1)
    )
    return bool((await uow.session.exec(statement)).one_or_none())


async def require_consent(uow: UnitOfWork) -> None:
    """Refuse work for a person who has not agreed to data processing (`CONSENT_REQUIRED`). Req: V1-FR-SEC-005."""
    if not await has_consented(uow):
        document, version = rules.REQUIRED_CONSENT
        raise IamaError("CONSENT_REQUIRED", document=document, version=version)


async def list_sign_ins(uow: UnitOfWork, current_id: UUID | None) -> list[SignIn]:
    """Return living sign-ins of the person, browsers and token chains alike, last used first."""
    user_id, at = require_user_id(uow), now()
    browsers = select(UserSession).where(
        col(UserSession.user_id) == user_id, col(UserSession.revoked_at).is_(None), col(UserSession.expires_at) > at
    )
    chains = select(RefreshToken).where(
        col(RefreshToken.user_id) == user_id,
        col(RefreshToken.revoked_at).is_(None),
        col(RefreshToken.used_at).is_(None),
        col(RefreshToken.expires_at) > at,
    )
    items = [
        SignIn(
            id=row.id,
            surface=row.surface,
            ip=_text(row.ip),
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.id == current_id,
        )
        for row in (await uow.session.exec(browsers))
    ]
    items += [
        SignIn(
            id=row.family_id,
            surface=row.surface,
            ip=_text(row.ip),
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.created_at,
            current=row.family_id == current_id,
        )
        for row in (await uow.session.exec(chains))
    ]
    return sorted(items, key=lambda item: item.last_seen_at, reverse=True)


async def revoke_sign_in(uow: UnitOfWork, sign_in_id: UUID) -> None:
    """End one of the person's sign-ins (`NOT_FOUND` when it is not theirs or already ended)."""
    items = {item.id: item for item in await list_sign_ins(uow, None)}
    if sign_in_id not in items:
        raise IamaError("NOT_FOUND")
    await _end_browsers(uow, sign_in_id)
    await revoke_family(uow.session, sign_in_id, "REVOKED")
    await uow.audit("identity.sign_in_revoked", sign_in_id=sign_in_id)


async def revoke_all_sign_ins(uow: UnitOfWork, *, except_id: UUID | None = None) -> None:
    """End every sign-in of the person, or every other one than `except_id`."""
    for item in await list_sign_ins(uow, None):
        if item.id != except_id:
            await _end_browsers(uow, item.id)
            await revoke_family(uow.session, item.id, "REVOKED")
            await uow.audit("identity.sign_in_revoked", sign_in_id=item.id)


async def _end_browsers(uow: UnitOfWork, session_id: UUID) -> None:
    await uow.session.exec(
        update(UserSession)
        .where(col(UserSession.id) == session_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=func.now(), revoke_reason="REVOKED")
    )


async def _view(uow: UnitOfWork, person: User) -> Me:
    return Me(
        user_id=person.id,
        email=person.email,
        email_verified=person.email_verified_at is not None,
        segment=person.segment,
        mode_preference=person.mode_preference,
        locale=person.locale,
        theme=person.theme,
        telemetry_opt_out=person.telemetry_opt_out,
        notification_preferences=person.notification_preferences,
        consented=await has_consented(uow),
        is_local=person.is_local,
    )


def _consent(row: UserConsent) -> Consent:
    return Consent(
        id=row.id,
        document=row.document,
        version=row.version,
        accepted=row.accepted,
        surface=row.surface,
        consented_at=row.created_at,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
