"""The description and the API agree: generated requests never meet a 5xx, most operations are reached with a 2xx."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from iama_app.api.app import api
from iama_app.api.rate_limit import RateLimiter
from iama_app.api.stream_leases import lease_of
from iama_app.api.v2 import delivery
from services.artifacts.schemas import ArtifactType
from services.core.actor import user_actor
from services.identity import service as identity

from . import seeds
from .conftest import PASSWORD, Person, job_body, key, make_job, sign_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = int(os.environ.get("IAMA_SCHEMA_EXAMPLES", "10"))
REACHED_SHARE = 0.7
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@dataclass
class Sweep:
    """What a run over all operations saw."""

    origin: str
    headers: dict[str, str]
    ids: dict[str, str]
    bodies: dict[str, Any]
    reached: dict[str, set[int]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Send generated and seeded requests to every operation of the description."""
        schema = schemathesis.openapi.from_url(f"{self.origin}/api/openapi.json")
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            self.reached[operation.label] = set()
            api.state.limiter = RateLimiter()
            self._generated(operation)
            api.state.limiter = RateLimiter()
            self._seeded(operation)

    def _generated(self, operation: Any) -> None:
        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy(), seeded=hypothesis.strategies.booleans())
        def send(case: Any, seeded: bool) -> None:
            if seeded:
                self._fill(case)
            self._send(case, check=True)

        send()

    def _seeded(self, operation: Any) -> None:
        case = operation.Case(path_parameters={}, headers=key(), query={}, media_type="application/json")
        case.path_parameters = {name: value for name, value in self.ids.items() if f"{{{name}}}" in operation.path}
        if operation.label in self.bodies:
            case.body = self.bodies[operation.label]
        special = self.ids.get(operation.label)
        if special:
            case.path_parameters["job_id"] = special
        self._send(case, check=False)

    def _fill(self, case: Any) -> None:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.ids.get(name, case.path_parameters[name])

    def _send(self, case: Any, *, check: bool) -> None:
        kwargs = case.as_transport_kwargs(base_url=f"{self.origin}/api", headers=self.headers)
        with requests.request(**kwargs, stream=True, timeout=30) as answer:
            self.reached[case.operation.label].add(answer.status_code)
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return
            seen = f"{kwargs['url']} {kwargs.get('json')} -> {answer.status_code} {answer.text[:300]}"
            if not check:
                return
            try:
                case.validate_response(schemathesis.Response.from_requests(answer, verify=True), checks=CHECKS)
            except (Failure, FailureGroup) as problem:
                self.failures.setdefault(case.operation.label, f"{seen}: {problem}")


