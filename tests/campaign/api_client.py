"""A program that uses the API over the network: one person's requests, and a stream that is resumed after breaks."""

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "correct horse battery"
CONSENT = {"document": "data-processing", "version": "1.0", "accepted": True}
RECONNECT_SECONDS = 0.2


@dataclass
class ApiPerson:
    """Somebody registered through one web process; the tokens are good at every other."""

    origin: str
    headers: dict[str, str] = field(default_factory=dict)

    async def sign_up(self) -> None:
        """Register, sign in, agree."""
        body = {"email": f"person-{secrets.token_hex(6)}@example.org", "password": PASSWORD}
        await self.post("/v1/auth/register", body)
        tokens = await self.post("/v1/auth/login", body)
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        await self.post("/v2/me/consents", CONSENT)

    async def get(self, path: str) -> dict[str, Any]:
        """Read something."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change something."""
        return await self._ask("POST", path, body)

    async def act(self, job: dict[str, Any], action: str, **params: Any) -> None:
        """Act on a job under the revision seen."""
        body = {"action": action, "expected_revision": job["state_revision"], "params": params}
        await self.post(f"/v2/jobs/{job['job_id']}/actions", body)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = self.headers | {"Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
            answer = await client.request(method, f"{self.origin}/api{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())


@dataclass
class Follower:
    """Reads a job's stream and resumes it after every break from the last id it saw."""

    origin: str
    headers: dict[str, str]
    job_id: str
    facts: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0

    @property
    def seqs(self) -> list[int]:
        """Sequence numbers in the order of arrival."""
        return [fact["seq"] for fact in self.facts]

    def saw_state(self, state: str) -> bool:
        """Tell whether the job was seen entering a state."""
        return any(fact["event"] == "state_change" and fact["state"] == state for fact in self.facts)

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await self._connect()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect(self) -> None:
        headers = dict(self.headers)
        if self.facts:
            headers["Last-Event-ID"] = str(self.facts[-1]["seq"])
        url = f"{self.origin}/api/v2/jobs/{self.job_id}/events"
        timeout = httpx.Timeout(10, read=40)
        async with (
            httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=False) as client,
            client.stream("GET", url) as stream,
        ):
            assert stream.status_code == 200, stream.status_code
            self.connections += 1
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    self._take(json.loads(line.removeprefix("data: ")))

    def _take(self, fact: dict[str, Any]) -> None:
        if "seq" in fact:
            self.facts.append(fact)
