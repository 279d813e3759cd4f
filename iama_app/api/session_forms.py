"""Plain HTML forms that sign a browser in and out: each answers 303 with the cookie; nothing secret is in a URL.

A refused form leaves a signed one-minute message (`iama_flash`) for the page it returns to.
"""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse

from iama_app.api.dependencies import SESSION_COOKIE, origin_of, require_same_origin, sign_in_limit
from services.canon.clocks import WEB_SESSION_SECONDS
from services.canon.errors import IamaError
from services.canon.vocabulary import Segment
from services.core.actor import Surface, user_actor
from services.identity import service as identity
from services.identity.flash import FLASH_COOKIE, FLASH_SECONDS, Flash, seal_flash
from services.identity.rules import REQUIRED_CONSENT
from services.identity.schemas import Account, MeChanges
from services.infra.unit_of_work import unit_of_work

router = APIRouter(prefix="/session", include_in_schema=False, dependencies=[Depends(require_same_origin)])

SIGN_IN_PAGE = "/sign-in"
WELCOME_PAGE = "/welcome"
HOME_PAGE = "/jobs"
Text = Annotated[str, Form(max_length=1024)]
ReturnTo = Annotated[str, Form(alias="next", max_length=1024)]


@router.post("/register")
async def register(
    request: Request,
    email: Text = "",
    password: Text = "",
    confirm_password: Annotated[str | None, Form(max_length=1024)] = None,
    return_to: ReturnTo = "",
) -> RedirectResponse:
    """Make an account and sign it in; goes on to the welcome page."""
    try:
        await sign_in_limit(request)
        if confirm_password is not None and confirm_password != password:
            raise IamaError("VALIDATION_FAILED", sentence="The two passwords differ.")
        account = await identity.register(email, password, surface=Surface.WEB)
    except IamaError as error:
        return _refused(request, "register", error, email, return_to)
    return await _signed_in(request, account, _with_return(WELCOME_PAGE, return_to))


@router.post("/sign-in")
async def sign_in(
    request: Request, email: Text = "", password: Text = "", return_to: ReturnTo = ""
) -> RedirectResponse:
    """Sign in; goes on to the page that was asked for, by way of the welcome page until consent is given."""
    try:
        await sign_in_limit(request)
        account = await identity.check_password(email, password)
        async with unit_of_work(user_actor(account.user_id, account.tenant_id, Surface.WEB)) as uow:
            welcome = not await identity.has_consented(uow)
    except IamaError as error:
        return _refused(request, "sign-in", error, email, return_to)
    target = _with_return(WELCOME_PAGE, return_to) if welcome else own_path(return_to)
    return await _signed_in(request, account, target)


@router.post("/sign-out")
async def sign_out(request: Request) -> RedirectResponse:
    """End this browser's sign-in."""
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie:
        await identity.close_browser_session(cookie)
    response = RedirectResponse(SIGN_IN_PAGE, 303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@router.post("/consent")
async def consent(
    request: Request, decision: Text = "", segment: Text = "", return_to: ReturnTo = ""
) -> RedirectResponse:
    """Agree to data processing and choose how much guidance to get; declining signs out."""
    caller = await identity.resolve_cookie(request.cookies.get(SESSION_COOKIE, ""))
    if caller is None:
        return RedirectResponse(SIGN_IN_PAGE, 303)
    document, version = REQUIRED_CONSENT
    accepted = decision in {"accept", "agree", "on", "true", "yes"}
    async with unit_of_work(identity.actor_of(caller)) as uow:
        await identity.record_consent(
            uow, document=document, version=version, accepted=accepted, origin=origin_of(request, Surface.WEB)
        )
        if segment in Segment.__members__:
            await identity.update_me(uow, MeChanges(segment=Segment(segment)))
    return RedirectResponse(own_path(return_to), 303) if accepted else await sign_out(request)


async def _signed_in(request: Request, account: Account, target: str) -> RedirectResponse:
    """Answer with a new session; an older one of this browser ends, so that no cookie survives a sign-in."""
    previous = request.cookies.get(SESSION_COOKIE)
    if previous:
        await identity.close_browser_session(previous, "REPLACED")
    opened = await identity.open_browser_session(account, origin_of(request, Surface.WEB))
    response = RedirectResponse(target, 303)
    response.set_cookie(
        SESSION_COOKIE,
        opened.cookie,
        max_age=WEB_SESSION_SECONDS,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    response.delete_cookie(FLASH_COOKIE, path="/")
    return response


def _refused(request: Request, form: str, error: IamaError, email: str, return_to: str) -> RedirectResponse:
    """Lead back to the form (its page has the same name), with the refusal in the signed message."""
    flash = Flash(form, error.code, error.sentence, email[:320], error.data.get("retry_after_seconds"))
    response = RedirectResponse(_with_return(f"/{form}", return_to), 303)
    response.set_cookie(
        FLASH_COOKIE,
        seal_flash(flash),
        max_age=FLASH_SECONDS,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response


def is_https(request: Request) -> bool:
    """Say whether the visitor's own connection is encrypted, directly or at a proxy."""
    return (request.headers.get("x-forwarded-proto") or request.url.scheme) == "https"


def own_path(target: str) -> str:
    """Return a path of this site; what a browser could read as another site becomes the job list."""
    parts = urlsplit(target)
    is_own = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    return target if is_own and "\\" not in target and target.isprintable() else HOME_PAGE


def _with_return(page: str, return_to: str) -> str:
    target = own_path(return_to)
    return page if target == HOME_PAGE else f"{page}?return_to={quote(target)}"
