"""The spec over HTTP: edits under their token, earlier revisions, conflicts, plain words."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS, SPEC_MAX_ITEMS
from services.infra.unit_of_work import unit_of_work
from tests.api import seeds
from tests.api.conftest import Person, actor_of, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")

SENTENCES = "total([]) returns 0. `shop.prices` must not import `shop.web`."


@pytest_asyncio.fixture(loop_scope="session")
async def spec(ada: Person, repository: Path) -> str:
    """Path of a ready spec with one behaviour."""
    actor, job_id = await actor_of(ada), UUID((await make_job(ada, repository))["job_id"])
    await seeds.move(actor, job_id, seeds.TO_SPEC)
    await seeds.add_spec(actor, job_id)
    return f"/v2/jobs/{job_id}/spec"


async def _show(person: Person, spec: str) -> dict[str, Any]:
    return (await person.client.get(spec)).json()  # type: ignore[no-any-return]


async def _edit(person: Person, spec: str, token: str, *items: dict[str, Any], **more: Any) -> httpx.Response:
    return await person.client.patch(spec, json={"revision_token": token, "bdd_items": list(items), **more})


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


class TestEdit:
    async def test_commits_a_revision_with_who_when_and_what(self, ada: Person, spec: str) -> None:
        """V1-FR-SPEC-002, V1-FR-SPEC-003."""
        before = await _show(ada, spec)
        answer = await _edit(ada, spec, before["revision_token"], seeds.BEHAVIOUR | {"title": "Sums"})
        assert answer.json()["bdd_items"][0]["title"] == "Sums"
        assert answer.json()["revision_token"] != before["revision_token"]
        newest, first = (await ada.client.get(f"{spec}/revisions")).json()["items"]
        assert (newest["number"], newest["changed_items"], newest["surface"]) == (2, ["B-1"], "API")
        assert newest["actor"] == (await ada.client.get("/v2/me")).json()["user_id"]
        assert (first["number"], first["kind"]) == (1, "GENERATED")
        old = (await ada.client.get(f"{spec}/revisions/1")).json()
        assert old["bdd_items"][0]["title"] == seeds.BEHAVIOUR["title"]

    async def test_refuses_a_stale_revision_with_what_both_sides_changed(self, ada: Person, spec: str) -> None:
        """V2-FR-WF-002."""
        token = (await _show(ada, spec))["revision_token"]
        theirs = seeds.BEHAVIOUR | {"title": "Theirs", "given": "prices"}
        current = (await _edit(ada, spec, token, theirs)).json()["revision_token"]
        answer = await _edit(ada, spec, token, seeds.BEHAVIOUR | {"title": "Mine", "then_outcome": "it is 3"})
        assert _code(answer) == (409, "SPEC_REVISION_CONFLICT")
        assert answer.json()["current_revision_token"] == current
        diff = answer.json()["diff_payload"]
        conflict = {"item_id": "B-1", "field": "title", "base": seeds.BEHAVIOUR["title"], "mine": "Mine"}
        assert diff["conflicts"] == [conflict | {"theirs": "Theirs"}]
        merged = diff["merged_bdd"][0]
        assert (merged["title"], merged["given"], merged["then_outcome"]) == ("Theirs", "prices", "it is 3")
        assert answer.json()["detail"]["diff_payload"] == diff
        assert (await _show(ada, spec))["bdd_items"][0]["title"] == "Theirs"

    @pytest.mark.parametrize(
        "items",
        [
            [seeds.BEHAVIOUR | {"title": "x" * (SPEC_FIELD_MAX_CHARACTERS + 1)}],
            [seeds.BEHAVIOUR | {"id": f"B-{number}"} for number in range(SPEC_MAX_ITEMS + 1)],
            [seeds.BEHAVIOUR, seeds.BEHAVIOUR],
            [seeds.BEHAVIOUR | {"id": "../x"}],
            [seeds.BEHAVIOUR | {"unknown": 1}],
            [seeds.BEHAVIOUR | {"then_outcome": ""}],
        ],
    )
    async def test_refuses_items_beyond_their_bounds(self, ada: Person, spec: str, items: list[dict[str, Any]]) -> None:
        token = (await _show(ada, spec))["revision_token"]
        assert _code(await _edit(ada, spec, token, *items)) == (422, "VALIDATION_FAILED")
        assert (await _show(ada, spec))["number"] == 1

    async def test_refuses_an_oversized_body(self, ada: Person, spec: str) -> None:
        items = [seeds.BEHAVIOUR | {"id": f"B-{number}", "given": "x" * 2000} for number in range(600)]
        assert _code(await _edit(ada, spec, "any", *items)) == (413, "BODY_TOO_LARGE")

    async def test_needs_a_token_and_at_least_one_behaviour(self, ada: Person, spec: str) -> None:
        answer = await ada.client.patch(spec, json={"bdd_items": [seeds.BEHAVIOUR]})
        assert _code(answer) == (428, "REVISION_REQUIRED")
        assert _code(await _edit(ada, spec, (await _show(ada, spec))["revision_token"])) == (409, "SPEC_EMPTY")

    async def test_is_read_only_in_a_plan_without_edits(self, ada: Person, spec: str) -> None:
        """V1-FR-SPEC-002: tiers with edit rights."""
        token = (await _show(ada, spec))["revision_token"]
        async with unit_of_work(await actor_of(ada)) as uow:
            await uow.session.execute(
                text("UPDATE subscription_tiers SET tier = 'FREE' WHERE tenant_id = :tenant"), {"tenant": uow.tenant_id}
            )
        words = {"natural_language_input": SENTENCES, "revision_token": token}
        for answer in (
            await _edit(ada, spec, token, seeds.BEHAVIOUR | {"title": "Mine"}),
            await ada.client.post(f"{spec}/nl-convert", json=words),
            await ada.client.post(f"{spec}/restore", json={"number": 1, "revision_token": token}),
        ):
            assert _code(answer) == (403, "ENTITLEMENT_DENIED")
            assert answer.json()["denial_reason"] == "SPEC_EDIT_NOT_ENTITLED"
        assert (await _show(ada, spec))["number"] == 1

    async def test_takes_behaviours_alone(self, ada: Person, spec: str) -> None:
        """V1-FR-SPEC-004: the structural half is optional."""
        token = (await _show(ada, spec))["revision_token"]
        edited = (await _edit(ada, spec, token, seeds.BEHAVIOUR | {"title": "Sums"})).json()
        assert edited["sdd_items"] == []
        approved = await ada.client.post(f"{spec}/approve", json={"revision_token": edited["revision_token"]})
        assert approved.json()["status"] == "GENERATING_TESTS"


class TestRestore:
    async def test_commits_an_earlier_revision_anew(self, ada: Person, spec: str) -> None:
        token = (await _show(ada, spec))["revision_token"]
        token = (await _edit(ada, spec, token, seeds.BEHAVIOUR | {"title": "Worse"})).json()["revision_token"]
        answer = (await ada.client.post(f"{spec}/restore", json={"number": 1, "revision_token": token})).json()
        assert (answer["number"], answer["kind"]) == (3, "RESTORE")
        assert answer["bdd_items"][0]["title"] == seeds.BEHAVIOUR["title"]

    async def test_refuses_unknown_numbers_and_stale_tokens(self, ada: Person, spec: str) -> None:
        old = (await _show(ada, spec))["revision_token"]
        token = (await _edit(ada, spec, old, seeds.BEHAVIOUR | {"title": "New"})).json()["revision_token"]
        unknown = await ada.client.post(f"{spec}/restore", json={"number": 9, "revision_token": token})
        assert _code(unknown) == (404, "NOT_FOUND")
        stale = await ada.client.post(f"{spec}/restore", json={"number": 1, "revision_token": old})
        assert _code(stale) == (409, "SPEC_REVISION_CONFLICT")


class TestResolve:
    async def test_settles_each_field_on_top_of_the_newest_revision(self, ada: Person, spec: str) -> None:
        token = (await _show(ada, spec))["revision_token"]
        theirs = seeds.BEHAVIOUR | {"title": "Theirs", "given": "theirs"}
        token = (await _edit(ada, spec, token, theirs)).json()["revision_token"]
        settled = [
            {"item_id": "B-1", "field": "title", "choice": "MINE", "value": "Mine"},
            {"item_id": "B-1", "field": "given", "choice": "THEIRS"},
            {"item_id": "B-1", "field": "then_outcome", "choice": "VALUE", "value": "it is three"},
        ]
        answer = await ada.client.post(f"{spec}/resolve", json={"revision_token": token, "resolutions": settled})
        item = answer.json()["bdd_items"][0]
        assert (item["title"], item["given"], item["then_outcome"]) == ("Mine", "theirs", "it is three")
        assert answer.json()["number"] == 3
        again = await ada.client.post(f"{spec}/resolve", json={"revision_token": token, "resolutions": settled})
        assert _code(again) == (409, "SPEC_REVISION_CONFLICT")

    @pytest.mark.parametrize(
        "settled",
        [
            {"item_id": "B-9", "field": "title", "choice": "MINE", "value": "x"},
            {"item_id": "B-1", "field": "evidence", "choice": "MINE", "value": "x"},
            {"item_id": "B-1", "field": "title", "choice": "MINE"},
            {"item_id": "B-1", "field": "title", "choice": "VALUE", "value": ""},
        ],
    )
    async def test_refuses_what_the_spec_does_not_have(self, ada: Person, spec: str, settled: dict[str, Any]) -> None:
        token = (await _show(ada, spec))["revision_token"]
        answer = await ada.client.post(f"{spec}/resolve", json={"revision_token": token, "resolutions": [settled]})
        assert _code(answer) == (422, "VALIDATION_FAILED")
        assert (await _show(ada, spec))["number"] == 1


class TestConvert:
    async def _ask(self, person: Person, spec: str, version: str = "v2", **body: Any) -> httpx.Response:
        token = body.pop("revision_token", None) or (await _show(person, spec))["revision_token"]
        path = spec.replace("/v2/", f"/{version}/")
        return await person.client.post(f"{path}/nl-convert", json={"revision_token": token, **body})

    @pytest.mark.parametrize("version", ["v1", "v2"])
    async def test_shows_items_under_free_ids_and_stores_nothing(self, ada: Person, spec: str, version: str) -> None:
        answer = (await self._ask(ada, spec, version, natural_language_input=SENTENCES)).json()
        (behaviour,) = answer["bdd_items"]
        assert (behaviour["id"], behaviour["when_action"], behaviour["then_outcome"]) == (
            "B-02",
            "total([]) is called",
            "it returns 0",
        )
        assert answer["sdd_items"][0]["responsibility"] == "Must not import `shop.web`."
        assert (answer["model_class_used"], answer["route"], answer["left_over"]) == ("L1", "iama-rules", [])
        assert (await _show(ada, spec))["number"] == 1

    async def test_is_committed_by_an_edit_that_says_so(self, ada: Person, spec: str) -> None:
        """V1-FR-SPEC-002: text, preview, adjustment, commit."""
        seen = await _show(ada, spec)
        shown = (await self._ask(ada, spec, natural_language_input=SENTENCES, mode="BDD")).json()
        assert shown["sdd_items"] is None
        items = [*seen["bdd_items"], shown["bdd_items"][0] | {"title": "Nothing costs nothing"}]
        edited = (await _edit(ada, spec, seen["revision_token"], *items, kind="NL_CONVERT")).json()
        assert [item["title"] for item in edited["bdd_items"]][1:] == ["Nothing costs nothing"]
        assert (await ada.client.get(f"{spec}/revisions")).json()["items"][0]["kind"] == "NL_CONVERT"

    async def test_refuses_words_it_cannot_place_with_examples(self, ada: Person, spec: str) -> None:
        answer = await self._ask(ada, spec, natural_language_input="Make it nicer please")
        assert _code(answer) == (422, "SENTENCE_NOT_UNDERSTOOD")
        assert len(answer.json()["detail"]["examples"]) >= 5

    async def test_refuses_stale_tokens_and_oversized_text(self, ada: Person, spec: str) -> None:
        stale = await self._ask(ada, spec, natural_language_input=SENTENCES, revision_token="older")
        assert _code(stale) == (409, "SPEC_REVISION_CONFLICT")
        long = await self._ask(ada, spec, natural_language_input="x" * (SPEC_FIELD_MAX_CHARACTERS + 1))
        assert _code(long) == (422, "VALIDATION_FAILED")

    async def test_is_nobody_elses(self, ada: Person, bob: Person, spec: str) -> None:
        token = (await _show(ada, spec))["revision_token"]
        for verb, body in (
            ("nl-convert", {"natural_language_input": SENTENCES}),
            ("restore", {"number": 1}),
            ("resolve", {"resolutions": [{"item_id": "B-1", "field": "title", "choice": "THEIRS"}]}),
        ):
            answer = await bob.client.post(f"{spec}/{verb}", json=body | {"revision_token": token})
            assert _code(answer) == (404, "JOB_NOT_FOUND"), verb
