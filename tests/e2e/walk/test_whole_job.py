"""The whole product as people use it: from a repository to a pushed branch."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.installation import Installation
from tests.support.main_job import git
from tests.support.walker import SLOW_MS, badge

pytestmark = pytest.mark.slow


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
