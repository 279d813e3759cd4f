"""Every refusal has one shape, whatever refuses: a route, the framework, the guard."""

import json
from unittest.mock import patch

import httpx
import pytest

from services.canon.errors import ERRORS
from services.canon.limits import BODY_MAX_BYTES

from .conftest import Person, key

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _check(answer: httpx.Response, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error_code"] == code
    assert isinstance(body["message"], str)
    assert body["message"].endswith(".")
    assert body["detail"]["remedy"] == ERRORS[code].remedy
    assert status != 403 or body["denial_reason"]
    return body


class TestFramework:
    async def test_unknown_paths_are_json(self, stranger: httpx.AsyncClient) -> None:
        for path in ("/nothing", "/v2/nothing", "/v9/jobs", "/v2/jobs/", "/v2/..%2fetc"):
            _check(await stranger.get(path), 404, "NOT_FOUND")

    async def test_wrong_methods_name_the_right_ones(self, stranger: httpx.AsyncClient) -> None:
        answer = await stranger.put("/v1/auth/login", json={})
        _check(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "POST"

    async def test_validation_lists_the_fields(self, stranger: httpx.AsyncClient) -> None:
        body = _check(await stranger.post("/v1/auth/login", json={"email": 5, "x": 1}), 422, "VALIDATION_FAILED")
        assert {field["field"] for field in body["detail"]["fields"]} == {"email", "password", "x"}
        assert all(field["message"] for field in body["fields"])

    async def test_broken_json_is_named(self, stranger: httpx.AsyncClient) -> None:
        answer = await stranger.post("/v1/auth/login", content=b"{", headers={"Content-Type": "application/json"})
        _check(answer, 400, "MALFORMED_REQUEST")

    @pytest.mark.parametrize("text", ["a\0b", "\ud800"])
    async def test_refuses_text_that_cannot_be_stored(self, ada: Person, text: str) -> None:
        raw = json.dumps({"locale": "en", "notification_preferences": {text: True}})
        answer = await ada.client.patch("/v2/me", content=raw, headers={"Content-Type": "application/json"})
        _check(answer, 422, "VALIDATION_FAILED")

    async def test_unexpected_failures_show_a_reference_and_nothing_else(
        self, origin: str, ada: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        with patch("services.identity.service.get_me", side_effect=RuntimeError("secret detail")):
            answer = await ada.client.get("/v2/me")
        body = _check(answer, 500, "INTERNAL_ERROR")
        assert "secret detail" not in answer.text
        assert body["detail"]["reference"] in caplog.text


class TestGuard:
    async def test_refuses_oversized_bodies_before_reading_them(self, stranger: httpx.AsyncClient) -> None:
        body = _check(await stranger.post("/v1/auth/login", content=b"x" * (BODY_MAX_BYTES + 1)), 413, "BODY_TOO_LARGE")
        assert body["detail"]["limit_bytes"] == BODY_MAX_BYTES

    async def test_refuses_oversized_bodies_without_a_declared_length(self, stranger: httpx.AsyncClient) -> None:
        async def chunks():
            for _ in range(20):
                yield b"x" * (BODY_MAX_BYTES // 16)

        _check(await stranger.post("/v1/auth/login", content=chunks()), 413, "BODY_TOO_LARGE")

    @pytest.mark.parametrize(
        "query", ["access_token=x", "token=x", "Token=x", "refresh_token=", "q=eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.x"]
    )
    async def test_refuses_tokens_in_urls(self, ada: Person, query: str) -> None:
        _check(await ada.client.get(f"/v2/jobs?{query}"), 400, "TOKEN_IN_URL_FORBIDDEN")

    async def test_sets_the_browser_protections_on_every_answer(self, stranger: httpx.AsyncClient) -> None:
        for answer in (await stranger.get("/nothing"), await stranger.get("/openapi.json")):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert "default-src 'none'" in answer.headers["content-security-policy"]

    async def test_refuses_nul_in_addresses(self, ada: Person) -> None:
        _check(await ada.client.get("/v2/jobs?q=%00"), 400, "MALFORMED_REQUEST")


class TestRateLimit:
    async def test_tells_the_limit_on_answers(self, ada: Person) -> None:
        first, second = await ada.client.get("/v2/me"), await ada.client.get("/v2/me")
        assert int(first.headers["ratelimit-limit"]) > int(second.headers["ratelimit-remaining"]) > 0
        assert int(second.headers["ratelimit-reset"]) >= 0

    async def test_slows_down_sign_in_from_one_address(self, stranger: httpx.AsyncClient) -> None:
        answers = [await stranger.post("/v1/auth/refresh", json={"refresh_token": "x"}) for _ in range(70)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        body = _check(limited[0], 429, "RATE_LIMITED")
        assert int(limited[0].headers["retry-after"]) == body["retry_after_seconds"] >= 1
        assert limited[0].headers["ratelimit-remaining"] == "0"
        assert {answer.json()["error_code"] for answer in answers[:50]} == {"REFRESH_TOKEN_INVALID"}


class TestDescription:
    async def test_is_openapi_3_1_under_api_with_examples(self, stranger: httpx.AsyncClient) -> None:
        document = (await stranger.get("/openapi.json")).json()
        assert document["openapi"].startswith("3.1")
        assert document["servers"] == [{"url": "/api"}]
        body = document["components"]["schemas"]["CreateJob"]
        assert body["examples"][0]["goal"]
        assert "HTTPValidationError" not in document["components"]["schemas"]

    async def test_names_only_known_codes(self, stranger: httpx.AsyncClient) -> None:
        document = (await stranger.get("/openapi.json")).json()
        for methods in document["paths"].values():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    for code in answer.get("content", {}).get("application/json", {}).get("examples", {}):
                        assert ERRORS[code].http_status == int(status)

    async def test_reference_page_loads_nothing_from_elsewhere(self, stranger: httpx.AsyncClient) -> None:
        page = await stranger.get("/docs")
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert "/api/v2/jobs/{job_id}/actions" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


class TestIdempotencyKey:
    async def test_is_required_where_something_is_created(self, ada: Person) -> None:
        body = _check(await ada.client.post("/v2/jobs", json={}), 422, "VALIDATION_FAILED")
        assert "Idempotency-Key" in {field["field"] for field in body["detail"]["fields"]}

    async def test_has_a_bounded_form(self, ada: Person) -> None:
        for value in ("", "x" * 129, "with space"):
            answer = await ada.client.post("/v2/jobs", json={}, headers=key() | {"Idempotency-Key": value})
            _check(answer, 422, "VALIDATION_FAILED")
