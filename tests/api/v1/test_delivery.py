"""Accepting a result and taking it back, over HTTP."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.infra.unit_of_work import unit_of_work
from services.tables.delivery import SourceDelivery
from tests.api import seeds
from tests.api.conftest import Person, actor_of, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOTH = ["shop/names.py", "shop/prices.py"]


async def _apply(person: Person, job_id: UUID, body: dict[str, Any]) -> httpx.Response:
    return await person.client.post(f"/v1/jobs/{job_id}/delivery/apply", json=body)


async def _revert(person: Person, job_id: UUID) -> httpx.Response:
    return await person.client.post(f"/v1/jobs/{job_id}/delivery/revert")


async def _file(person: Person, job_id: UUID, name: str) -> str:
    items = (await person.client.get(f"/v2/jobs/{job_id}/artifacts")).json()["items"]
    artifact_id = next(item["id"] for item in items if item["name"] == name)
    return (await person.client.get(f"/v2/jobs/{job_id}/artifacts/{artifact_id}/download")).text


async def _audited(person: Person, job_id: UUID) -> list[str]:
    items = (await person.client.get(f"/v2/jobs/{job_id}/audit")).json()["items"]
    return [item["event_type"] for item in items if item["event_type"].startswith("delivery.")]


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


class TestApply:
    async def test_takes_the_whole_result(self, ada: Person, delivered: UUID) -> None:
        answer = (await _apply(ada, delivered, {"accept_all": True})).json()
        assert (answer["applied_files"], answer["skipped_files"], answer["is_proven"]) == (BOTH, [], True)
        assert (await ada.client.get(f"/v1/jobs/{delivered}/delivery")).json()["can_revert"] is True
        assert await _audited(ada, delivered) == ["delivery.applied"]

    async def test_by_file_keeps_the_rest_as_a_partial_artifact(self, ada: Person, delivered: UUID) -> None:
        """V1-FR-DEL-005."""
        answer = (await _apply(ada, delivered, {"accepted_files": ["shop/prices.py"]})).json()
        assert (answer["applied_files"], answer["skipped_files"]) == (["shop/prices.py"], ["shop/names.py"])
        assert answer["is_proven"] is False
        assert "names.py" not in await _file(ada, delivered, "subset-not-re-proved.diff")
        rest = await _file(ada, delivered, "not-applied.patch")
        assert "names.py" in rest and "prices.py" not in rest

    async def test_by_hunk_where_every_edit_is_exact_text(self, ada: Person, delivered: UUID) -> None:
        view = (await ada.client.get(f"/v1/jobs/{delivered}/delivery")).json()
        assert view["selectable"] == "hunks"
        first, last = next(file for file in view["diff_files"] if file["path"] == "shop/names.py")["hunks"]
        wish = {"accepted_hunks": [{"file": "shop/names.py", "hunk_ids": [last["hunk_id"]]}]}
        answer = (await _apply(ada, delivered, wish)).json()
        assert (answer["applied_files"], answer["skipped_files"]) == (["shop/names.py"], ["shop/prices.py"])
        taken = await _file(ada, delivered, "subset-not-re-proved.diff")
        assert "+LAST = 'b'" in taken and "+FIRST" not in taken
        assert "+FIRST = 'a'" in await _file(ada, delivered, "not-applied.patch")
        unknown = {"accepted_hunks": [{"file": "shop/prices.py", "hunk_ids": [first["hunk_id"]]}]}
        assert _code(await _apply(ada, delivered, unknown)) == (422, "VALIDATION_FAILED")

    async def test_refuses_hunks_of_a_result_that_is_more_than_text_edits(self, ada: Person, repository: Path) -> None:
        job_id = UUID((await make_job(ada, repository))["job_id"])
        await seeds.deliver(await actor_of(ada), job_id, by_text=False)
        view = (await ada.client.get(f"/v1/jobs/{job_id}/delivery")).json()
        assert view["selectable"] == "files"
        hunk = view["diff_files"][0]["hunks"][0]["hunk_id"]
        wish = {"accepted_hunks": [{"file": view["diff_files"][0]["path"], "hunk_ids": [hunk]}]}
        answer = await _apply(ada, job_id, wish)
        assert _code(answer) == (422, "VALIDATION_FAILED")
        assert answer.json()["detail"]["fields"] == ["accepted_hunks"]

    async def test_nothing_accepted_discards(self, ada: Person, delivered: UUID) -> None:
        answer = (await _apply(ada, delivered, {})).json()
        assert (answer["applied_files"], answer["skipped_files"]) == ([], BOTH)
        assert answer["revert_available_until"] is None
        assert await _audited(ada, delivered) == ["delivery.discarded"]
        assert (await ada.client.get(f"/v2/jobs/{delivered}")).json()["status"] == "DELIVERED"

    @pytest.mark.parametrize(
        "wish", [{"accepted_files": ["setup.py"]}, {"accept_all": True, "accepted_files": ["shop/prices.py"]}]
    )
    async def test_refuses_a_wish_that_cannot_be_meant(
        self, ada: Person, delivered: UUID, wish: dict[str, Any]
    ) -> None:
        assert _code(await _apply(ada, delivered, wish)) == (422, "VALIDATION_FAILED")
        assert await _audited(ada, delivered) == []

    async def test_is_refused_before_delivery_and_to_strangers(
        self, ada: Person, bob: Person, repository: Path, delivered: UUID
    ) -> None:
        early = UUID((await make_job(ada, repository))["job_id"])
        assert _code(await _apply(ada, early, {"accept_all": True})) == (409, "TRANSITION_NOT_ALLOWED")
        assert _code(await _apply(bob, delivered, {"accept_all": True})) == (404, "JOB_NOT_FOUND")


class TestRevert:
    async def test_takes_the_choice_back_once(self, ada: Person, delivered: UUID) -> None:
        """V1-FR-DEL-007."""
        await _apply(ada, delivered, {"accept_all": True})
        assert (await _revert(ada, delivered)).json() == {"reverted": True}
        assert _code(await _revert(ada, delivered)) == (409, "TRANSITION_NOT_ALLOWED")
        assert await _audited(ada, delivered) == ["delivery.applied", "delivery.reverted"]
        assert (await ada.client.get(f"/v1/jobs/{delivered}/delivery")).json()["can_revert"] is False

    async def test_has_nothing_to_take_back_after_a_discard(self, ada: Person, delivered: UUID) -> None:
        await _apply(ada, delivered, {})
        assert _code(await _revert(ada, delivered)) == (409, "TRANSITION_NOT_ALLOWED")

    async def test_after_a_commit_offers_the_reverse_patch_and_says_so_in_the_audit(
        self, ada: Person, delivered: UUID
    ) -> None:
        await _apply(ada, delivered, {"accept_all": True})
        actor = await actor_of(ada)
        async with unit_of_work(actor) as uow:
            uow.session.add(
                SourceDelivery(
                    tenant_id=actor.tenant_id, job_id=delivered, branch_name="refactor/shop", base_sha="b" * 40,
                    commit_sha="c" * 40, status="PUBLISHED", idempotency_key=str(delivered), artifact_hash="a" * 64,
                )
            )  # fmt: skip
        answer = await _revert(ada, delivered)
        assert _code(answer) == (409, "POST_COMMIT_REVERT_BLOCKED")
        patch = await ada.client.get(answer.json()["reverse_patch_url"].removeprefix("/api"))
        assert "-    return sum(items)\n+    return sum([i for i in items])\n" in patch.text
        assert await _audited(ada, delivered) == ["delivery.applied", "delivery.revert_blocked"]
        assert (await ada.client.get(f"/v1/jobs/{delivered}/delivery")).json()["can_revert"] is False

    async def test_is_nobody_elses(self, bob: Person, delivered: UUID) -> None:
        assert _code(await _revert(bob, delivered)) == (404, "JOB_NOT_FOUND")
