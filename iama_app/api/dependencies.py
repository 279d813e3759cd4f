"""Who calls: a bearer token, or the browser's cookie on same-origin requests."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from iama_app.api.rate_limit import PERSON, PUBLIC, SIGN_IN, charge, client_address
from services.canon.errors import IamaError
from services.core.actor import Actor, Surface
from services.identity import service as identity
from services.identity.schemas import Origin, SessionActor

SESSION_COOKIE = "iama_session"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

bearer_scheme = HTTPBearer(auto_error=False, description="Access token of `POST /api/v1/auth/login`, 15 minutes.")
cookie_scheme = APIKeyCookie(
    name=SESSION_COOKIE, auto_error=False, description="The browser's sign-in; writes must come from the same origin."
)


def bearer_token(request: Request) -> str | None:
    """Return the token of the Authorization header, or None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def bearer_caller(request: Request, _: Annotated[object, Security(bearer_scheme)]) -> SessionActor:
    """Resolve the bearer token; the cookie is not looked at.

    Raises:
        IamaError: `AUTHENTICATION_REQUIRED`, `TOKEN_EXPIRED`, `TOKEN_INVALID`, `RATE_LIMITED`.
    """
    token = bearer_token(request)
    if token is None:
        await charge(request, PUBLIC, client_address(request))
        raise IamaError("AUTHENTICATION_REQUIRED")
    try:
        caller = await identity.resolve_access_token(token)
    except IamaError:
        await charge(request, PUBLIC, client_address(request))
        raise
    await charge(request, PERSON, str(caller.user_id))
    return caller


async def any_caller(
    request: Request,
    _bearer: Annotated[object, Security(bearer_scheme)],
    _cookie: Annotated[str | None, Security(cookie_scheme)],
) -> SessionActor:
    """Resolve the bearer token, or else the browser's cookie, whose writes must come from this origin.

    Raises:
        IamaError: as `bearer_caller`, and `CROSS_SITE_REQUEST`.
    """
    cookie = request.cookies.get(SESSION_COOKIE)
    if bearer_token(request) is not None or cookie is None:
        return await bearer_caller(request, None)
    caller = await identity.resolve_cookie(cookie)
    if caller is None:
        await charge(request, PUBLIC, client_address(request))
        raise IamaError("AUTHENTICATION_REQUIRED")
    if request.method not in READING_METHODS:
        require_same_origin(request)
    await charge(request, PERSON, str(caller.user_id))
    return caller


def require_same_origin(request: Request) -> None:
    """Refuse a form or script of another site (`CROSS_SITE_REQUEST`); a request that does not say is refused too."""
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in {"same-origin", "none"}:
            raise IamaError("CROSS_SITE_REQUEST")
        return
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        raise IamaError("CROSS_SITE_REQUEST")


def origin_of(request: Request, surface: Surface) -> Origin:
    """Return where a sign-in comes from."""
    address = client_address(request)
    return Origin(surface, None if address == "unknown" else address, request.headers.get("user-agent"))


async def sign_in_limit(request: Request) -> None:
    """Count a sign-in, registration or refresh against its address (`RATE_LIMITED`)."""
    await charge(request, SIGN_IN, client_address(request))


async def public_limit(request: Request) -> None:
    """Count a request that needs no sign-in against its address (`RATE_LIMITED`)."""
    await charge(request, PUBLIC, client_address(request))


def actor_for(caller: Annotated[SessionActor, Depends(any_caller)]) -> Actor:
    """Return the actor for units of work."""
    return identity.actor_of(caller)


Caller = Annotated[SessionActor, Depends(any_caller)]
BearerCaller = Annotated[SessionActor, Depends(bearer_caller)]
CallingActor = Annotated[Actor, Depends(actor_for)]
