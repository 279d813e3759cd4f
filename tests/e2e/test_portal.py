"""The portal in a browser, over a real database: sign-in, consent, job list, set-up, repositories, theme and keys."""

import re
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.web_server import visitor, web_url  # noqa: F401

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
SLOW_MS = 20_000
"""First page of a new account, on a machine that does other work."""


def _register(page: Page, email: str) -> None:
    page.goto("/register")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()


def _agree(page: Page) -> None:
    expect(page.get_by_role("heading", name="Before the first job")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Agree and continue").click()


@pytest.fixture
def page(visitor: BrowserContext) -> Page:  # noqa: F811
    return visitor.new_page()


@pytest.fixture
def member(page: Page) -> Page:
    """A page whose person has registered and agreed."""
    _register(page, f"person-{uuid4().hex[:8]}@example.org")
    _agree(page)
    expect(page.get_by_text("No job has run yet.")).to_be_visible(timeout=SLOW_MS)
    return page


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small local repository below the folder that the installation may read."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "core.py").write_text("def add(a, b):\n    return a + b\n")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-qb", "main"], ["add", "."], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


class TestSignIn:
    def test_leads_a_stranger_to_sign_in_and_back_to_the_page_they_wanted(self, page: Page) -> None:
        page.goto("/repositories")
        expect(page).to_have_url(re.compile(r"/sign-in\?return_to=/repositories"))
        expect(page.get_by_role("heading", name="What happens to your code")).to_be_visible()

    def test_says_at_the_field_that_the_password_is_wrong_and_keeps_the_address(self, page: Page) -> None:
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill("nobody@example.org")
        page.get_by_label("Password").fill("not-this-one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#password-error")).to_contain_text("Address or password is wrong")
        expect(page.get_by_label("E-mail")).to_have_value("nobody@example.org")

    def test_registers_asks_consent_and_shows_the_empty_list(self, member: Page) -> None:
        expect(member.get_by_text("No job has run yet.")).to_be_visible()
        cookie = next(item for item in member.context.cookies() if item["name"] == "iama_session")
        assert cookie["httpOnly"]

    def test_signs_out_and_forgets(self, member: Page) -> None:
        member.locator("details.menu summary").click()
        member.get_by_role("button", name="Sign out").click()
        expect(member).to_have_url(re.compile("/sign-in"))
        member.goto("/jobs")
        expect(member).to_have_url(re.compile("/sign-in"))


class TestNewJob:
    def test_explains_a_refused_address_at_its_field_and_creates_nothing(self, member: Page) -> None:
        member.goto("/jobs/new")
        member.get_by_label("Git address or folder").fill("ext::sh -c true")
        member.get_by_label("What should change").fill("Clean up")
        member.get_by_role("button", name="Start analysis").click()
        expect(member.locator("#url-error")).to_contain_text("option, a transport helper")
        member.goto("/jobs")
        expect(member.get_by_text("No job has run yet.")).to_be_visible()

    def test_tells_at_once_how_a_goal_is_understood(self, member: Page) -> None:
        member.goto("/jobs/new")
        member.get_by_label("What should change").fill("Modernise to Python 3.11")
        expect(member.locator(".verdict")).to_contain_text("Modernise to Python 3.11")
        member.get_by_label("What should change").fill("Make it nicer")
        expect(member.get_by_text("Carried out without a model:")).to_be_visible()

    def test_starts_a_job_and_shows_it_in_the_list(self, member: Page, repository: Path) -> None:
        member.goto("/jobs/new")
        member.get_by_label("Git address or folder").fill(str(repository))
        member.get_by_label("Path scope").fill("pkg")
        member.get_by_label("What should change").fill("Clean up")
        member.get_by_role("button", name="Start analysis").click()
        expect(member).to_have_url(re.compile(r"/jobs/[0-9a-f-]{36}/execution"), timeout=15_000)
        member.goto("/jobs")
        expect(member.locator("[data-row]")).to_have_count(1)
        expect(member.locator("[data-row]")).to_contain_text("REPO SYNCING")