class TestEveryOperation:
    @pytest.mark.timeout(600)
    async def test_meets_no_server_error_and_most_are_reached(
        self,
        origin: str,
        stranger: httpx.AsyncClient,
        ada: Person,
        repository: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(delivery, "PUSH_WAIT_SECONDS", 0.3)
        sweep = Sweep(origin, ada.bearer, {}, {})
        await _seed(sweep, stranger, ada, repository)
        await asyncio.to_thread(sweep.run)
        missed = sorted(label for label, statuses in sweep.reached.items() if not any(s < 300 for s in statuses))
        share = 1 - len(missed) / len(sweep.reached)
        print(f"reached {share:.0%} of {len(sweep.reached)} operations with a 2xx; missed: {missed}")
        assert not sweep.failures, "\n\n".join(sweep.failures.values())
        assert share >= REACHED_SHARE, missed


async def _seed(sweep: Sweep, stranger: httpx.AsyncClient, ada: Person, repository: Path) -> None:
    """Make a job for each group of operations, and the bodies that succeed on them."""
    caller = await identity.resolve_access_token(ada.tokens["access_token"])
    actor = user_actor(caller.user_id, caller.tenant_id)
    jobs = [UUID((await make_job(ada, repository))["job_id"]) for _ in range(8)]
    main, choice, choice_v1, approval, approval_v1, editing, delivered, fallback = jobs
    proposals = []
    for job_id in (choice, choice_v1):
        await seeds.move(actor, job_id, seeds.TO_STRATEGY)
        proposals.append(await seeds.add_proposals(actor, job_id))
    tokens = {}
    for job_id in (approval, approval_v1, editing):
        await seeds.move(actor, job_id, seeds.TO_SPEC)
        tokens[job_id] = await seeds.add_spec(actor, job_id)
    await seeds.deliver(actor, delivered)
    await seeds.move(actor, fallback, seeds.TO_FALLBACK)
    await seeds.add_attempt(actor, fallback)
    artifact = await seeds.add_artifact(actor, delivered, ArtifactType.DIFF, b"--- a\n+++ b\n", "change.diff")
    other = await stranger.post("/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
    spare = await sign_up(stranger)
    body = job_body(repository)
    items = (await ada.client.get("/v2/me/sessions")).json()["items"]
    stream_id = uuid4()
    await api.state.stream_leases.put(stream_id, lease_of(caller))
    sweep.ids |= {
        "stream_id": str(stream_id),
        "job_id": str(main),
        "artifact_id": str(artifact),
        "attempt_number": "0",
        "number": "1",
        "test_run_id": str(uuid4()),
        "name": "patch_edit_schema",
        "version": "1",
        "sign_in_id": next(item["id"] for item in items if not item["current"]),
    }
    for label, job_id in {
        "GET /v2/jobs/{job_id}/attempts/{attempt_number}": delivered,
        "GET /v2/jobs/{job_id}/artifacts/{artifact_id}/download": delivered,
        "GET /v2/jobs/{job_id}/spec": editing,
        "PATCH /v2/jobs/{job_id}/spec": editing,
        "GET /v2/jobs/{job_id}/spec/revisions/{number}": editing,
        "POST /v2/jobs/{job_id}/spec/approve": approval,
        "POST /v2/jobs/{job_id}/actions": choice,
        "POST /v2/jobs/{job_id}/spec/resolve": editing,
        "POST /v2/jobs/{job_id}/spec/restore": editing,
        "POST /v2/jobs/{job_id}/spec/nl-convert": editing,
        "GET /v2/jobs/{job_id}/delivery": delivered,
        "POST /v2/jobs/{job_id}/delivery/git": delivered,
        "POST /v2/jobs/{job_id}/delivery/patch-bundle": delivered,
        "GET /v1/jobs/{job_id}/spec": editing,
        "POST /v1/jobs/{job_id}/spec/nl-convert": editing,
        "PATCH /v1/jobs/{job_id}/spec": editing,
        "POST /v1/jobs/{job_id}/spec/approve": approval_v1,
        "POST /v1/jobs/{job_id}/proposals/select": choice_v1,
        "GET /v1/jobs/{job_id}/fallback": fallback,
        "GET /v1/jobs/{job_id}/delivery": delivered,
        "POST /v1/jobs/{job_id}/delivery/apply": delivered,
        "POST /v1/jobs/{job_id}/delivery/revert": delivered,
    }.items():
        sweep.ids[label] = str(job_id)
    edited = {"revision_token": tokens[editing], "bdd_items": [seeds.BEHAVIOUR]}
    words = {"natural_language_input": "total([]) returns 0.", "revision_token": tokens[editing]}
    settled = {"item_id": "B-1", "field": "title", "choice": "THEIRS"}
    act = {"action": "SELECT_STRATEGY", "expected_revision": 4, "params": {"level": "CONSERVATIVE"}}
    sweep.bodies |= {
        "POST /v1/auth/register": {"email": f"swept-{spare['email']}", "password": PASSWORD},
        "POST /v1/auth/login": {"email": spare["email"], "password": PASSWORD},
        "POST /v1/auth/refresh": {"refresh_token": spare["refresh_token"]},
        "POST /v1/auth/logout": {"refresh_token": other.json()["refresh_token"]},
        "PATCH /v2/me": {"theme": "DARK"},
        "POST /v2/me/consents": {"document": "data-processing", "version": "1.0", "accepted": True},
        "POST /v2/jobs": body,
        "POST /v2/edits/preview": {name: body[name] for name in ("source", "path_scope", "goal")},
        "PATCH /v2/jobs/{job_id}": {"path_scope": ["."], "expected_revision": 0},
        "POST /v2/jobs/{job_id}/actions": act,
        "PATCH /v2/jobs/{job_id}/spec": edited,
        "POST /v2/jobs/{job_id}/spec/approve": {"revision_token": tokens[approval]},
        "POST /v2/jobs/{job_id}/spec/resolve": {"revision_token": tokens[editing], "resolutions": [settled]},
        "POST /v2/jobs/{job_id}/spec/restore": {"revision_token": tokens[editing], "number": 1},
        "POST /v2/jobs/{job_id}/spec/nl-convert": words,
        "POST /v2/jobs/{job_id}/delivery/git": {},
        "POST /v1/jobs/{job_id}/spec/nl-convert": words,
        "POST /v1/jobs/{job_id}/delivery/apply": {"accept_all": True},
        "POST /v1/jobs": {
            "target_paths": body["path_scope"], "refactor_context": body["goal"], "source": body["source"]
        },
        "POST /v1/jobs/{job_id}/proposals/select": {"proposal_id": str(proposals[1])},
        "PATCH /v1/jobs/{job_id}/spec": edited,
        "POST /v1/jobs/{job_id}/spec/approve": {},
    }  # fmt: skip
