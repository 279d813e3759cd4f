"""W12: the execution monitor of one tab."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from services.core.clock import now
from services.feed.schemas import Frame
from services.infra.unit_of_work import UnitOfWork
from services.jobs.schemas import LogLineView as LogLine
from state.base import guarded
from state.jobs import loaders, present, present_execution
from state.jobs.scope import ScopeChangeState
from state.jobs.views import AttemptView, LogLineView, NowView, StageMapView

LOG_PAGE = 200
"""Lines fetched at once."""

LOG_TAIL = 40
"""Lines sent again with each paint; older ones rest in their own list."""


class ExecutionMonitorState(ScopeChangeState, rx.State):
    """Stage map, attempts, log and evidence of a run."""

    track: StageMapView = StageMapView()
    attempts: list[AttemptView] = []
    strip_heading: str = "Generated tests"
    now: NowView = NowView()
    log_settled: list[LogLineView] = []
    log_tail: list[LogLineView] = []
    log_earlier: str = ""
    following: bool = True
    _log_limit: int = LOG_PAGE

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self._show_scope(data.job)
        self.track = present.map_view(data.job, track, moment)
        self.attempts = present_execution.attempt_rows(data.attempts, data.baseline, moment)
        self.strip_heading = present_execution.strip_heading(data.baseline)
        self.now = present_execution.now_view(data.job, data.attempts, present_execution.spec_line(data.baseline))
        self._show_log(present_execution.log_rows(await loaders.load_log(uow, job_id, self._log_limit)))

    def _show_log(self, lines: list[LogLineView]) -> None:
        self.log_settled, self.log_tail = lines[:-LOG_TAIL], lines[-LOG_TAIL:]
        self.log_earlier = "Load earlier lines" if len(lines) >= self._log_limit else ""

    def _absorb(self, frames: Sequence[Frame]) -> bool:
        if any(frame.type != "log_line" for frame in frames):
            return False
        fresh = [
            LogLine(seq=f.seq, at=f.timestamp, level=f.payload["level"], message=f.payload["message"]) for f in frames
        ]
        lines = [*self.log_tail, *present_execution.log_rows(fresh)]
        if len(lines) > 2 * LOG_TAIL:
            self.log_settled = [*self.log_settled, *lines[:-LOG_TAIL]][-self._log_limit :]
            lines = lines[-LOG_TAIL:]
        self.log_tail = lines
        return True

    @rx.event
    @guarded
    async def load_earlier(self) -> Any:
        """Show one more page of older lines."""
        self._log_limit = min(self._log_limit + LOG_PAGE, 20 * LOG_PAGE)
        async with self._unit_of_work() as uow:
            self._show_log(present_execution.log_rows(await loaders.load_log(uow, self._job_id(), self._log_limit)))

    @rx.event
    async def toggle_follow(self) -> None:
        """Pin the log where it is, or follow its tail again."""
        self.following = not self.following

    @rx.event
    async def pin_log(self) -> None:
        """Stop following because the reader scrolled up."""
        self.following = False
