"""Pages of jobs that stand still or have nothing to show, and of nobody's job."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.installation import Installation
from tests.support.walker import SLOW_MS, ApiClient, badge
from tests.support.web_server import gated_context

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


class TestWaiting:
    def test_tests_that_hang_stop_the_job_with_evidence_and_choices(
        self, api: ApiClient, hanging_job: str, browse: Callable[[str], Page]
    ) -> None:
        state = api.wait(hanging_job, "BASELINE_VALIDATION_FAILED", "WAITING_INTERVENTION", seconds=120)
        page = browse(f"/jobs/{hanging_job}/execution")
        expect(badge(page, state)).to_be_visible()
        page.get_by_role("link", name="Decide").click()
        words = page.locator(".decision")
        expect(words).to_contain_text("What you can do")
        expect(words).to_contain_text(re.compile("time", re.IGNORECASE))
        expect(words.locator("[data-action]").first).to_be_enabled()
        page.get_by_role("button", name="Cancel job").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
        expect(badge(page, "FAILED")).to_be_visible(timeout=SLOW_MS)

    def test_a_scope_that_is_not_there_is_changed_on_the_page_that_says_so(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = api.create(repository.as_uri(), "Clean up", path_scope=["gone"])
        api.wait(job_id, "REPO_PRECHECK_BLOCKED")
        page = browse(f"/jobs/{job_id}")
        page.get_by_role("link", name="Change scope").click()
        expect(page.get_by_label("Path scope")).to_have_value("gone")
        page.get_by_label("Path scope").fill("../elsewhere")
        page.get_by_role("button", name="Check again and start").click()
        expect(page.get_by_text("Enter folders or files inside the repository")).to_be_visible()
        page.get_by_label("Path scope").fill("loud.py")
        page.get_by_role("button", name="Check again and start").click()
        expect(badge(page, "WAITING_STRATEGY")).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_label("Path scope")).to_have_count(0)


class TestNothingThere:
    @pytest.fixture
    def stranger(self, product: Installation, chromium: Browser) -> Iterator[BrowserContext]:
        """A new account with a workspace of its own; an address without a page answers 404, which a console notes."""
        with gated_context(chromium, product.url, spared="status of 404") as context:
            page = context.new_page()
            page.goto("/register")
            page.get_by_label("E-mail").fill(f"person-{uuid4().hex[:8]}@example.org")
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_label("Repeat the password").fill(PASSWORD)
            page.get_by_role("button", name="Register").click()
            page.get_by_label("I agree").check()
            page.get_by_role("button", name="Agree and continue").click()
            expect(page.get_by_text("No job has run yet.")).to_be_visible()
            page.close()
            yield context

    def test_an_empty_workspace_an_unknown_and_a_foreign_job_say_what_they_are(
        self, stranger: BrowserContext, api: ApiClient
    ) -> None:
        foreign = api.get("/v2/jobs")["items"][0]["job_id"]
        page = stranger.new_page()
        for path in (f"/jobs/{foreign}/delivery", f"/jobs/{uuid4()}/spec", f"/jobs/{foreign}"):
            page.goto(path)
            expect(page.get_by_text("JOB_NOT_FOUND")).to_be_visible()
            expect(page.locator(".page-head h1")).to_have_count(0)
        page.goto("/nowhere/at/all")
        expect(page.get_by_text("There is nothing at this address")).to_be_visible()

    def test_a_job_without_result_says_so_and_offers_the_run(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = api.create(repository.as_uri(), "Clean up")
        api.wait(job_id, "WAITING_STRATEGY")
        page = browse(f"/jobs/{job_id}/delivery")
        expect(page.get_by_text("No result to hand over in this state.")).to_be_visible()
        page.get_by_label("Job", exact=True).get_by_role("link", name="Tests").click()
        expect(page.get_by_text("No test yet: tests are written when the spec is approved.")).to_be_visible()
