"""W11b: the generated tests and what may stay untested."""

from uuid import UUID

import reflex as rx

from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from state.jobs import loaders, present, present_records
from state.jobs.base import JobPageState
from state.jobs.record_views import SafetyNetView


class TestReviewState(JobPageState, rx.State):
    """Generated tests by behaviour, baseline mode, coverage."""

    __test__ = False
    view: SafetyNetView = SafetyNetView()

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        spec = (await loaders.load_spec(uow, job_id)).spec
        suite = await loaders.load_tests(await self._actor(), job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self.view = present_records.safety_net(data.job, data.baseline, spec.bdd_items if spec else (), suite, segment)