class TestLive:
    def test_a_job_started_in_one_tab_appears_in_another_within_two_seconds(
        self, member: Page, repository: Path
    ) -> None:
        other = member.context.new_page()
        other.goto("/jobs")
        expect(other.get_by_text("No job has run yet.")).to_be_visible()
        member.goto("/jobs/new")
        member.get_by_label("Git address or folder").fill(str(repository))
        member.get_by_label("What should change").fill("Clean up")
        member.get_by_role("button", name="Start analysis").click()
        expect(member).to_have_url(re.compile(r"/execution"), timeout=15_000)
        expect(other.locator("[data-row]")).to_have_count(1, timeout=2_000)


class TestRepositories:
    def test_measures_a_local_repository_against_the_limits(self, member: Page, repository: Path) -> None:
        member.goto("/repositories")
        expect(member.get_by_text("GitHub is not configured on this installation.")).to_be_visible()
        member.get_by_label("Git address or folder").fill(str(repository))
        member.get_by_role("button", name="Check").click()
        expect(member.get_by_text("Inside the limits")).to_be_visible()
        expect(member.get_by_text("1 of 10\u2009000 files")).to_be_visible()

    def test_says_that_a_folder_is_no_repository(self, member: Page, tmp_path: Path) -> None:
        member.goto("/repositories")
        member.get_by_label("Git address or folder").fill(str(tmp_path))
        member.get_by_role("button", name="Check").click()
        expect(member.locator(".alert--danger, #url-error:not(:empty)").first).to_be_visible()


class TestLook:
    def test_theme_choice_overrides_the_system_and_survives_a_reload(self, page: Page) -> None:
        page.goto("/sign-in")
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 23, 27)"

    def test_uses_the_bundled_typefaces(self, page: Page) -> None:
        page.goto("/sign-in")
        page.get_by_role("heading", name="Sign in").wait_for()
        assert page.evaluate("document.fonts.check('13px \"Inter Variable\"')")

    def test_does_not_scroll_sideways_on_a_narrow_screen(self, member: Page) -> None:
        member.set_viewport_size({"width": 768, "height": 1024})
        for path in ("/jobs", "/jobs/new", "/repositories"):
            member.goto(path)
            member.locator("h1").first.wait_for()
            assert member.evaluate("document.documentElement.scrollWidth") <= 768, path


class TestKeys:
    def test_moves_between_sections_and_focuses_the_search(self, member: Page) -> None:
        member.keyboard.press("g")
        member.keyboard.press("r")
        expect(member.get_by_role("heading", name="Repositories", exact=True)).to_be_visible()
        member.keyboard.press("g")
        member.keyboard.press("j")
        expect(member.get_by_text("No job has run yet.")).to_be_visible()
        member.keyboard.press("/")
        expect(member.get_by_placeholder("Goal, path or job id")).to_be_focused()

    def test_lists_the_keys_and_closes_the_list(self, member: Page) -> None:
        member.keyboard.press("?")
        expect(member.get_by_role("dialog", name="Keys")).to_be_visible()
        member.keyboard.press("Escape")
        expect(member.get_by_role("dialog", name="Keys")).to_be_hidden()

    def test_is_silent_inside_a_field(self, member: Page) -> None:
        box = member.get_by_placeholder("Goal, path or job id")
        box.click()
        box.press_sequentially("gj?")
        expect(box).to_have_value("gj?")
        expect(member.get_by_role("dialog", name="Keys")).to_be_hidden()

    def test_reaches_the_content_by_the_skip_link(self, member: Page) -> None:
        member.reload()
        member.get_by_role("heading", name="Jobs", exact=True).wait_for()
        member.keyboard.press("Tab")
        expect(member.get_by_text("Skip to content")).to_be_focused()
        member.keyboard.press("Enter")
        assert member.evaluate("location.hash") == "#main"
