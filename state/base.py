"""What every page state stands on: who acts, the unit of work, a refusal turned into a sentence.

Guards on pages protect nothing, since a client may call any handler: each handler asks `_actor` itself, and the
services check what it may reach. Handlers are `async`; helpers begin with `_`, so no client can call them.
"""

import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.core.actor import Actor, Surface
from services.identity import service as identity
from services.identity.schemas import SessionActor
from services.infra.unit_of_work import UnitOfWork, unit_of_work

logger = logging.getLogger(__name__)

SESSION_COOKIE = "iama_session"
"""Name of the HttpOnly cookie that the sign-in endpoint sets."""

SIGN_IN_PATH = "/sign-in"
WELCOME_PATH = "/welcome"


@dataclass(frozen=True)
class ProblemView:
    """A refusal as a page shows it; an empty code means there is none."""

    code: str = ""
    sentence: str = ""
    remedy: str = ""
    retryable: bool = False


NO_PROBLEM = ProblemView()


def problem_of(error: IamaError) -> ProblemView:
    """Return sentence, code and next step of a refusal."""
    return ProblemView(error.code, error.sentence, error.remedy, error.retryable)


def cookie_value(header: str, name: str) -> str:
    """Return one value of a `Cookie` header, or an empty string."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def sign_in_address(return_to: str) -> str:
    """Return the sign-in page's address that comes back to `return_to`, a path of this site."""
    return f"{SIGN_IN_PATH}?return_to={quote(safe_path(return_to))}"


def safe_path(wanted: str) -> str:
    """Return `wanted` if it is a path of this site, else the job list: never an address of another host."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_local and wanted.isprintable() else "/jobs"


def parse_id(value: Any) -> UUID:
    """Return an id that came from a browser.

    Raises:
        IamaError: `NOT_FOUND`, since what is no id names nothing.
    """
    try:
        return UUID(str(value))
    except ValueError as error:
        raise IamaError("NOT_FOUND") from error


def internal_error(place: str) -> IamaError:
    """Log the exception at hand and return what a page says about it; never its text."""
    logger.exception("unexpected exception in %s", place)
    return IamaError("INTERNAL_ERROR")


class PageState(rx.State, mixin=True):
    """The common part of page states: `problem` is what the last handler was refused."""

    problem: ProblemView = NO_PROBLEM
    loaded: bool = False
    _watch: int = 0

    def _address(self) -> str:
        """Return path and query of the page, for the way back."""
        url = self.router.url
        return f"{url.path}?{url.query}" if url.query else str(url.path)

    async def _session(self) -> SessionActor | None:
        """Return whose living session this tab's cookie is; asked on every event, since it may have ended meanwhile."""
        return await identity.resolve_cookie(cookie_value(self.router.headers.cookie, SESSION_COOKIE))

    async def _actor(self) -> Actor:
        """Return who acts.

        Raises:
            IamaError: `AUTHENTICATION_REQUIRED`.
        """
        session = await self._session()
        if session is None:
            raise IamaError("AUTHENTICATION_REQUIRED")
        return identity.actor_of(session, Surface.WEB)

    @asynccontextmanager
    async def _unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """Open one transaction as the signed-in person."""
        async with unit_of_work(await self._actor()) as uow:
            yield uow

    def _refuse(self, error: IamaError) -> Any:
        """Show a refusal on the page, or lead to the page that lifts it."""
        if error.code == "AUTHENTICATION_REQUIRED":
            return rx.redirect(sign_in_address(self._address()))
        if error.code == "CONSENT_REQUIRED":
            return rx.redirect(WELCOME_PATH)
        self.problem = problem_of(error)
        return None


def guarded(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap an event handler so that a refusal becomes the page's `problem`; apply below `@rx.event`.

    Arguments arrive by name from the browser.
    """

    @functools.wraps(handler)
    async def run(self: Any, *args: Any, **payload: Any) -> Any:
        self.problem = NO_PROBLEM
        try:
            return await handler(self, *args, **payload)
        except IamaError as error:
            return self._refuse(error)
        except Exception:
            return self._refuse(internal_error(handler.__qualname__))

    return run
