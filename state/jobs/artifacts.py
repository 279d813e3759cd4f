"""W14b: every artifact of a job."""

from typing import Any
from uuid import UUID

import reflex as rx

from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from state.base import guarded, parse_id
from state.jobs import loaders, present, present_records
from state.jobs.base import JobPageState
from state.jobs.record_views import ArtifactView


class JobArtifactsState(JobPageState, rx.State):
    """The artifacts of a job."""

    artifacts: list[ArtifactView] = []

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        found = await loaders.load_artifacts(uow, job_id)
        track = present.track_facts(data.job, data.transitions, data.attempts, moment)
        self.head = present.head_view(data.job, track, segment)
        self.rail = present.rail_view(data.job, data.counts, segment=segment)
        self.artifacts = present_records.artifact_rows(found, moment, loaders.DOWNLOADABLE)

    @rx.event
    @guarded
    async def download(self, artifact_id: str) -> Any:
        """Hand a stored result to the browser; access and hash are checked again."""
        content, name = await loaders.read_artifact(await self._actor(), self._job_id(), parse_id(artifact_id))
        return rx.download(data=content, filename=name)
