"""A person and a program that use a running installation: sign-in in a browser, the API with a bearer token."""

import re
import time
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Page, expect

SLOW_MS = 30_000
"""A first page, or a step of the workers, on a machine that does other work."""


class ApiClient:
    """The API as a program uses it."""

    def __init__(self, url: str, address: str, password: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api", timeout=30)
        answer = self.http.post("/v1/auth/login", json={"email": address, "password": password})
        answer.raise_for_status()
        self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str) -> Any:
        """Read a resource."""
        answer = self.http.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        """Write a resource."""
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def create(self, address: str, goal: str, **more: Any) -> str:
        """Create a job and start it; return its id."""
        body = {"source": {"kind": "GIT", "url": address}, "path_scope": ["."], "goal": goal} | more
        job = self.send("POST", "/v2/jobs", body, {"Idempotency-Key": str(uuid4())})
        self.act(job["job_id"], "START")
        return str(job["job_id"])

    def act(self, job_id: str, action: str, **params: Any) -> Any:
        """Do an action under the job's present revision."""
        revision = self.get(f"/v2/jobs/{job_id}")["state_revision"]
        body = {"action": action, "expected_revision": revision, "params": params}
        return self.send("POST", f"/v2/jobs/{job_id}/actions", body)

    def wait(self, job_id: str, *states: str, seconds: float = 90) -> str:
        """Wait until a job stands in one of the states and return which."""
        deadline = time.monotonic() + seconds
        while (job := self.get(f"/v2/jobs/{job_id}"))["status"] not in states:
            assert time.monotonic() < deadline, f"still {job['status']}: {job.get('failure_reason')}"
            time.sleep(0.2)
        return str(job["status"])

    def wait_for_spec(self, job_id: str) -> Any:
        """Wait until the spec is drafted and return it."""
        self.wait(job_id, "WAITING_SPEC_APPROVAL")
        deadline = time.monotonic() + 60
        while not (answer := self.http.get(f"/v2/jobs/{job_id}/spec")).is_success:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)
        return answer.json()


def sign_in(page: Page, address: str, password: str) -> None:
    """Sign in, give the first-run consent, and arrive at the job list."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(welcome|jobs)"))
    page.goto("/welcome")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Agree and continue").click()
    page.wait_for_url(re.compile("/jobs"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible(timeout=SLOW_MS)


def badge(page: Page, state: str) -> Any:
    """Return the state badge of a job page while it shows `state`."""
    return page.locator(f'[data-state-badge="{state}"]')
