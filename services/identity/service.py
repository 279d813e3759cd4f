"""The verbs of identity, for states, workers and the API."""

from services.core.actor import Actor, Surface, user_actor
from services.identity.accounts import (
    LocalAccount,
    change_password,
    check_password,
    ensure_local_account,
    register,
)
from services.identity.browser_sessions import close_browser_session, open_browser_session, resolve_cookie
from services.identity.configuration import configure
from services.identity.flash import Flash, open_flash, seal_flash
from services.identity.preferences import (
    get_me,
    has_consented,
    list_consents,
    list_sign_ins,
    record_consent,
    require_consent,
    revoke_all_sign_ins,
    revoke_sign_in,
    update_me,
)
from services.identity.refresh_chains import is_signed_in, issue_tokens, resolve_access_token, revoke_chain, rotate
from services.identity.schemas import SessionActor

__all__ = [
    "Flash",
    "LocalAccount",
    "actor_of",
    "change_password",
    "check_password",
    "close_browser_session",
    "configure",
    "ensure_local_account",
    "get_me",
    "has_consented",
    "is_signed_in",
    "issue_tokens",
    "list_consents",
    "list_sign_ins",
    "open_browser_session",
    "open_flash",
    "record_consent",
    "register",
    "require_consent",
    "resolve_access_token",
    "resolve_bearer",
    "resolve_cookie",
    "resolve_session",
    "revoke_all_sign_ins",
    "revoke_chain",
    "revoke_sign_in",
    "rotate",
    "seal_flash",
    "update_me",
]


def actor_of(caller: SessionActor, surface: Surface | None = None) -> Actor:
    """Return the actor that a unit of work takes for this caller; `surface` overrides where the act came from."""
    return user_actor(caller.user_id, caller.tenant_id, surface or caller.surface)


async def resolve_session(cookie: str) -> Actor | None:
    """Return the actor of a browser cookie, or None when it signs nobody in."""
    caller = await resolve_cookie(cookie)
    return actor_of(caller) if caller else None


async def resolve_bearer(token: str) -> Actor:
    """Return the actor of a bearer token.

    Raises:
        IamaError: `TOKEN_EXPIRED`, `TOKEN_INVALID`.
    """
    return actor_of(await resolve_access_token(token))
