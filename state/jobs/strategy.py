"""W10: the strategy screen of one tab."""

from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.canon.vocabulary import STRATEGY_WORDS, JobAction, ProposalLevel
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from state.base import guarded
from state.jobs import loaders, present, present_strategy
from state.jobs.base import JobPageState
from state.jobs.choice_views import StrategyView


class StrategyState(JobPageState, rx.State):
    """Three proposals; one is marked here and chosen by the one filled button."""

    view: StrategyView = StrategyView()
    chosen: str = ""
    opened: str = ""

    @rx.var
    def verb(self) -> str:
        """Text of the filled button."""
        return f"Use {STRATEGY_WORDS[ProposalLevel(self.chosen)]}" if self.chosen else "Use strategy"

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self.view = present_strategy.strategy_view(data.job, await loaders.load_proposals(uow, job_id), segment)
        if not self.view.is_open or self.chosen not in set(ProposalLevel):
            self.chosen = self.view.chosen

    @rx.event
    @guarded
    async def choose(self, level: str) -> None:
        """Mark a column."""
        if level not in set(ProposalLevel):
            raise IamaError("VALIDATION_FAILED", fields=["level"])
        if self.view.is_open:
            self.chosen = level

    @rx.event
    async def open_details(self, level: str) -> None:
        """Expand or close the list of what a proposal touches."""
        self.opened = "" if self.opened == level else str(level)

    @rx.event
    @guarded
    async def use_strategy(self) -> Any:
        """Choose the marked strategy and go to the spec."""
        if await self._act(JobAction.SELECT_STRATEGY, level=self.chosen):
            return rx.redirect(f"/jobs/{self.head.job_id}/spec")
        return None
