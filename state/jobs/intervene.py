"""W13: deciding with evidence when automation stops."""

from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.vocabulary import JobAction
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from state.base import guarded
from state.jobs import loaders, present, present_records
from state.jobs.base import JobPageState, checked_action, checked_text
from state.jobs.record_views import DecisionView

NOTE_LONGEST = 200


class InterventionState(JobPageState, rx.State):
    """Evidence, last patch, actions with their consequences, one line of clarification."""

    view: DecisionView = DecisionView()
    note: str = ""

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self.view = present_records.decision_view(data.job, data.attempts, data.baseline, moment)

    @rx.event
    @guarded
    async def word_note(self, text: str) -> None:
        """Keep the line of clarification that goes with the chosen action."""
        self.note = checked_text(text, "note", NOTE_LONGEST)

    @rx.event
    @guarded
    async def decide(self, action: str) -> Any:
        """Send the chosen action and go where the job goes on."""
        chosen = checked_action(action)
        if not await self._act(chosen, note=self.note):
            return None
        self.note = ""
        page = "spec" if chosen is JobAction.REVISE_SPEC else "execution"
        return rx.redirect(f"/jobs/{self.head.job_id}/{page}")
