"""The browser's forms: cookies, redirects, messages across one redirect, other sites kept out."""

import secrets
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio

from services.identity import service as identity

from .conftest import PASSWORD, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(origin: str):
    """A browser of this site; cookies are kept, redirects are not followed."""
    async with httpx.AsyncClient(base_url=f"{origin}/api", headers=SAME_SITE, timeout=20) as client:
        yield client


async def _register(visitor: httpx.AsyncClient, **more: str) -> httpx.Response:
    email = f"browser-{secrets.token_hex(6)}@example.org"
    return await visitor.post("/session/register", data={"email": email, "password": PASSWORD, **more})


class TestRegister:
    async def test_signs_in_with_a_guarded_cookie_and_leads_to_consent(self, visitor: httpx.AsyncClient) -> None:
        answer = await _register(visitor, confirm_password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
        cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("iama_session="))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/;" in cookie
        assert "Secure" not in cookie
        assert (await visitor.get("/v2/me")).json()["consented"] is False

    async def test_marks_the_cookie_secure_over_https(self, visitor: httpx.AsyncClient) -> None:
        visitor.headers["X-Forwarded-Proto"] = "https"
        answer = await _register(visitor)
        assert "Secure" in answer.headers["set-cookie"]

    async def test_carries_a_refusal_over_the_redirect(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post(
            "/session/register", data={"email": "ada", "password": PASSWORD, "next": "/jobs/new"}
        )
        assert answer.headers["location"] == "/register?return_to=/jobs/new"
        flash = identity.open_flash(unquote(answer.cookies["iama_flash"]).strip('"'))
        assert flash is not None
        assert (flash.form, flash.code, flash.email) == ("register", "INVALID_EMAIL", "ada")
        assert PASSWORD not in answer.headers["set-cookie"]

    async def test_refuses_two_different_passwords(self, visitor: httpx.AsyncClient) -> None:
        answer = await _register(visitor, confirm_password="another pass phrase")
        assert answer.headers["location"] == "/register"
        assert "iama_session" not in answer.cookies


class TestSignIn:
    async def test_leads_to_the_welcome_page_until_consent_is_given(self, visitor: httpx.AsyncClient) -> None:
        email = f"browser-{secrets.token_hex(6)}@example.org"
        await visitor.post("/session/register", data={"email": email, "password": PASSWORD})
        form = {"email": email, "password": PASSWORD, "next": "/jobs/new"}
        answer = await visitor.post("/session/sign-in", data=form)
        assert answer.headers["location"] == "/welcome?return_to=/jobs/new"
        await visitor.post("/session/consent", data={"decision": "accept"})
        assert (await visitor.post("/session/sign-in", data=form)).headers["location"] == "/jobs/new"

    async def test_replaces_the_cookie_each_time(self, visitor: httpx.AsyncClient, ada: Person) -> None:
        form = {"email": ada.email, "password": PASSWORD}
        first = (await visitor.post("/session/sign-in", data=form)).cookies["iama_session"]
        second = (await visitor.post("/session/sign-in", data=form)).cookies["iama_session"]
        assert first != second
        assert await identity.resolve_session(first) is None
        assert await identity.resolve_session(second) is not None

    @pytest.mark.parametrize(
        ("wanted", "location"),
        [
            ("/jobs/new", "/jobs/new"),
            ("", "/jobs"),
            ("https://evil.example", "/jobs"),
            ("//evil.example", "/jobs"),
            ("/\\evil.example", "/jobs"),
            ("javascript:alert(1)", "/jobs"),
            ("/jobs\r\nSet-Cookie: x=1", "/jobs"),
        ],
    )
    async def test_returns_to_pages_of_this_site_only(
        self, visitor: httpx.AsyncClient, ada: Person, wanted: str, location: str
    ) -> None:
        form = {"email": ada.email, "password": PASSWORD, "next": wanted}
        assert (await visitor.post("/session/sign-in", data=form)).headers["location"] == location

    async def test_refuses_wrong_passwords_with_a_message(self, visitor: httpx.AsyncClient, ada: Person) -> None:
        answer = await visitor.post("/session/sign-in", data={"email": ada.email, "password": "wrong one"})
        assert answer.headers["location"] == "/sign-in"
        assert "iama_session" not in answer.cookies
        flash = identity.open_flash(unquote(answer.cookies["iama_flash"]).strip('"'))
        assert flash is not None
        assert flash.code == "INVALID_CREDENTIALS"


class TestSignOut:
    async def test_ends_the_session_on_the_server(self, visitor: httpx.AsyncClient) -> None:
        cookie = (await _register(visitor)).cookies["iama_session"]
        answer = await visitor.post("/session/sign-out")
        assert answer.headers["location"] == "/sign-in"
        assert await identity.resolve_session(cookie) is None


class TestConsent:
    async def test_agrees_and_keeps_the_segment(self, visitor: httpx.AsyncClient) -> None:
        await _register(visitor)
        answer = await visitor.post("/session/consent", data={"decision": "accept", "segment": "C"})
        assert answer.headers["location"] == "/jobs"
        me = (await visitor.get("/v2/me")).json()
        assert (me["consented"], me["segment"]) == (True, "C")

    async def test_declining_signs_out(self, visitor: httpx.AsyncClient) -> None:
        cookie = (await _register(visitor)).cookies["iama_session"]
        answer = await visitor.post("/session/consent", data={"decision": "decline"})
        assert answer.headers["location"] == "/sign-in"
        assert await identity.resolve_session(cookie) is None


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {},
        ],
    )
    async def test_can_neither_post_forms_nor_write_with_the_cookie(
        self, origin: str, visitor: httpx.AsyncClient, headers: dict[str, str]
    ) -> None:
        cookie = (await _register(visitor)).cookies["iama_session"]
        async with httpx.AsyncClient(base_url=f"{origin}/api", cookies={"iama_session": cookie}) as elsewhere:
            form = await elsewhere.post("/session/sign-out", headers=headers)
            write = await elsewhere.patch("/v2/me", json={"theme": "DARK"}, headers=headers)
            read = await elsewhere.get("/v2/me", headers=headers)
        assert (form.status_code, form.json()["error_code"]) == (403, "CROSS_SITE_REQUEST")
        assert (write.status_code, write.json()["error_code"]) == (403, "CROSS_SITE_REQUEST")
        assert read.json()["theme"] == "SYSTEM"

    async def test_a_browser_without_fetch_metadata_is_known_by_its_origin(
        self, origin: str, visitor: httpx.AsyncClient
    ) -> None:
        cookie = (await _register(visitor)).cookies["iama_session"]
        async with httpx.AsyncClient(base_url=f"{origin}/api", cookies={"iama_session": cookie}) as older:
            write = await older.patch("/v2/me", json={"theme": "DARK"}, headers={"Origin": origin})
        assert write.json()["theme"] == "DARK"
