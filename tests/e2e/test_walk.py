"""The whole product as people use it: one installation, real workers and sandbox, browsers and a program beside it."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.support.installation import Installation, running_installation
from tests.support.main_job import git, make_repository
from tests.support.walker import SLOW_MS, ApiClient, badge, gated_context, sign_in

pytestmark = pytest.mark.slow

IN_STEP_MS = 2_000
"""Longest time from a change of state to its picture in another browser."""

STALE = re.compile("STATE_REVISION_CONFLICT|TRANSITION_NOT_ALLOWED")
"""Which of both is said depends on whether the server had repainted the page already."""

PASSWORD = "correct horse battery"
MODULE = '''"""Counts and joins."""


def shout(words):
    """Return the words in capitals, joined by a blank.

    >>> shout(["a", "b"])
    'A B'
    """
    if words == None:
        return ""
    return " ".join([word.upper() for word in words])
'''
TEST = """from loud import shout


def test_shout():
    assert shout(["a"]) == "A"
    assert shout([]) == ""
"""
UNSEEN_MODULE = "import os\n\n\ndef shout(speaker):\n    return speaker.words().upper()\n"
HANGING_TEST = "import time\n\n\ndef test_shout():\n    time.sleep(600)\n"
PROJECT = '[project]\nname = "loud"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["loud"]\n'


@pytest.fixture(scope="module")
def product() -> Iterator[Installation]:
    """An installation as `iama up` makes it, demo jobs included."""
    with tempfile.TemporaryDirectory(prefix="iama-walk-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_installation(folder / "data", IAMA_LOCAL_ROOTS=str(folder)) as installation:
            yield installation


@pytest.fixture(scope="module")
def repository(product: Installation) -> Path:
    """A small package with a suite of its own."""
    files = {"loud.py": MODULE, "test_loud.py": TEST, "pyproject.toml": PROJECT}
    return make_repository(product.data.parent / "loud", files)


@pytest.fixture(scope="module")
def api(product: Installation, owner_profile: Path) -> ApiClient:
    """A program with the owner's account, which has agreed in the browser."""
    return ApiClient(product.url, *product.sign_in)


