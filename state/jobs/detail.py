"""W7: everything that proves what happened to a job."""

from uuid import UUID

import reflex as rx

from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from state.jobs import format as fmt
from state.jobs import loaders, present, present_ledger, present_records
from state.jobs.base import JobPageState
from state.jobs.record_views import AuditRow, SectionView, TransitionView
from state.jobs.views import StageMapView


class JobDetailState(JobPageState, rx.State):
    """Track, timeline, audit chain and facts of a job."""

    track: StageMapView = StageMapView()
    transitions: list[TransitionView] = []
    audit: list[AuditRow] = []
    audit_note: str = ""
    sections: list[SectionView] = []

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment, own_id = now(), str((await self._actor()).user_id or "")
        data = await loaders.load_frame(uow, job_id)
        events = await loaders.load_audit(uow, job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self.track = present.map_view(data.job, track, moment)
        self.transitions = present_records.transition_rows(data.job, data.transitions, own_id)
        self.audit = present_records.audit_rows(events, own_id)
        broken = sum(not row.is_linked for row in self.audit)
        linked = "every link fits" if not broken else f"{broken} links do not fit"
        self.audit_note = f"{fmt.plural(len(events), 'event')}, {linked}" if events else ""
        sections = present_records.detail_sections(data.job, data.attempts, data.baseline, data.newest, segment)
        self.sections = sections + present_ledger.record_sections(*await loaders.load_ledger(uow, job_id))
