"""Results over HTTP: the difference, downloads, publication, evidence, generated tests, the fallback view."""

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from iama_app.api.v2 import delivery as routes
from services.artifacts.schemas import ArtifactType
from services.infra.unit_of_work import unit_of_work
from services.tables import evidence as proof_rows
from services.tables.delivery import SourceDelivery
from services.tables.repositories import BranchHeadSnapshot, ContextFilterDecision
from services.tables.sandbox import SecureWipeEvidence
from tests.api import seeds
from tests.api.conftest import Person, actor_of, key, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")

AFTER = seeds.AFTER


class TestDelivery:
    async def test_shows_the_difference_and_its_proof_on_both_versions(self, ada: Person, delivered: UUID) -> None:
        view = (await ada.client.get(f"/v2/jobs/{delivered}/delivery")).json()
        changed = view["diff_files"][1]
        assert (changed["path"], changed["additions"], changed["deletions"]) == ("shop/prices.py", 1, 1)
        assert view["provenance"]["co_authored_by"] == "IAMA-Agent <bot@iama.dev>"
        assert view["evidence"]["record_hash"]
        older = (await ada.client.get(f"/v1/jobs/{delivered}/delivery")).json()
        patch = await ada.client.get(older["patch_artifact_url"].removeprefix("/api"))
        assert b"+    return sum(items)" in patch.content
        assert {"artifact_expires_at", "can_revert"} <= older.keys()

    async def test_gives_both_sides_of_a_file(self, ada: Person, delivered: UUID) -> None:
        path = f"/v2/jobs/{delivered}/delivery/files"
        texts = (await ada.client.get(path, params={"path": "shop/prices.py"})).json()
        assert texts["after"] == AFTER["shop/prices.py"].decode()
        unknown = await ada.client.get(path, params={"path": "../../etc/passwd"})
        assert (unknown.status_code, unknown.json()["error_code"]) == (404, "NOT_FOUND")

    async def test_is_refused_before_delivery(self, ada: Person, repository: Path) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        for method, path in (("GET", "delivery"), ("POST", "delivery/git"), ("POST", "delivery/patch-bundle")):
            answer = await ada.client.request(method, f"/v2/jobs/{job_id}/{path}", json={}, headers=key())
            assert (answer.status_code, answer.json()["error_code"]) == (409, "TRANSITION_NOT_ALLOWED"), path

    async def test_is_nobody_elses(self, bob: Person, delivered: UUID) -> None:
        for path in ("delivery", "delivery/files?path=shop/prices.py", "delivery/git", "evidence", "tests"):
            answer = await bob.client.get(f"/v2/jobs/{delivered}/{path}")
            assert (answer.status_code, answer.json()["error_code"]) == (404, "JOB_NOT_FOUND"), path
        pushed = await bob.client.post(f"/v2/jobs/{delivered}/delivery/git", json={}, headers=key())
        assert pushed.json()["error_code"] == "JOB_NOT_FOUND"


class TestPatchBundle:
    async def test_holds_mailbox_and_evidence_and_is_made_once(self, ada: Person, delivered: UUID) -> None:
        path = f"/v2/jobs/{delivered}/delivery/patch-bundle"
        first, again = [(await ada.client.post(path, headers=key())).json() for _ in range(2)]
        assert first.pop("audit_event_id") and again.pop("audit_event_id") is None
        assert first == again
        file = await ada.client.get(first["url"].removeprefix("/api"))
        assert file.headers["content-disposition"] == 'attachment; filename="patch-bundle.zip"'
        assert {"0001-change.patch", "evidence.json"} <= set(zipfile.ZipFile(io.BytesIO(file.content)).namelist())

    async def test_download_is_bound_to_its_job(self, ada: Person, bob: Person, delivered: UUID) -> None:
        url = (await ada.client.post(f"/v2/jobs/{delivered}/delivery/patch-bundle", headers=key())).json()["url"]
        artifact_id = url.split("/")[-2]
        assert (await bob.client.get(url.removeprefix("/api"))).status_code == 404
        unknown = await ada.client.get(f"/v2/jobs/{delivered}/artifacts/{uuid4()}/download")
        assert unknown.json()["error_code"] == "NOT_FOUND"
        listed = (await ada.client.get(f"/v2/jobs/{delivered}/artifacts")).json()["items"]
        assert artifact_id in {item["id"] for item in listed}