@pytest.fixture(scope="module")
def owner_profile(product: Installation, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """Sign the owner in once and keep the cookies."""
    kept = tmp_path_factory.mktemp("profile") / "state.json"
    with gated_context(chromium, product.url) as context:
        sign_in(context.new_page(), *product.sign_in)
        context.storage_state(path=kept)
    return kept


@pytest.fixture
def browse(
    product: Installation,
    chromium: Browser,  # noqa: F811
    owner_profile: Path,
) -> Iterator[Callable[[str], Page]]:
    """Open pages as the owner, each in a browser profile of its own."""
    contexts: list[object] = []

    def open_page(path: str) -> Page:
        manager = gated_context(chromium, product.url, storage_state=owner_profile)
        context = manager.__enter__()
        contexts.append(manager)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for manager in contexts:
        manager.__exit__(None, None, None)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def hanging_job(product: Installation, api: ApiClient) -> str:
    """A job on a repository whose tests never end; it is approved and left to itself."""
    files = {"loud.py": UNSEEN_MODULE, "test_loud.py": HANGING_TEST, "pyproject.toml": PROJECT}
    folder = make_repository(product.data.parent / "hanging", files)
    return _approved(api, folder, test_timeout_seconds=5)


def _approved(api: ApiClient, folder: Path, **more: object) -> str:
    job_id = _at_spec(api, folder, **more)
    spec = api.get(f"/v2/jobs/{job_id}/spec")
    marks = _hazards(api, job_id)
    body = {"revision_token": spec["revision_token"], "accepted_hazards": marks}
    api.send("POST", f"/v2/jobs/{job_id}/spec/approve", body)
    return job_id


def _at_spec(api: ApiClient, folder: Path, **more: object) -> str:
    job_id = api.create(folder.as_uri(), "Clean up", **more)
    api.wait(job_id, "WAITING_STRATEGY")
    api.act(job_id, "SELECT_STRATEGY", level="STANDARD")
    api.wait_for_spec(job_id)
    return job_id


def _hazards(api: ApiClient, job_id: str) -> list[str]:
    chosen = next(one for one in api.get(f"/v2/jobs/{job_id}/proposals")["proposals"] if one["selected"])
    return [str(one["id"]) for one in chosen["hazards"]]


class TestWholeJob:
    def test_from_the_repository_to_a_pushed_branch(
        self, product: Installation, browse: Callable[[str], Page], hanging_job: str
    ) -> None:
        page = browse("/repositories")
        parcels = product.data / "repositories" / "parcels"
        page.get_by_label("Git address or folder").fill(str(parcels))
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("Inside the limits")).to_be_visible()
        page.get_by_role("button", name="Start analysis").click()
        page.wait_for_url(re.compile("/jobs/new"))
        page.get_by_label("What should change").fill("Rename `size_class` in `parcels/parcel.py` to `girth_class`")
        expect(page.locator(".verdict")).to_contain_text("Rename size_class to girth_class")
        page.get_by_role("button", name="Start analysis").click()
        page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/execution"))
        expect(badge(page, "WAITING_STRATEGY")).to_be_visible(timeout=60_000)
        page.get_by_role("link", name="Choose strategy").click()
        self._choose_and_approve(page)
        self._watch(page)
        self._deliver(page, parcels)
        self._audit(page)

    def _choose_and_approve(self, page: Page) -> None:
        page.get_by_label("Conservative").click()
        page.get_by_role("button", name="Use Conservative").click()
        page.wait_for_url(re.compile("/spec"))
        expect(page.get_by_role("button", name="Approve v1")).to_be_visible(timeout=SLOW_MS)
        page.locator(".behaviour-open").first.click()
        page.get_by_role("button", name="Edit behaviour").click()
        page.locator("#edit-then").fill("The letter of the size is returned.")
        page.get_by_role("button", name="Keep in draft").click()
        page.get_by_role("button", name="Save as v2").click()
        expect(page.get_by_text("head v2")).to_be_visible()
        _accept_hazards(page)
        page.get_by_role("button", name="Approve v2").click()
        page.wait_for_url(re.compile("/execution"))

    def _watch(self, page: Page) -> None:
        expect(page.locator('[aria-current="step"]')).to_be_visible()
        expect(page.locator("#job-log")).to_contain_text("sandbox gvisor opened", timeout=60_000)
        expect(badge(page, "DELIVERED")).to_be_visible(timeout=120_000)
        expect(page.locator(".attempts .outcome").first).to_have_attribute("aria-label", re.compile("; 0 changed$"))
        page.get_by_role("link", name="Review result").click()

    def _deliver(self, page: Page, parcels: Path) -> None:
        expect(page.get_by_label("Evidence", exact=True)).to_contain_text("0 of 100 changed")
        page.locator(".file-open", has_text="tariff.py").click()
        expect(page.locator(".diff-code.diff-added").first).to_contain_text("girth_class")
        page.get_by_role("button", name="Push branch").click()
        pushed = page.locator(".handover [role=status]")
        expect(pushed).to_contain_text("pushed as", timeout=SLOW_MS)
        branch, _, commit = pushed.inner_text().partition(" pushed as ")
        assert git(parcels, "rev-parse", branch).startswith(commit)
        assert "girth_class" in git(parcels, "show", f"{branch}:parcels/parcel.py")
        assert "Co-authored-by: IAMA-Agent <bot@iama.dev>" in git(parcels, "log", "-1", "--format=%B", branch)
        page.get_by_label("Job", exact=True).get_by_role("link", name="Artifacts").click()
        with page.expect_download() as download:
            page.locator("tr", has=page.get_by_text("Patch", exact=True)).get_by_role("button").click()
        patch = Path(download.value.path())
        subprocess.run(["git", "-C", str(parcels), "apply", "--check", str(patch)], check=True)

    def _audit(self, page: Page) -> None:
        page.get_by_label("Job", exact=True).get_by_role("link", name="Audit").click()
        expect(page.get_by_text("every link fits")).to_be_visible()
        expect(page.get_by_role("cell", name="Remote wipe verifying → Delivered")).to_be_visible()


def _accept_hazards(page: Page) -> None:
    for box in page.get_by_label("Revisions and tests").get_by_role("checkbox").all():
        box.click()
        expect(box).to_be_checked()


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
        job_id = _at_spec(api, repository)
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
        job_id = _at_spec(api, repository)
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


class TestKeyboard:
    def test_chooses_a_strategy_and_approves_the_spec_without_a_mouse(
        self, api: ApiClient, repository: Path, browse: Callable[[str], Page]
    ) -> None:
        job_id = api.create(repository.as_uri(), "Clean up")
        api.wait(job_id, "WAITING_STRATEGY")
        page = browse(f"/jobs/{job_id}/strategy")
        expect(page.get_by_role("button", name="Use Standard")).to_be_visible()
        tab_to(page, "STANDARD")
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("button", name="Use Conservative")).to_be_visible()
        tab_to(page, "Use Conservative")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Approve v1")).to_be_visible(timeout=SLOW_MS)
        for box in page.get_by_label("Revisions and tests").get_by_role("checkbox").all():
            box.focus()
            page.keyboard.press("Space")
            expect(box).to_be_checked()
        tab_to(page, "Approve v1")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/execution"))
        expect(badge(page, "WAITING_SPEC_APPROVAL")).to_have_count(0)
        api.act(job_id, "CANCEL")


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until the control of this text, label or value has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(one => `${one.innerText || ''}|${one.getAttribute('aria-label') || ''}|${one.value || ''}`)"
            "(document.activeElement)"
        )
        if name in words:
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


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


class TestNothingThere:
    @pytest.fixture
    def stranger(self, product: Installation, chromium: Browser) -> Iterator[BrowserContext]:  # noqa: F811
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
