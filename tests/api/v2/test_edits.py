"""Previews over HTTP: what a change would do is shown, nothing is kept, and no workspace sees another's source."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.previews import sources
from tests.api.conftest import Person, actor_of, key, make_job, sign_up
from tests.support import git_repos

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRICES = b"""\
def total(items, rate=1):
    return sum(item.price for item in items) * rate


class Basket:
    def size(self):
        return 3
"""
CART = b"""\
from shop.prices import total


def pay(items, other):
    print(getattr(other, "total"))
    other.size()
    return total(items)
"""
GOAL = "Rename `total` in `shop/prices.py` to `sum_up`"


@pytest.fixture
def shop(repository: Path) -> Path:
    """A repository with a definition, its use in another file and a mention in its documentation."""
    files = {"shop/__init__.py": b"", "shop/prices.py": PRICES, "shop/cart.py": CART, "README.md": b"Call `total()`.\n"}
    git_repos.commit(repository, files)
    return repository


def _body(shop: Path, **changes: Any) -> dict[str, Any]:
    source = {"kind": "GIT", "url": f"file://{shop}", "branch": "main"}
    return {"source": source, "path_scope": ["."], "goal": GOAL} | changes


async def _preview(person: Person, body: dict[str, Any]) -> dict[str, Any]:
    answer = await person.client.post("/v2/edits/preview", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestPreview:
    async def test_shows_definitions_references_hazards_operations_and_diff(self, ada: Person, shop: Path) -> None:
        shown = await _preview(ada, _body(shop))
        assert shown["head_sha"] == git_repos.head(shop)
        assert shown["understood"] == "Rename total to sum_up in shop/prices.py"
        symbols = {(item["path"], item["symbol"], item["change"]) for item in shown["symbols"]}
        assert {
            ("shop/prices.py", "total", "REMOVED"),
            ("shop/prices.py", "sum_up", "ADDED"),
            ("shop/cart.py", "pay", "CHANGED"),
        } <= symbols
        certain = [item for item in shown["references"] if item["confidence"] == "CERTAIN"]
        assert {("shop/prices.py", 1), ("shop/cart.py", 1), ("shop/cart.py", 7)} == {
            (item["path"], item["line"]) for item in certain
        }
        assert all(item["changes"] for item in certain)
        text = [item for item in shown["references"] if item["confidence"] == "TEXT"]
        assert {item["path"] for item in text} == {"README.md", "shop/cart.py"}
        assert [item["op"] for item in shown["operations"]] == ["rename_symbol"]
        assert {item["path"] for item in shown["diff_files"]} >= {"shop/prices.py", "shop/cart.py"}
        assert shown["refusals"] == [] and shown["document"]["operations"][0]["new_name"] == "sum_up"
        assert shown["hazards"] and shown["totals"]["hazards"] == len(shown["hazards"])

    async def test_names_a_hazard_the_same_each_time(self, ada: Person, shop: Path) -> None:
        first, again = [await _preview(ada, _body(shop)) for _ in range(2)]
        ids = [item["hazard_id"] for item in first["hazards"]]
        assert ids == [item["hazard_id"] for item in again["hazards"]] and len(set(ids)) == len(ids)

    async def test_takes_a_document_and_says_which_operation_is_refused(self, ada: Person, shop: Path) -> None:
        document = (await _preview(ada, _body(shop)))["document"]
        body = _body(shop, document=document)
        del body["goal"]
        assert (await _preview(ada, body))["operations"][0]["status"] == "APPLIED"
        document["operations"][0]["base_fingerprint"] = "0" * 64
        shown = await _preview(ada, body)
        assert [item["code"] for item in shown["refusals"]] == ["BASE_FINGERPRINT_MISMATCH"]
        assert shown["diff_files"] == []

    async def test_answers_a_goal_the_engine_refuses_with_the_reason(self, ada: Person, shop: Path) -> None:
        shown = await _preview(ada, _body(shop, goal="Rename `total` in `shop/prices.py` to `Basket`"))
        assert [item["code"] for item in shown["refusals"]] == ["NAME_COLLISION"]
        assert shown["operations"] == shown["diff_files"] == []

    async def test_leaves_alone_what_lies_outside_the_scope(self, ada: Person, shop: Path) -> None:
        shown = await _preview(ada, _body(shop, path_scope=["shop/prices.py"]))
        assert {item["path"] for item in shown["diff_files"]} <= {"shop/prices.py"}
        assert any(not item["changes"] for item in shown["references"] if item["path"] == "shop/cart.py")

    async def test_looks_at_the_source_of_a_job_of_the_workspace_only(
        self, ada: Person, bob: Person, shop: Path
    ) -> None:
        job = await make_job(ada, shop)
        body = {"job_id": job["job_id"], "goal": GOAL}
        answer = await ada.client.post("/v2/edits/preview", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "SPEC_NOT_READY")
        for client, job_id in ((bob.client, job["job_id"]), (ada.client, str(uuid4()))):
            answer = await client.post("/v2/edits/preview", json=body | {"job_id": job_id})
            assert (answer.status_code, answer.json()["error_code"]) == (404, "JOB_NOT_FOUND")

    async def test_keeps_trees_apart_by_workspace(self, ada: Person, bob: Person, shop: Path) -> None:
        await _preview(ada, _body(shop))
        tenants = [(await actor_of(person)).tenant_id for person in (ada, bob)]
        sha = git_repos.head(shop)
        found = [sources._KEPT.find((tenant, f"file://{shop}", sha)) for tenant in tenants]
        assert found[0] is not None and found[1] is None

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"goal": "Make it nicer"}, 422, "GOAL_NOT_UNDERSTOOD"),
            ({"goal": None}, 422, "VALIDATION_FAILED"),
            ({"document": {"operations": []}}, 422, "VALIDATION_FAILED"),
            ({"goal": None, "document": {"operations": [{"op": "no_such"}]}}, 422, "VALIDATION_FAILED"),
            ({"job_id": str(uuid4())}, 422, "VALIDATION_FAILED"),
            ({"path_scope": ["../x"]}, 422, "VALIDATION_FAILED"),
            ({"path_scope": ["nowhere"]}, 422, "PATH_NOT_FOUND"),
            ({"options": {"colour": "red"}}, 422, "GOAL_NOT_UNDERSTOOD"),
            ({"source": {"kind": "GIT", "url": "file:///etc"}}, 422, "GIT_URL_NOT_ALLOWED"),
        ],
    )
    async def test_refuses_in_the_envelope(
        self, ada: Person, shop: Path, changes: dict[str, Any], status: int, code: str
    ) -> None:
        answer = await ada.client.post("/v2/edits/preview", json=_body(shop, **changes))
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text

    async def test_needs_a_signed_in_person_who_agreed(self, origin: str, stranger: Any, shop: Path) -> None:
        answer = await stranger.post("/v2/edits/preview", json=_body(shop))
        assert answer.status_code == 401
        tokens = await sign_up(stranger, consent=False)
        headers = key() | {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = await stranger.post("/v2/edits/preview", json=_body(shop), headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "CONSENT_REQUIRED")


class TestSymbols:
    async def _find(self, person: Person, shop: Path, **query: Any) -> list[tuple[str, str, str]]:
        answer = await person.client.get("/v2/edits/symbols", params={"url": f"file://{shop}", **query})
        assert answer.status_code == 200, answer.text
        return [(item["path"], item["symbol"], item["kind"]) for item in answer.json()["items"]]

    async def test_completes_the_beginning_of_a_name(self, ada: Person, shop: Path) -> None:
        assert await self._find(ada, shop, q="tot") == [("shop/prices.py", "total", "FUNCTION")]
        assert await self._find(ada, shop, q="SIZE") == [("shop/prices.py", "Basket.size", "METHOD")]
        assert (await self._find(ada, shop, q="prices"))[0] == ("shop/prices.py", "", "MODULE")

    async def test_keeps_to_kinds_scope_and_limit(self, ada: Person, shop: Path) -> None:
        assert {kind for _, _, kind in await self._find(ada, shop, kind="CLASS")} == {"CLASS"}
        assert {path for path, _, _ in await self._find(ada, shop, path_scope="shop/cart.py")} == {"shop/cart.py"}
        assert len(await self._find(ada, shop, limit=2)) == 2

    async def test_needs_one_source(self, ada: Person, shop: Path) -> None:
        answer = await ada.client.get("/v2/edits/symbols", params={"q": "x"})
        assert (answer.status_code, answer.json()["error_code"]) == (422, "VALIDATION_FAILED")
