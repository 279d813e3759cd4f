"""Another scope or branch for a job that has not started, from the page that says why it was blocked."""

from dataclasses import replace
from typing import Any

import reflex as rx
from pydantic import ValidationError

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.jobs.schemas import CreateJobRequest, JobView
from state.base import NO_PROBLEM, internal_error
from state.jobs.base import JobPageState
from state.setup.loaders import rescope_and_start
from state.setup.views import SetupErrors, build_request, errors_of, field_error

_FIELDS = ("scope", "branch")
_OPEN_STATES = frozenset({JobState.PENDING, JobState.REPO_PRECHECK_BLOCKED})
_TEXT_MAX = 2000


class ScopeChangeState(JobPageState, mixin=True):
    """The two fields of a job that may still be narrowed, filled anew with each revision of the job."""

    scope: str = ""
    branch: str = ""
    errors: SetupErrors = SetupErrors()
    can_rescope: bool = False
    is_checking: bool = False
    _url: str = ""
    _filled_for: str = ""

    def _show_scope(self, job: JobView) -> None:
        """Fill the fields from the job, unless they were filled for this revision and may have been typed in since."""
        self.can_rescope = job.status in _OPEN_STATES and self.head.can_act
        if self._filled_for != (mark := f"{job.job_id} {job.state_revision}"):
            self._filled_for, self._url, self.errors = mark, job.source.url, SetupErrors()
            self.scope, self.branch = "\n".join(job.source.path_scope), job.source.branch or ""

    @rx.event
    async def type_text(self, name: str, text: str) -> None:
        """Keep one field; its error goes away as soon as it changes."""
        self._keep(name, text)

    def _keep(self, name: str, text: Any) -> None:
        if name in _FIELDS and str(text)[:_TEXT_MAX] != getattr(self, name):
            setattr(self, name, str(text)[:_TEXT_MAX])
            self.errors = replace(self.errors, **{name: ""})

    @rx.event(background=True)
    async def change_scope(self, form: dict[str, Any]) -> Any:
        """Change the scope and start the job; the check inside the start may block it again, which the page shows.

        Args:
            form: The fields as they stood when the form was sent.
        """
        async with self:
            for name in _FIELDS:
                self._keep(name, form.get(name) or "")
            request = self._request()
            if request is None:
                return
            try:
                actor, job_id, revision = await self._actor(), self._job_id(), self.head.revision
            except IamaError as error:
                yield self._refuse(error)
                return
            self.is_checking = True
        refused: IamaError | None = None
        try:
            await rescope_and_start(actor, job_id, revision, request)
        except Exception as error:
            refused = error if isinstance(error, IamaError) else internal_error("scope change")
        async with self:
            self.is_checking = False
            await self._load()
            if refused is not None:
                yield self._place(refused)

    def _request(self) -> CreateJobRequest | None:
        """Return the fields as a request, or None after saying at its field what is wrong."""
        self.problem, self.errors = NO_PROBLEM, SetupErrors()
        fields = {"url": self._url, "branch": self.branch, "scope": self.scope, "goal": self.head.goal}
        try:
            return build_request(fields)
        except ValidationError as error:
            self.errors = errors_of(error)
            return None

    def _place(self, error: IamaError) -> Any:
        """Show a refusal at its field, or on the page."""
        found = field_error(error)
        if found is None or not any(getattr(found, name) for name in _FIELDS):
            return self._refuse(error)
        self.errors = found
        return None
