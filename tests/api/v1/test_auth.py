"""Sign-in for programs over HTTP."""

import httpx
import pytest

from tests.api.conftest import PASSWORD, Person, sign_up

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestRegister:
    @pytest.mark.parametrize(
        ("email", "password", "code"),
        [("nobody", PASSWORD, "INVALID_EMAIL"), ("short@example.org", "1234567", "WEAK_PASSWORD")],
    )
    async def test_refuses_with_the_contracts_codes(
        self, stranger: httpx.AsyncClient, email: str, password: str, code: str
    ) -> None:
        answer = await stranger.post("/v1/auth/register", json={"email": email, "password": password})
        assert (answer.status_code, answer.json()["error_code"]) == (400, code)

    async def test_refuses_a_known_address(self, stranger: httpx.AsyncClient, ada: Person) -> None:
        answer = await stranger.post("/v1/auth/register", json={"email": ada.email.upper(), "password": PASSWORD})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "EMAIL_ALREADY_EXISTS")


class TestLogin:
    async def test_gives_both_tokens(self, ada: Person) -> None:
        assert ada.tokens["expires_in"] == 900
        assert ada.tokens["access_token"].count(".") == 2
        assert ada.tokens["refresh_token"].count(".") == 0

    async def test_answers_alike_for_unknown_and_wrong(self, stranger: httpx.AsyncClient, ada: Person) -> None:
        bodies = [{"email": ada.email, "password": "wrong one"}, {"email": "x@example.org", "password": "wrong one"}]
        wrong, unknown = [await stranger.post("/v1/auth/login", json=body) for body in bodies]
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
        assert wrong.json()["error_code"] == "INVALID_CREDENTIALS"


class TestRefresh:
    async def test_rotates_and_revokes_on_reuse(self, stranger: httpx.AsyncClient) -> None:
        tokens = await sign_up(stranger)
        first = {"refresh_token": tokens["refresh_token"]}
        second = (await stranger.post("/v1/auth/refresh", json=first)).json()
        assert second["refresh_token"] != first["refresh_token"]
        again = await stranger.post("/v1/auth/refresh", json=first)
        assert (again.status_code, again.json()["error_code"]) == (401, "REFRESH_TOKEN_INVALID")
        stolen = await stranger.get("/v2/me", headers={"Authorization": f"Bearer {second['access_token']}"})
        assert stolen.status_code == 401


class TestLogout:
    async def test_ends_the_chain(self, stranger: httpx.AsyncClient) -> None:
        tokens = await sign_up(stranger)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await stranger.post("/v1/auth/logout", json=body, headers=headers)).status_code == 204
        assert (await stranger.get("/v2/me", headers=headers)).json()["error_code"] == "TOKEN_INVALID"
        assert (await stranger.post("/v1/auth/refresh", json=body)).json()["error_code"] == "REFRESH_TOKEN_INVALID"

    async def test_needs_a_bearer_token(self, stranger: httpx.AsyncClient) -> None:
        answer = await stranger.post("/v1/auth/logout", json={"refresh_token": "x"})
        assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTHENTICATION_REQUIRED")
        assert answer.headers["www-authenticate"] == "Bearer"


class TestPlan:
    async def test_shows_the_local_plan_and_no_use(self, ada: Person) -> None:
        plan = (await ada.client.get("/v1/subscription/me")).json()
        assert (plan["tier"], plan["source"], plan["billing_status"]) == ("MAX", "LOCAL_PLAN", "ACTIVE")
        assert plan["phase_1_limit"] == {"type": "unlimited", "limit": None}
        use = (await ada.client.get("/v1/usage/summary")).json()
        assert (use["phase_1"]["used"], use["phase_1"]["limit"], use["phase_2"]["used"]) == (0, None, 0)
