"""Who is signed in, on every page: loaded on entry, with the preferences kept in the user menu."""

from typing import Any

import reflex as rx

from services.access import service as access
from services.access import usage
from services.canon.errors import IamaError
from services.canon.vocabulary import Segment as Words
from services.identity import service as identity
from services.identity.schemas import MeChanges, Segment
from services.infra.unit_of_work import UnitOfWork
from state.account.views import PersonView, person_view
from state.base import SIGN_IN_PATH, WELCOME_PATH, PageState, guarded, safe_path, sign_in_address


class SessionState(PageState, rx.State):
    """The person of this tab, or nobody."""

    person: PersonView = PersonView()

    @rx.event
    @guarded
    async def enter(self) -> Any:
        """Load the person, or lead to sign-in with the way back; without consent, to the welcome page."""
        path = self.router.url.path
        try:
            async with self._unit_of_work() as uow:
                self.person = await _person(uow)
        except IamaError as error:
            if error.code != "AUTHENTICATION_REQUIRED":
                raise
            self.person = PersonView()
            return rx.redirect(sign_in_address(self._address()), replace=True)
        self.loaded = True
        if not self.person.consented and path.rstrip("/") != WELCOME_PATH:
            return rx.redirect(WELCOME_PATH, replace=True)
        return None

    @rx.event
    @guarded
    async def enter_public(self) -> Any:
        """On sign-in and register: who is signed in already goes on to where they wanted."""
        if await self._session() is None:
            self.person = PersonView()
            self.loaded = True
            return None
        wanted = safe_path(self.router.url.query_parameters.get("return_to", "/jobs"))
        return rx.redirect(wanted, replace=True)

    @rx.event
    @guarded
    async def choose_words(self, segment: str) -> None:
        """Keep the preference for plain (A), technical (B) or enterprise (C) words."""
        if segment not in list(Words):
            raise IamaError("VALIDATION_FAILED", fields=["segment"])
        async with self._unit_of_work() as uow:
            await identity.update_me(uow, MeChanges(segment=Segment(segment)))
            self.person = await _person(uow)


async def _person(uow: UnitOfWork) -> PersonView:
    return person_view(await identity.get_me(uow), await access.get_plan(uow), await usage.summarise(uow))


class HomeState(PageState, rx.State):
    """The front door."""

    @rx.event
    @guarded
    async def enter(self) -> Any:
        """Go on to the jobs, or to sign-in."""
        return rx.redirect("/jobs" if await self._session() else SIGN_IN_PATH, replace=True)
