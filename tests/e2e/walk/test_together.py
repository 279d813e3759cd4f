"""Several browsers and a program on one job: they stay in step, and nobody overwrites what they did not see."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.walk.steps import at_spec
from tests.support.walker import SLOW_MS, ApiClient, badge

pytestmark = pytest.mark.slow

IN_STEP_MS = 2_000
"""Longest time from a change of state to its picture in another browser."""

STALE = re.compile("STATE_REVISION_CONFLICT|TRANSITION_NOT_ALLOWED")
"""Which of both is said depends on whether the server had repainted the page already."""


class TestInStep:
    def test_two_browsers_follow_what_a_program_does(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = api.create(repository.as_uri(), "Clean up")
        api.wait(job_id, "WAITING_STRATEGY")
        one, two = browse(f"/jobs/{job_id}/strategy"), browse("/jobs")
        row = two.locator("[data-row]", has=two.locator(f'a[href*="{job_id}"]'))
        expect(badge(one, "WAITING_STRATEGY")).to_be_visible()
        expect(row).to_contain_text("WAITING STRATEGY")
        api.act(job_id, "SELECT_STRATEGY", level="CONSERVATIVE")
        expect(badge(one, "WAITING_SPEC_APPROVAL")).to_be_visible(timeout=IN_STEP_MS)
        expect(row).to_contain_text("WAITING SPEC APPROVAL", timeout=IN_STEP_MS)
        api.act(job_id, "CANCEL")
        expect(badge(one, "FAILED")).to_be_visible(timeout=IN_STEP_MS)
        expect(row).to_contain_text("USER_CANCELLED", timeout=IN_STEP_MS)

    def test_a_program_sees_what_a_browser_did(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = at_spec(api, repository)
        page = browse(f"/jobs/{job_id}/spec")
        page.get_by_role("button", name="Cancel job").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
        expect(badge(page, "FAILED")).to_be_visible(timeout=SLOW_MS)
        job = api.get(f"/v2/jobs/{job_id}")
        assert (job["status"], job["failure_reason"]) == ("FAILED", "USER_CANCELLED")


class TestConflict:
    def test_a_spec_edited_in_two_places_is_never_overwritten_unseen(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = at_spec(api, repository)
        one, two = browse(f"/jobs/{job_id}/spec"), browse(f"/jobs/{job_id}/spec")
        for page, words in ((one, "It answers in capitals."), (two, "It answers loudly.")):
            page.locator(".behaviour-open").first.click()
            page.get_by_role("button", name="Edit behaviour").click()
            page.locator("#edit-then").fill(words)
            page.get_by_role("button", name="Keep in draft").click()
        one.get_by_role("button", name="Save as v2").click()
        expect(one.get_by_text("head v2")).to_be_visible()
        expect(two.get_by_text("A newer revision was saved")).to_be_visible(timeout=IN_STEP_MS)
        two.get_by_role("button", name=re.compile("^Save as v")).click()
        panel = two.get_by_label("Spec conflict")
        expect(panel).to_contain_text("SPEC_REVISION_CONFLICT")
        assert self._outcome(api, job_id) == "It answers in capitals."
        panel.get_by_label("Mine").click()
        two.get_by_role("button", name="Save settled spec").click()
        expect(two.get_by_text("head v3")).to_be_visible()
        assert self._outcome(api, job_id) == "It answers loudly."
        expect(one.get_by_text("It answers loudly.")).to_be_visible(timeout=IN_STEP_MS)

    def _outcome(self, api: ApiClient, job_id: str) -> str:
        return str(api.get(f"/v2/jobs/{job_id}/spec")["bdd_items"][0]["then_outcome"])


class TestStaleAction:
    def test_says_in_place_that_the_job_moved_on(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = api.create(repository.as_uri(), "Clean up")
        api.wait(job_id, "WAITING_STRATEGY")
        page = browse("/jobs")
        held = _HeldNews(page)
        page.goto(f"/jobs/{job_id}/strategy")
        use = page.get_by_role("button", name="Use Standard")
        expect(use).to_be_visible()
        held.holding = True
        api.act(job_id, "SELECT_STRATEGY", level="CONSERVATIVE")
        use.click()
        page.wait_for_timeout(500)
        held.release()
        expect(page.get_by_role("alert").first).to_contain_text(STALE)
        chosen = [one["level"] for one in api.get(f"/v2/jobs/{job_id}/proposals")["proposals"] if one["selected"]]
        assert chosen == ["CONSERVATIVE"]
        api.act(job_id, "CANCEL")


class _HeldNews:
    """Keeps back what the server tells a page, so that the page acts on what it last saw."""

    def __init__(self, page: Page) -> None:
        self.holding = False
        self._kept: list[str | bytes] = []
        self._page: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/_event"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        self._page = socket
        server.on_message(self._pass_on)

    def _pass_on(self, message: str | bytes) -> None:
        if self.holding:
            self._kept.append(message)
        elif self._page is not None:
            self._page.send(message)

    def release(self) -> None:
        """Tell the page everything at once, and from now on as it comes."""
        self.holding = False
        for message in self._kept:
            self._pass_on(message)
        self._kept.clear()
