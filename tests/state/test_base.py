"""The actor comes from the cookie on every event, and refusals become sentences or ways on."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from services.canon.errors import IamaError
from services.identity import service as identity
from state.base import NO_PROBLEM, PageState, cookie_value, guarded, parse_id, safe_path, sign_in_address


class _Page:
    """A stand-in for a page state."""

    def __init__(self) -> None:
        self.problem: Any = NO_PROBLEM
        self.refused: list[str] = []

    def _refuse(self, error: IamaError) -> str:
        self.refused.append(error.code)
        return "event"


class TestCookieValue:
    def test_finds_the_value_among_others(self) -> None:
        assert cookie_value("a=1; iama_session=secret; b=2", "iama_session") == "secret"

    @pytest.mark.parametrize("header", ["", "a=1", "iama_session", "\x00;;=;"])
    def test_is_empty_for_a_missing_or_broken_cookie(self, header: str) -> None:
        assert cookie_value(header, "iama_session") == ""


class TestSafePath:
    @pytest.mark.parametrize("wanted", ["/jobs/1/spec", "/repositories?x=1"])
    def test_keeps_a_path_of_this_site(self, wanted: str) -> None:
        assert safe_path(wanted) == wanted

    @pytest.mark.parametrize(
        "wanted", ["", "https://other.example", "//other.example", "/\\other.example", "/a\nb", "x"]
    )
    def test_replaces_everything_else(self, wanted: str) -> None:
        assert safe_path(wanted) == "/jobs"

    def test_way_back_is_part_of_the_sign_in_address(self) -> None:
        assert sign_in_address("/jobs/1") == "/sign-in?return_to=/jobs/1"


class TestParseId:
    def test_what_is_no_id_names_nothing(self) -> None:
        with pytest.raises(IamaError) as refusal:
            parse_id("../../etc")
        assert refusal.value.code == "NOT_FOUND"


class TestGuarded:
    def test_turns_a_refusal_into_the_pages_answer(self) -> None:
        @guarded
        async def handler(_page: _Page) -> None:
            raise IamaError("JOB_NOT_FOUND")

        page = _Page()
        assert asyncio.run(handler(page)) == "event"
        assert page.refused == ["JOB_NOT_FOUND"]

    def test_hides_the_text_of_an_unexpected_exception(self) -> None:
        @guarded
        async def handler(_page: _Page) -> None:
            raise RuntimeError("password=hunter2")

        page = _Page()
        asyncio.run(handler(page))
        assert page.refused == ["INTERNAL_ERROR"]


class _Tab:
    """A tab with a cookie, and the session look-up of page states."""

    router = SimpleNamespace(headers=SimpleNamespace(cookie="iama_session=s1"))
    _session = PageState._session


class TestActor:
    def test_asks_for_the_session_on_every_event(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        async def resolve(cookie: str) -> None:
            asked.append(cookie)

        monkeypatch.setattr(identity, "resolve_cookie", resolve)
        for _ in range(2):
            with pytest.raises(IamaError) as refusal:
                asyncio.run(PageState._actor(_Tab()))
            assert refusal.value.code == "AUTHENTICATION_REQUIRED"
        assert asked == ["s1", "s1"]
