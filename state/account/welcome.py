"""First-run consent: shown once, before the first job."""

from typing import Any

import reflex as rx

from services.canon.errors import IamaError
from services.core.actor import Surface
from services.identity import service as identity
from services.identity.rules import REQUIRED_CONSENT
from services.identity.schemas import MeChanges, Origin, Segment
from state.base import PageState, guarded


class WelcomeState(PageState, rx.State):
    """The consent box and the question for whom the words are meant."""

    agreed: bool = False
    segment: str = "B"
    saving: bool = False

    @rx.event
    async def set_agreed(self, agreed: bool) -> None:
        """Tick or clear the consent box."""
        self.agreed = bool(agreed)

    @rx.event
    async def set_segment(self, segment: str) -> None:
        """Choose guided or technical words."""
        self.segment = segment if segment in list(Segment) else self.segment

    @rx.event
    @guarded
    async def agree(self) -> Any:
        """Record the consent with its document and version, keep the choice of words, go on to the jobs."""
        if not self.agreed:
            raise IamaError("CONSENT_REQUIRED")
        document, version = REQUIRED_CONSENT
        origin = Origin(Surface.WEB, self.router.session.client_ip or None, self.router.headers.user_agent or None)
        async with self._unit_of_work() as uow:
            await identity.record_consent(uow, document=document, version=version, accepted=True, origin=origin)
            await identity.update_me(uow, MeChanges(segment=Segment(self.segment)))
        return rx.redirect("/jobs", replace=True)
