"""Jobs over HTTP: creation, isolation, idempotency, revisions, and version 1 on the same rows."""

import asyncio
import secrets
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import Person, job_body, key, make_job, sign_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOB_READS = (
    "",
    "/timeline",
    "/workings",
    "/proposals",
    "/attempts",
    "/attempts/0",
    "/test-runs",
    "/audit",
    "/artifacts",
)
JOB_READS += ("/spec", "/spec/revisions", "/spec/revisions/1", "/events/history", f"/artifacts/{uuid4()}/download")


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


class TestCreate:
    async def test_saves_a_job_that_waits_for_its_start(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        assert (job["status"], job["state_revision"], job["target_paths"]) == ("PENDING", 0, ["shop"])
        assert [action["action"] for action in job["available_actions"]] == ["START", "CANCEL"]
        assert {"heartbeat_status", "last_heartbeat_at", "grace_deadline_at"} <= job.keys()

    async def test_needs_consent(self, origin: str, stranger: httpx.AsyncClient, repository: Path) -> None:
        tokens = await sign_up(stranger, consent=False)
        headers = key() | {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = await stranger.post("/v2/jobs", json=job_body(repository), headers=headers)
        assert _code(answer) == (403, "CONSENT_REQUIRED")
        assert answer.json()["denial_reason"] == "CONSENT_REQUIRED"

    @pytest.mark.parametrize(
        "change",
        [
            {"path_scope": []},
            {"path_scope": ["../etc"]},
            {"path_scope": ["/etc"]},
            {"path_scope": ["shop/../../etc"]},
            {"goal": "   "},
            {"goal": "x" * 501},
            {"unknown": 1},
            {"source": {"kind": "GITHUB", "url": "https://example.org/x"}},
            {"source": {"kind": "GIT", "url": "file:///x", "branch": "--upload-pack=x"}},
        ],
    )
    async def test_refuses_bad_fields_and_leaves_nothing(
        self, ada: Person, repository: Path, change: dict[str, Any]
    ) -> None:
        answer = await ada.client.post("/v2/jobs", json=job_body(repository) | change, headers=key())
        assert _code(answer) == (422, "VALIDATION_FAILED")
        assert (await ada.client.get("/v2/jobs")).json()["total"] == 0

    @pytest.mark.parametrize(
        "url", ["ext::sh -c id", "file:///etc", "-u", "http://169.254.169.254/x", "javascript://x"]
    )
    async def test_refuses_forbidden_addresses(self, ada: Person, repository: Path, url: str) -> None:
        body = job_body(repository) | {"source": {"kind": "GIT", "url": url}}
        assert _code(await ada.client.post("/v2/jobs", json=body, headers=key())) == (422, "GIT_URL_NOT_ALLOWED")

    async def test_refuses_goals_nobody_understands_with_examples(self, ada: Person, repository: Path) -> None:
        body = job_body(repository) | {"goal": "Make it nicer, somehow"}
        answer = await ada.client.post("/v2/jobs", json=body, headers=key())
        assert _code(answer) == (422, "GOAL_NOT_UNDERSTOOD")
        assert answer.json()["detail"]["examples"]


class TestIdempotency:
    async def test_repeats_the_answer_and_not_the_effect(self, ada: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        first = await ada.client.post("/v2/jobs", json=body, headers=headers)
        again = await ada.client.post("/v2/jobs", json=body, headers=headers)
        assert first.json() == again.json()
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        assert (await ada.client.get("/v2/jobs")).json()["total"] == 1

    async def test_refuses_the_key_for_another_body(self, ada: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        await ada.client.post("/v2/jobs", json=body, headers=headers)
        answer = await ada.client.post("/v2/jobs", json=body | {"goal": "Clean up"}, headers=headers)
        assert _code(answer) == (422, "IDEMPOTENCY_KEY_REUSED")

    async def test_stores_no_refusal(self, ada: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        refused = await ada.client.post("/v2/jobs", json=body | {"goal": "nonsense"}, headers=headers)
        assert refused.status_code == 422
        assert (await ada.client.post("/v2/jobs", json=body, headers=headers)).status_code == 201

    async def test_makes_one_job_of_many_simultaneous_requests(self, ada: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        answers = await asyncio.gather(*[ada.client.post("/v2/jobs", json=body, headers=headers) for _ in range(6)])
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({answer.json()["job_id"] for answer in answers if answer.status_code == 201}) == 1
        assert (await ada.client.get("/v2/jobs")).json()["total"] == 1

    async def test_keeps_the_keys_of_two_people_apart(self, ada: Person, bob: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        mine = (await ada.client.post("/v2/jobs", json=body, headers=headers)).json()
        theirs = (await bob.client.post("/v2/jobs", json=body, headers=headers)).json()
        assert mine["job_id"] != theirs["job_id"]


class TestIsolation:
    async def test_foreign_and_unknown_jobs_look_alike_on_every_route(
        self, ada: Person, bob: Person, repository: Path
    ) -> None:
        foreign = (await make_job(ada, repository))["job_id"]
        for path in JOB_READS:
            answers = [await bob.client.get(f"/v2/jobs/{job_id}{path}") for job_id in (foreign, uuid4(), "nonsense")]
            assert {_code(answer) for answer in answers} == {(404, "JOB_NOT_FOUND")}, path
            assert len({answer.text for answer in answers}) == 1, path

    async def test_nobody_acts_on_foreign_jobs(self, ada: Person, bob: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        path = f"/v2/jobs/{job['job_id']}"
        writes = [
            await bob.client.post(f"{path}/actions", json={"action": "CANCEL", "expected_revision": 0}),
            await bob.client.patch(path, json={"path_scope": ["."], "expected_revision": 0}),
            await bob.client.patch(f"{path}/spec", json={"revision_token": "x"}),
            await bob.client.post(f"{path}/spec/approve", json={"revision_token": "x"}),
            await bob.client.delete(f"/v1/jobs/{job['job_id']}"),
            await bob.client.post(f"/v1/jobs/{job['job_id']}/start"),
            await bob.client.get(f"{path}/events"),
            await bob.client.get(f"/v1/jobs/{job['job_id']}/logs"),
            await bob.client.get(f"/v1/usage/job/{job['job_id']}"),
        ]
        assert {_code(answer) for answer in writes} == {(404, "JOB_NOT_FOUND")}
        assert (await ada.client.get(path)).json()["status"] == "PENDING"
        assert (await bob.client.get("/v2/jobs")).json() == {"items": [], "total": 0, "has_more": False}

    async def test_every_route_of_the_description_needs_a_sign_in(self, stranger: httpx.AsyncClient) -> None:
        document = (await stranger.get("/openapi.json")).json()
        public = {"/v1/auth/register", "/v1/auth/login", "/v1/auth/refresh"}
        for path, methods in document["paths"].items():
            for method in methods:
                if path in public or path.startswith("/v2/schemas"):
                    continue
                concrete = path
                for name in ("job_id", "artifact_id", "test_run_id", "stream_id", "sign_in_id", "connection_id"):
                    concrete = concrete.replace(f"{{{name}}}", str(uuid4()))
                concrete = concrete.replace("{number}", "1").replace("{attempt_number}", "1")
                answer = await stranger.request(method.upper(), concrete, json={}, headers=key())
                assert _code(answer) == (401, "AUTHENTICATION_REQUIRED"), (method, path)


class TestAct:
    async def test_needs_to_know_the_revision(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        path = f"/v2/jobs/{job['job_id']}/actions"
        assert _code(await ada.client.post(path, json={"action": "CANCEL"})) == (428, "REVISION_REQUIRED")
        stale = await ada.client.post(path, json={"action": "CANCEL", "expected_revision": 7})
        assert _code(stale) == (409, "STATE_REVISION_CONFLICT")
        assert stale.json()["current_revision"] == stale.json()["detail"]["current_revision"] == 0
        done = await ada.client.post(path, json={"action": "CANCEL"}, headers={"If-Match": '"0"'})
        assert (done.json()["status"], done.json()["failure_reason"]) == ("FAILED", "USER_CANCELLED")

    async def test_gives_one_winner_to_two_simultaneous_commands(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        path, body = f"/v2/jobs/{job['job_id']}/actions", {"action": "CANCEL", "expected_revision": 0}
        answers = await asyncio.gather(*[ada.client.post(path, json=body) for _ in range(5)])
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]

    @pytest.mark.parametrize("action", ["APPROVE_SPEC", "GIVE_UP", "DEEP_FIX", "REVISE_SPEC", "REBASE"])
    async def test_refuses_what_is_not_offered(self, ada: Person, repository: Path, action: str) -> None:
        job = await make_job(ada, repository)
        answer = await ada.client.post(
            f"/v2/jobs/{job['job_id']}/actions", json={"action": action, "expected_revision": 0}
        )
        assert answer.status_code == 409
        assert answer.json()["error_code"] in {"TRANSITION_NOT_ALLOWED", "STATE_NOT_AVAILABLE"}

    async def test_starts_and_shows_the_real_state(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        body = {"action": "START", "expected_revision": 0}
        started = (await ada.client.post(f"/v2/jobs/{job['job_id']}/actions", json=body)).json()
        assert (started["status"], started["state_revision"]) == ("REPO_SYNCING", 1)
        assert len(started["source"]["head_sha_at_start"]) == 40
        timeline = (await ada.client.get(f"/v2/jobs/{job['job_id']}/timeline")).json()["items"]
        assert [(item["from_state"], item["to_state"]) for item in timeline] == [("PENDING", "REPO_SYNCING")]

    async def test_refuses_a_start_without_a_repository(self, ada: Person, repository: Path) -> None:
        empty = repository.parent / "empty"
        empty.mkdir()
        job = await make_job(ada, empty)
        body = {"action": "START", "expected_revision": 0}
        answer = await ada.client.post(f"/v2/jobs/{job['job_id']}/actions", json=body)
        assert _code(answer) == (422, "REPO_NOT_A_GIT_REPOSITORY")
        assert (await ada.client.get(f"/v2/jobs/{job['job_id']}")).json()["status"] == "PENDING"


class TestChangeScope:
    async def test_changes_a_job_before_its_start_only(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        path = f"/v2/jobs/{job['job_id']}"
        changed = await ada.client.patch(path, json={"path_scope": ["."], "expected_revision": 0})
        assert changed.json()["target_paths"] == ["."]
        outside = await ada.client.patch(path, json={"path_scope": ["../x"], "expected_revision": 0})
        assert _code(outside) == (422, "VALIDATION_FAILED")
        await ada.client.post(f"{path}/actions", json={"action": "CANCEL", "expected_revision": 0})
        late = await ada.client.patch(path, json={"path_scope": ["shop"], "expected_revision": 1})
        assert _code(late) == (409, "TRANSITION_NOT_ALLOWED")


class TestVersionOne:
    async def test_creates_shows_and_cancels_the_same_jobs(self, ada: Person, repository: Path) -> None:
        v2 = job_body(repository)
        body = {"target_paths": v2["path_scope"], "refactor_context": v2["goal"], "source": v2["source"]}
        made = await ada.client.post("/v1/jobs", json=body)
        assert made.status_code == 201
        assert made.json().keys() == {"job_id", "status", "created_at", "quota_reservation_id"}
        job_id = made.json()["job_id"]
        assert (await ada.client.get(f"/v1/jobs/{job_id}")).json() == (
            await ada.client.get(f"/v2/jobs/{job_id}")
        ).json()
        started = await ada.client.post(f"/v1/jobs/{job_id}/start")
        assert started.json() == {"job_id": job_id, "status": "REPO_SYNCING", "failure_reason": None}
        assert (await ada.client.get("/v1/usage/summary")).json()["phase_1"]["used"] == 1
        cancelled = (await ada.client.delete(f"/v1/jobs/{job_id}")).json()
        assert cancelled["status"] in {"REPO_SYNC_SCRATCH_WIPING", "FAILED"}
        assert cancelled["failure_reason"] == "USER_CANCELLED"

    async def test_says_when_there_is_no_spec_yet(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        assert _code(await ada.client.get(f"/v1/jobs/{job['job_id']}/spec")) == (409, "SPEC_NOT_READY")
        assert (await ada.client.get(f"/v1/jobs/{job['job_id']}/proposals")).json() == {"proposals": []}


class TestList:
    async def test_pages_and_filters(self, ada: Person, repository: Path) -> None:
        ids = [(await make_job(ada, repository))["job_id"] for _ in range(3)]
        await ada.client.delete(f"/v1/jobs/{ids[0]}")
        page = (await ada.client.get("/v2/jobs", params={"limit": 2})).json()
        assert (page["total"], page["has_more"]) == (3, True)
        assert [item["job_id"] for item in page["items"]] == [ids[2], ids[1]]
        failed = (await ada.client.get("/v2/jobs", params={"status": "FAILED"})).json()
        assert [item["job_id"] for item in failed["items"]] == [ids[0]]
        found = (await ada.client.get("/v2/jobs", params={"q": "python 3.11"})).json()
        assert found["total"] == 3
        assert (await ada.client.get("/v2/jobs", params={"q": secrets.token_hex(6)})).json()["total"] == 0

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "status=NOPE", "limit=x"])
    async def test_refuses_bad_pages(self, ada: Person, query: str) -> None:
        assert _code(await ada.client.get(f"/v2/jobs?{query}")) == (422, "VALIDATION_FAILED")
