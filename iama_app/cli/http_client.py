"""The verbs over HTTP with the token of the running instance."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx

from iama_app.cli.data_folder import RunRecord
from services.canon.errors import ERRORS, IamaError
from services.canon.vocabulary import JobAction
from services.delivery.schemas import DeliveryView, PublicationView
from services.feed.schemas import Frame
from services.identity import rules as identity_rules
from services.jobs.schemas import CreateJobRequest, JobPage, JobView, ProposalView, TransitionView
from services.specs.schemas import SpecView
from services.workflow.workings import Workings

SECONDS = 90.0


class HttpClient:
    """Acts through the API as the installation's own account."""

    def __init__(self, run: RunRecord) -> None:
        headers = {"Authorization": f"Bearer {run.token}"}
        self._http = httpx.AsyncClient(base_url=f"{run.url}/api/v2", headers=headers, timeout=SECONDS, trust_env=False)

    async def consent(self) -> None:
        """Agree to the required document, once."""
        document, version = identity_rules.REQUIRED_CONSENT
        await self._call("POST", "/me/consents", {"document": document, "version": version, "accepted": True})

    async def create(self, request: CreateJobRequest) -> JobView:
        """Create a job."""
        return JobView.model_validate(await self._call("POST", "/jobs", request.model_dump(mode="json")))

    async def view(self, job_id: UUID) -> JobView:
        """Show a job."""
        return JobView.model_validate(await self._call("GET", f"/jobs/{job_id}"))

    async def act(
        self, job_id: UUID, action: JobAction, revision: int, params: dict[str, Any] | None = None
    ) -> JobView:
        """Act on a job under the revision seen."""
        body = {"action": action.value, "expected_revision": revision, "params": params or {}}
        await self._call("POST", f"/jobs/{job_id}/actions", body)
        return await self.view(job_id)

    async def frames(self, job_id: UUID, after_seq: int) -> Sequence[Frame]:
        """Return newer frames, in order."""
        answer = await self._call("GET", f"/jobs/{job_id}/events/history?after_seq={after_seq}&limit=500")
        return [_frame(job_id, item) for item in answer["items"]]

    async def proposals(self, job_id: UUID) -> Sequence[ProposalView]:
        """Show the strategies."""
        answer = await self._call("GET", f"/jobs/{job_id}/proposals")
        return [ProposalView.model_validate(item) for item in answer["proposals"]]

    async def spec(self, job_id: UUID) -> SpecView:
        """Show the newest revision of the spec."""
        return SpecView.model_validate(await self._call("GET", f"/jobs/{job_id}/spec"))

    async def delivery(self, job_id: UUID) -> DeliveryView:
        """Show the delivered result."""
        return DeliveryView.model_validate(await self._call("GET", f"/jobs/{job_id}/delivery"))

    async def publish(self, job_id: UUID, branch: str | None) -> PublicationView:
        """Ask for a branch."""
        body = {"branch_name": branch} if branch else {}
        return PublicationView.model_validate(await self._call("POST", f"/jobs/{job_id}/delivery/git", body))

    async def page(self, *, status: Sequence[str] = (), text: str | None = None, limit: int = 20) -> JobPage:
        """List jobs, newest first; `limit` is at most 100."""
        query = urlencode([("limit", limit), *(("status", one) for one in status), *([("q", text)] if text else [])])
        return JobPage.model_validate(await self._call("GET", f"/jobs?{query}"))

    async def transitions(self, job_id: UUID) -> Sequence[TransitionView]:
        """List the changes of state, oldest first."""
        answer = await self._call("GET", f"/jobs/{job_id}/timeline")
        return [TransitionView.model_validate(item) for item in answer["items"]]

    async def workings(self, job_id: UUID) -> Workings:
        """Show work items, leases, timers and guards."""
        return Workings.model_validate(await self._call("GET", f"/jobs/{job_id}/workings"))

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        try:
            answer = await self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise IamaError("DEPENDENCY_UNAVAILABLE", sentence="The running instance does not answer.") from error
        if answer.is_success:
            return answer.json() if answer.content else None
        problem = answer.json()
        code = problem["error_code"] if problem["error_code"] in ERRORS else "INTERNAL_ERROR"
        raise IamaError(code, sentence=problem["message"], **(problem.get("detail") or {}))


def _frame(job_id: UUID, item: dict[str, Any]) -> Frame:
    known = {"seq", "job_id", "state_revision", "timestamp", "event"}
    payload = item.get("payload") or {key: value for key, value in item.items() if key not in known}
    return Frame(
        seq=item["seq"],
        job_id=job_id,
        type=item.get("type") or item["event"],
        state_revision=item["state_revision"],
        timestamp=item["timestamp"],
        payload=payload,
    )
