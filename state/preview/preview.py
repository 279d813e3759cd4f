"""The preview of the set-up's change: asked for when the page opens, thrown away when it closes."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from pydantic import ValidationError

from services.canon.errors import IamaError
from services.canon.vocabulary import ProposalLevel
from services.core.actor import Actor
from services.delivery.schemas import FileDiffView
from services.jobs.schemas import CreateJobRequest
from services.previews import service as previews
from services.previews.schemas import HazardView, PreviewRequest
from state.base import NO_PROBLEM, PageState, ProblemView, guarded, internal_error
from state.jobs import present_diff
from state.jobs.delivery_views import DiffView, FileRow, SelectionView
from state.preview.views import HazardRow, PreviewView, hazard_fact, hazard_rows, preview_view
from state.repositories.preflight import measure
from state.setup.loaders import create_and_start
from state.setup.new import NewJobState
from state.setup.views import build_request

_MODES = frozenset({"split", "unified"})
_PLANNING = "Reading the repository and planning the change"


class PreviewState(PageState, rx.State):
    """What the change of the set-up form would do, and which of its hazards are accepted."""

    view: PreviewView = PreviewView()
    hazards: list[HazardRow] = []
    hazard_line: str = ""
    files: list[FileRow] = []
    selection: SelectionView = SelectionView()
    diff: DiffView = DiffView()
    mode: str = "unified"
    level: str = ProposalLevel.STANDARD.value
    activity: str = ""
    is_empty: bool = False
    accepted: list[str] = []
    _hazards: Sequence[HazardView] = ()
    _diffs: Sequence[FileDiffView] = ()
    _selected: str = ""

    @rx.event(background=True)
    async def load(self) -> Any:
        """Ask what the change would do; the answer replaces what is shown."""
        async with self:
            found = await self._begin(_PLANNING)
        if found is None:
            return
        request, actor = found
        wanted = PreviewRequest(
            source=request.source, path_scope=request.path_scope, goal=request.goal, level=ProposalLevel(self.level)
        )
        try:
            answer = await previews.preview(actor, wanted)
            async with self:
                self.view = preview_view(answer)
                self._hazards, self._diffs = answer.hazards, answer.diff_files
                self.accepted = [item.hazard_id for item in answer.hazards if item.hazard_id in self.accepted]
                self.loaded = True
                self._show()
        except Exception as error:
            async with self:
                yield self._refuse(error if isinstance(error, IamaError) else internal_error("preview"))
        finally:
            async with self:
                self.activity = ""

    @rx.event(background=True)
    async def start(self) -> Any:
        """Check the repository, then create and start the job with the hazards that were accepted here."""
        async with self:
            found = await self._begin("Checking the repository")
            accepted = list(self.accepted)
        if found is None:
            return
        request, actor = found
        try:
            verdict = await measure(request.source.url, request.source.branch, request.path_scope)
            if verdict.passed:
                job = await create_and_start(actor, request.model_copy(update={"accepted_hazards": accepted}))
                yield rx.redirect(f"/jobs/{job.job_id}/execution")
            else:
                first = verdict.violations[0]
                async with self:
                    self.problem = ProblemView(first.code, first.sentence, first.remedy)
        except Exception as error:
            async with self:
                yield self._refuse(error if isinstance(error, IamaError) else internal_error("start"))
        finally:
            async with self:
                self.activity = ""

    async def _begin(self, activity: str) -> tuple[CreateJobRequest, Actor] | None:
        """Return the set-up's request and who acts; None when there is nothing to do or it is refused."""
        self.problem = NO_PROBLEM
        setup = await self.get_state(NewJobState)
        setup._take_address()
        try:
            request = build_request(setup._fields())
            actor = await self._actor()
        except ValidationError:
            self.is_empty = True
            return None
        except IamaError as error:
            self._refuse(error)
            return None
        self.is_empty, self.activity = False, activity
        return request, actor

    @rx.event
    @guarded
    async def choose_level(self, level: str) -> Any:
        """Preview the change at another depth."""
        self.level = ProposalLevel(level).value if level in ProposalLevel.__members__ else self.level
        self.loaded = False
        return PreviewState.load

    @rx.event
    @guarded
    async def accept(self, hazard_id: str) -> None:
        """Accept one hazard, or take the acceptance back; none is ever implied."""
        if hazard_id not in {item.hazard_id for item in self._hazards}:
            raise IamaError("VALIDATION_FAILED", fields=["hazard_id"])
        kept = [one for one in self.accepted if one != hazard_id]
        self.accepted = kept if len(kept) < len(self.accepted) else [*kept, hazard_id]
        self._show_hazards()

    @rx.event
    @guarded
    async def open_file(self, path: str) -> None:
        """Show another file of the change."""
        if path not in {diff.path for diff in self._diffs}:
            raise IamaError("VALIDATION_FAILED", fields=["path"])
        self._selected = path
        self._show_diff()

    @rx.event
    @guarded
    async def choose_mode(self, mode: str) -> None:
        """Show hunks side by side or unified."""
        if mode not in _MODES:
            raise IamaError("VALIDATION_FAILED", fields=["mode"])
        self.mode = mode
        self._show_diff()

    def _show(self) -> None:
        self._show_hazards()
        self.selection = present_diff.selection_view(self._diffs, {})
        self._show_diff()

    def _show_hazards(self) -> None:
        self.hazards = hazard_rows(self._hazards, self.accepted)
        self.hazard_line = hazard_fact(self._hazards, self.accepted)

    def _show_diff(self) -> None:
        paths = [diff.path for diff in self._diffs]
        self._selected = self._selected if self._selected in paths else (paths[0] if paths else "")
        self.files = present_diff.file_rows(self._diffs, {}, self._selected)
        chosen = next((diff for diff in self._diffs if diff.path == self._selected), None)
        unified = self.mode == "unified"
        self.diff = present_diff.diff_view(chosen, {}, unified=unified, by_file=True) if chosen else DiffView()