class TestPush:
    @pytest.fixture(autouse=True)
    def short_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody pushes in these tests: wait briefly."""
        monkeypatch.setattr(routes, "PUSH_WAIT_SECONDS", 0.3)

    async def test_answers_202_while_the_push_is_under_way_and_asks_once(self, ada: Person, delivered: UUID) -> None:
        first = await ada.client.post(f"/v2/jobs/{delivered}/delivery/git", json={}, headers=key())
        again = await ada.client.post(f"/v2/jobs/{delivered}/delivery/git", json={}, headers=key())
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["delivery_id"] == again.json()["delivery_id"]
        assert first.json()["provenance"]["job_id"] == str(delivered)
        assert first.json()["branch_name"].startswith("refactor/shop-")

    @pytest.mark.parametrize(
        ("columns", "status", "code"),
        [
            ({"commit_sha": "c" * 40, "status": "PUBLISHED"}, 200, None),
            ({"error_code": "REMOTE_HEAD_CONFLICT", "status": "FAILED"}, 409, "REMOTE_HEAD_CONFLICT"),
        ],
    )
    async def test_says_how_the_push_ended(
        self, ada: Person, delivered: UUID, columns: dict[str, Any], status: int, code: str | None
    ) -> None:
        path, headers = f"/v2/jobs/{delivered}/delivery/git", key()
        asked = (await ada.client.post(path, json={}, headers=headers)).json()
        async with unit_of_work(await actor_of(ada)) as uow:
            row = await uow.session.get_one(SourceDelivery, UUID(asked["delivery_id"]))
            for name, value in columns.items():
                setattr(row, name, value)
        answer = await ada.client.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.json().get("error_code")) == (status, code)

    async def test_repeats_its_answer_under_the_same_key(self, ada: Person, delivered: UUID) -> None:
        path, headers = f"/v2/jobs/{delivered}/delivery/git", key()
        assert (await ada.client.post(path, json={})).json()["error_code"] == "VALIDATION_FAILED"
        first = await ada.client.post(path, json={}, headers=headers)
        async with unit_of_work(await actor_of(ada)) as uow:
            row = await uow.session.get_one(SourceDelivery, UUID(first.json()["delivery_id"]))
            row.status, row.commit_sha = "PUBLISHED", "c" * 40
        again = await ada.client.post(path, json={}, headers=headers)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
        assert again.json()["audit_event_id"] == first.json()["audit_event_id"] is not None
        assert again.json()["commit_sha"] == "c" * 40
        other = await ada.client.post(path, json={"branch_name": "refactor/other"}, headers=headers)
        assert (other.status_code, other.json()["error_code"]) == (422, "IDEMPOTENCY_KEY_REUSED")

    @pytest.mark.parametrize("branch", ["main..x", "-x", "a b", "refs/heads/../x", "x.lock", "@{-1}"])
    async def test_refuses_dangerous_branch_names(self, ada: Person, delivered: UUID, branch: str) -> None:
        answer = await ada.client.post(
            f"/v2/jobs/{delivered}/delivery/git", json={"branch_name": branch}, headers=key()
        )
        assert answer.json()["error_code"] == "BRANCH_NAME_INVALID"

    async def test_refuses_files_that_did_not_change(self, ada: Person, delivered: UUID) -> None:
        answer = await ada.client.post(
            f"/v2/jobs/{delivered}/delivery/git", json={"accepted_files": ["setup.py"]}, headers=key()
        )
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_FAILED")


class TestBaseline:
    async def test_says_what_the_tests_prove_on_untouched_code(self, ada: Person, delivered: UUID) -> None:
        actor = await actor_of(ada)
        ids: dict[str, Any] = {"tenant_id": actor.tenant_id, "job_id": delivered}
        run = proof_rows.TestRun(
            **ids, attempt_number=0, run_type="BASELINE", status="PASSED", generated={"strip": "pp"}, own={}
        )
        counts = {"behaviours_total": 3, "behaviours_covered": 2, "uncovered": ["B-3"]}
        async with unit_of_work(actor) as uow:
            run_id = run.id
            uow.session.add(run)
            uow.session.add(
                proof_rows.BaselineRecord(**ids, **counts, mode="ASSERTION", outcome="PASSED", test_run_id=run_id)
            )
        view = (await ada.client.get(f"/v2/jobs/{delivered}/baseline")).json()
        assert {name: view[name] for name in counts} == counts
        shown = (await ada.client.get(f"/v2/jobs/{delivered}/test-runs/{view['test_run_id']}")).json()
        assert (shown["run_type"], shown["generated_strip"]) == ("BASELINE", "pp")

    async def test_is_absent_before_it_ran_and_for_strangers(self, ada: Person, bob: Person, delivered: UUID) -> None:
        for path in ("baseline", f"test-runs/{uuid4()}"):
            own = await ada.client.get(f"/v2/jobs/{delivered}/{path}")
            assert (own.status_code, own.json()["error_code"]) == (404, "NOT_FOUND")
            foreign = await bob.client.get(f"/v2/jobs/{delivered}/{path}")
            assert (foreign.status_code, foreign.json()["error_code"]) == (404, "JOB_NOT_FOUND")


class TestEvidence:
    async def test_gathers_what_is_recorded(self, ada: Person, delivered: UUID) -> None:
        bundle = (await ada.client.get(f"/v2/jobs/{delivered}/evidence")).json()
        assert bundle["record"]["_type"] == "https://in-toto.io/Statement/v1"
        assert bundle["transitions"][-1]["to_state"] == "DELIVERED"

    async def test_holds_snapshots_head_checks_and_wipes(self, ada: Person, delivered: UUID) -> None:
        """V2-FR-RUN-007, V2-FR-WF-008: what is proven at the end can be read."""
        actor = await actor_of(ada)
        ids: dict[str, Any] = {"tenant_id": actor.tenant_id, "job_id": delivered}
        async with unit_of_work(actor) as uow:
            uow.session.add(
                BranchHeadSnapshot(
                    **ids, branch="main", head_sha_at_start="b" * 40, head_sha_now="b" * 40, verdict="MATCH"
                )
            )
            uow.session.add(SecureWipeEvidence(**ids, wipe_type="SCRATCH", verified=True, method="overwrite"))
            uow.session.add(ContextFilterDecision(**ids, path="shop/logo.png", reason_code="BINARY_FILE", size_bytes=7))
        bundle = (await ada.client.get(f"/v2/jobs/{delivered}/evidence")).json()
        assert [(check["verdict"], check["head_sha_now"]) for check in bundle["head_checks"]] == [("MATCH", "b" * 40)]
        assert [(wipe["wipe_type"], wipe["verified"]) for wipe in bundle["wipes"]] == [("SCRATCH", True)]
        assert [(left["path"], left["reason_code"]) for left in bundle["filtered_files"]] == [
            ("shop/logo.png", "BINARY_FILE")
        ]
        assert bundle["delivery_policies"][0]["policy"] == "DRAFT_PR"
        assert bundle["billing_subjects"][0]["billing_subject"] == "USER"

    async def test_has_no_record_before_delivery(self, ada: Person, repository: Path) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        assert (await ada.client.get(f"/v2/jobs/{job_id}/evidence")).json()["record"] is None


class TestGeneratedTests:
    async def test_shows_each_with_its_behaviour_and_source(self, ada: Person, delivered: UUID) -> None:
        tests = (await ada.client.get(f"/v2/jobs/{delivered}/tests")).json()
        assert (tests["mode"], tests["items"][0]["item_id"], tests["items"][0]["expected"]) == ("ASSERTION", "B-1", "3")
        assert tests["files"] == {"iama_tests/test_b1.py": "assert True\n"}


class TestFallback:
    async def test_names_the_ways_on(self, ada: Person, repository: Path) -> None:
        actor, job_id = await actor_of(ada), UUID((await make_job(ada, repository))["job_id"])
        early: httpx.Response = await ada.client.get(f"/v1/jobs/{job_id}/fallback")
        assert early.json()["error_code"] == "TRANSITION_NOT_ALLOWED"
        await seeds.move(actor, job_id, seeds.TO_FALLBACK)
        await seeds.add_artifact(actor, job_id, ArtifactType.PARTIAL_ARTIFACT, b"partial", "last-attempt.patch")
        view = (await ada.client.get(f"/v1/jobs/{job_id}/fallback")).json()
        assert {action["type"] for action in view["available_actions"]} == {"EDIT_SPEC", "DOWNLOAD_PARTIAL"}
        partial = await ada.client.get(view["partial_artifact_url"].removeprefix("/api"))
        assert partial.content == b"partial"
