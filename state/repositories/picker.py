"""W8: choose a Git repository, narrow it, check it against the limits, go on to set-up."""

from dataclasses import replace
from typing import Any

import reflex as rx
from pydantic import ValidationError

from services.canon.errors import IamaError
from services.canon.limits import PAGE_MAX
from services.jobs import service as jobs
from state.base import NO_PROBLEM, PageState, guarded, internal_error
from state.repositories.preflight import PreflightView, measure
from state.repositories.views import RepositoryRowView, repository_rows, setup_address
from state.setup.views import SetupErrors, build_request, errors_of, field_error

_TEXT_MAX = 2000
_GOAL_OF_CHECK = "check"


class RepositoriesState(PageState, rx.State):
    """Repositories used before, and the one being chosen."""

    rows: list[RepositoryRowView] = []
    text: str = ""
    url: str = ""
    branch: str = ""
    scope: str = "."
    errors: SetupErrors = SetupErrors()
    preflight: PreflightView = PreflightView()
    checking: bool = False

    @rx.var
    def found(self) -> list[RepositoryRowView]:
        """Return the rows whose name or address contains the search text."""
        wanted = self.text.lower()
        return [row for row in self.rows if wanted in row.label.lower() or wanted in row.url.lower()]

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the repositories that jobs of this workspace used."""
        async with self._unit_of_work() as uow:
            page = await jobs.list_jobs(uow, limit=PAGE_MAX)
        self.rows = repository_rows(page.items)
        self.checking = False
        self.loaded = True

    @rx.event
    async def search(self, text: str) -> None:
        """Narrow the list."""
        self.text = str(text)[:_TEXT_MAX]

    @rx.event
    async def type_text(self, name: str, text: str) -> None:
        """Keep one field; an earlier verdict no longer holds."""
        if name in ("url", "branch", "scope") and str(text)[:_TEXT_MAX] != getattr(self, name):
            setattr(self, name, str(text)[:_TEXT_MAX])
            self.errors = replace(self.errors, **{name: ""})
            self.preflight = PreflightView()

    @rx.event
    async def choose(self, url: str, branch: str) -> None:
        """Take a repository of the list."""
        self.url, self.branch = str(url)[:_TEXT_MAX], str(branch)[:_TEXT_MAX]
        self.errors, self.preflight = SetupErrors(), PreflightView()

    @rx.event(background=True)
    async def check(self) -> Any:
        """Measure the selection; the verdict or the refusal appears in place."""
        async with self:
            self.problem, self.errors, self.preflight = NO_PROBLEM, SetupErrors(), PreflightView()
            try:
                await self._actor()
                fields = {"url": self.url, "branch": self.branch, "scope": self.scope, "goal": _GOAL_OF_CHECK}
                request = build_request(fields)
            except ValidationError as error:
                self.errors = errors_of(error)
                return
            except IamaError as error:
                self._refuse(error)
                return
            self.checking = True
        try:
            verdict = await measure(request.source.url, request.source.branch, request.path_scope)
            async with self:
                self.preflight = verdict
        except Exception as error:
            refusal = error if isinstance(error, IamaError) else internal_error("check")
            async with self:
                self.errors = field_error(refusal) or self.errors
                if field_error(refusal) is None:
                    self._refuse(refusal)
        finally:
            async with self:
                self.checking = False

    @rx.event
    @guarded
    async def go_on(self) -> Any:
        """Go on to set-up with what was chosen."""
        await self._actor()
        return rx.redirect(setup_address(self.url, self.branch, self.scope))
