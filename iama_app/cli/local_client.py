"""The verbs called in-process, for a command that started database and workers itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.canon.vocabulary import JobAction
from services.core.actor import Actor, Surface, user_actor
from services.delivery import service as delivery
from services.delivery.schemas import DeliveryView, PublicationView
from services.feed import service as feed
from services.feed.schemas import Frame
from services.identity import rules as identity_rules
from services.identity import service as identity
from services.identity.schemas import Origin
from services.infra.unit_of_work import unit_of_work
from services.jobs import service as jobs
from services.jobs.schemas import CreateJobRequest, JobPage, JobView, ProposalView, TransitionView
from services.specs import service as specs
from services.specs.schemas import SpecView
from services.workflow import service as workflow
from services.workflow.workings import Workings, get_workings


class LocalClient:
    """Acts as the installation's own account."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    @classmethod
    async def sign_in(cls) -> "LocalClient":
        """Return a client for the installation's own account."""
        found = (await identity.ensure_local_account()).account
        return cls(user_actor(found.user_id, found.tenant_id, Surface.API))

    async def consent(self) -> None:
        """Agree to the required document, once."""
        async with unit_of_work(self._actor) as uow:
            if not await identity.has_consented(uow):
                document, version = identity_rules.REQUIRED_CONSENT
                origin = Origin(surface=Surface.API)
                await identity.record_consent(uow, document=document, version=version, accepted=True, origin=origin)

    async def create(self, request: CreateJobRequest) -> JobView:
        """Create a job."""
        async with unit_of_work(self._actor) as uow:
            return await jobs.create_job(uow, request)

    async def view(self, job_id: UUID) -> JobView:
        """Show a job."""
        async with unit_of_work(self._actor) as uow:
            return await jobs.get_job_view(uow, job_id)

    async def act(
        self, job_id: UUID, action: JobAction, revision: int, params: dict[str, Any] | None = None
    ) -> JobView:
        """Act on a job under the revision seen."""
        return await workflow.act(self._actor, job_id, action, expected_revision=revision, params=params)

    async def frames(self, job_id: UUID, after_seq: int) -> Sequence[Frame]:
        """Return newer frames, in order."""
        async with unit_of_work(self._actor) as uow:
            return await feed.list_frames(uow, job_id, after_seq=after_seq)

    async def proposals(self, job_id: UUID) -> Sequence[ProposalView]:
        """Show the strategies."""
        async with unit_of_work(self._actor) as uow:
            return await jobs.list_proposals(uow, job_id)

    async def spec(self, job_id: UUID) -> SpecView:
        """Show the newest revision of the spec."""
        async with unit_of_work(self._actor) as uow:
            return await specs.get_spec(uow, job_id)

    async def delivery(self, job_id: UUID) -> DeliveryView:
        """Show the delivered result."""
        return await delivery.get_delivery(self._actor, job_id)

    async def publish(self, job_id: UUID, branch: str | None) -> PublicationView:
        """Ask for a branch."""
        return await workflow.publish(self._actor, job_id, branch=branch)

    async def page(self, *, status: Sequence[str] = (), text: str | None = None, limit: int = 20) -> JobPage:
        """List jobs, newest first; `limit` is at most 100."""
        async with unit_of_work(self._actor) as uow:
            return await jobs.list_jobs(uow, status=status, text=text, limit=limit)

    async def transitions(self, job_id: UUID) -> Sequence[TransitionView]:
        """List the changes of state, oldest first."""
        async with unit_of_work(self._actor) as uow:
            return await jobs.list_transitions(uow, job_id)

    async def workings(self, job_id: UUID) -> Workings:
        """Show work items, leases, timers and guards."""
        async with unit_of_work(self._actor) as uow:
            return await get_workings(uow, job_id)
