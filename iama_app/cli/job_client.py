"""What a command needs of an installation, in-process or over HTTP: the same verbs, the same views."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from services.canon.vocabulary import JobAction
from services.delivery.schemas import DeliveryView, PublicationView
from services.feed.schemas import Frame
from services.jobs.schemas import CreateJobRequest, JobPage, JobView, ProposalView, TransitionView
from services.specs.schemas import SpecView
from services.workflow.workings import Workings


class JobClient(Protocol):
    """Verbs on jobs as the local person."""

    async def consent(self) -> None:
        """Agree to the required document, once."""

    async def create(self, request: CreateJobRequest) -> JobView:
        """Create a job."""

    async def view(self, job_id: UUID) -> JobView:
        """Show a job."""

    async def act(
        self, job_id: UUID, action: JobAction, revision: int, params: dict[str, Any] | None = None
    ) -> JobView:
        """Act on a job under the revision seen."""

    async def frames(self, job_id: UUID, after_seq: int) -> Sequence[Frame]:
        """Return newer frames, in order."""

    async def proposals(self, job_id: UUID) -> Sequence[ProposalView]:
        """Show the strategies."""

    async def spec(self, job_id: UUID) -> SpecView:
        """Show the newest revision of the spec."""

    async def delivery(self, job_id: UUID) -> DeliveryView:
        """Show the delivered result."""

    async def publish(self, job_id: UUID, branch: str | None) -> PublicationView:
        """Ask for a branch."""


class JobReader(Protocol):
    """Reads of jobs as the local person."""

    async def page(self, *, status: Sequence[str] = (), text: str | None = None, limit: int = 20) -> JobPage:
        """List jobs, newest first; `limit` is at most 100."""

    async def view(self, job_id: UUID) -> JobView:
        """Show a job."""

    async def transitions(self, job_id: UUID) -> Sequence[TransitionView]:
        """List the changes of state, oldest first."""

    async def workings(self, job_id: UUID) -> Workings:
        """Show work items, leases, timers and guards."""
