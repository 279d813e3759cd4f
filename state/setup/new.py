"""W9: the form of a new job. Fields live here while they are typed; the service decides whether they hold."""

from dataclasses import replace
from typing import Any

import reflex as rx
from pydantic import ValidationError

from services.canon.errors import IamaError
from services.core.actor import Actor
from services.engine.goals import EXAMPLES, goal_sentence, goal_sentences, parse_goal
from services.jobs.schemas import CreateJobRequest
from state.base import NO_PROBLEM, PageState, guarded, internal_error
from state.repositories.preflight import PreflightView, measure
from state.setup.loaders import create_and_start, load_billing
from state.setup.views import BillingView, GoalView, SetupErrors, build_request, errors_of, field_error

_TEXT_MAX = 2000
_UNTOUCHED = GoalView(examples=list(EXAMPLES[:4]))
_ADDRESS_FIELDS = frozenset({"url", "branch", "scope", "goal"})
_TEXT_FIELDS = frozenset({"url", "branch", "scope", "goal", "phase_ceiling", "test_timeout_seconds"})


class NewJobState(PageState, rx.State):
    """The choices that are frozen at start."""

    url: str = ""
    branch: str = ""
    scope: str = "."
    goal: str = ""
    phase_ceiling: str = "1"
    test_timeout_seconds: str = ""
    own_code: bool = False
    review_tests: bool = False
    errors: SetupErrors = SetupErrors()
    goal_view: GoalView = _UNTOUCHED
    billing: BillingView = BillingView()
    preflight: PreflightView = PreflightView()
    activity: str = ""

    @rx.event
    @guarded
    async def load(self) -> None:
        """Fill in what the address names and the plan of the workspace."""
        async with self._unit_of_work() as uow:
            self.billing = await load_billing(uow)
        self._take_address()
        self.activity = ""
        self.loaded = True

    @rx.event
    async def type_text(self, name: str, text: str) -> None:
        """Keep one text field; its error goes away as soon as it changes, not when a late echo of it arrives."""
        if name in _TEXT_FIELDS and str(text)[:_TEXT_MAX] != getattr(self, name):
            setattr(self, name, str(text)[:_TEXT_MAX])
            if name in ("url", "branch", "scope", "goal"):
                self.errors = replace(self.errors, **{name: ""})

    @rx.event
    async def type_goal(self, text: str) -> None:
        """Keep the goal and say at once whether it can be carried out without a model."""
        self._set_goal(str(text)[:_TEXT_MAX])

    @rx.event
    async def drop_request(self, number: int) -> None:
        """Take one of several sentences out of the goal; counted from 0."""
        kept = [text for at, text in enumerate(self.goal_view.requests) if at != number]
        self._set_goal("; ".join(kept))

    def _set_goal(self, goal: str) -> None:
        if goal != self.goal:
            self.errors = replace(self.errors, goal="")
        self.goal = goal
        self.goal_view = _understood(goal)

    @rx.event
    async def allow_own_code(self, allowed: bool) -> None:
        """Accept the weaker isolation for code that is one's own."""
        self.own_code = bool(allowed)

    @rx.event
    async def ask_for_review(self, wanted: bool) -> None:
        """Stop for a review of the generated tests."""
        self.review_tests = bool(wanted)

    @rx.event(background=True)
    async def start(self, form: dict[str, Any]) -> Any:
        """Check the repository, then create the job and start it; a refusal stays at its field and leaves no job.

        Args:
            form: The fields as they stood when the form was sent; keys typed last may not have arrived otherwise.
        """
        async with self:
            self._take(form)
            request, actor = await self._begin(), await self._find_actor()
        if request is None or actor is None:
            return
        try:
            verdict = await measure(request.source.url, request.source.branch, request.path_scope)
            async with self:
                self.preflight = verdict
            if verdict.passed:
                job = await create_and_start(actor, request)
                yield rx.redirect(f"/jobs/{job.job_id}/execution")
        except Exception as error:
            async with self:
                yield self._place(error if isinstance(error, IamaError) else internal_error("start"))
        finally:
            async with self:
                self.activity = ""

    @rx.event
    @guarded
    async def open_preview(self) -> Any:
        """Show what the change would do, or say at its field what is missing."""
        self.errors = SetupErrors()
        try:
            build_request(self._fields())
        except ValidationError as error:
            self.errors = errors_of(error)
            return None
        return rx.redirect("/jobs/new/preview")

    def _take_address(self) -> None:
        """Fill in what the page's address names."""
        wanted = self.router.url.query_parameters
        for name in _ADDRESS_FIELDS & wanted.keys():
            setattr(self, name, str(wanted[name])[:_TEXT_MAX])
        self._set_goal(self.goal)

    def _take(self, form: dict[str, Any]) -> None:
        for name in _TEXT_FIELDS & form.keys():
            setattr(self, name, str(form[name] or "")[:_TEXT_MAX])

    async def _begin(self) -> CreateJobRequest | None:
        """Return the request of the fields, or None after saying what is wrong with them."""
        self.problem, self.errors, self.preflight = NO_PROBLEM, SetupErrors(), PreflightView()
        try:
            request = build_request(self._fields())
        except ValidationError as error:
            self.errors = errors_of(error)
            return None
        self.activity = "Checking the repository"
        return request

    async def _find_actor(self) -> Actor | None:
        try:
            return await self._actor()
        except IamaError as error:
            self._place(error)
            return None

    def _place(self, error: IamaError) -> Any:
        """Show a refusal at its field, or on the page."""
        self.activity = ""
        if (found := field_error(error)) is None:
            return self._refuse(error)
        self.errors = found
        return None

    def _fields(self) -> dict[str, Any]:
        names = ("url", "branch", "scope", "goal", "phase_ceiling", "test_timeout_seconds", "own_code", "review_tests")
        return {name: getattr(self, name) for name in names}


def _understood(goal: str) -> GoalView:
    if not goal.strip():
        return _UNTOUCHED
    said = goal_sentences(goal)
    requests = said if len(said) > 1 else []
    try:
        parsed = parse_goal(goal)
    except IamaError as error:
        return GoalView(examples=list(error.data.get("examples", EXAMPLES))[:4], requests=requests)
    return GoalView(understood=goal_sentence(parsed), requests=requests)
