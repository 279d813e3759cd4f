"""The sign-in and register forms: they post natively to the API; this state only words a refusal that came back."""

import reflex as rx

from services.identity import service as identity
from services.identity.flash import FLASH_COOKIE
from state.account.views import FormView, refused_form
from state.base import PageState, cookie_value, guarded, safe_path


class SignInState(PageState, rx.State):
    """One form as it came back from the server, or untouched."""

    form: FormView = FormView()
    return_to: str = "/jobs"

    @rx.event
    @guarded
    async def load(self) -> None:
        """Read the way back and the refusal of the last try, which a short-lived signed cookie carries."""
        self.return_to = safe_path(self.router.url.query_parameters.get("return_to", "/jobs"))
        flash = identity.open_flash(cookie_value(self.router.headers.cookie, FLASH_COOKIE))
        here = self.router.url.path.strip("/")
        if flash is None or flash.form != here:
            self.form = FormView()
        else:
            self.form = refused_form(flash.code, flash.sentence, flash.email, flash.retry_after_seconds)
        self.loaded = True
