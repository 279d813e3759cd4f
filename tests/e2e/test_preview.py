"""From a structured request to the preview to a started job, in a browser over a whole installation."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import git_repos
from tests.support.installation import Installation, running_installation
from tests.support.web_server import gated_context

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SLOW_MS = 30_000
FILES = {
    "shop/__init__.py": b"",
    "shop/prices.py": b"def total(items, rate=1):\n    return sum(items) * rate\n",
    "shop/cart.py": b'from shop.prices import total\n\n\ndef pay(items, other):\n    print(getattr(other, "total"))\n'
    b"    return total(items)\n",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A whole installation: pages, workers, database; repositories lie in its own folder."""
    folder = tmp_path_factory.mktemp("preview")
    git_repos.make(folder / "shop", FILES)
    with running_installation(folder / "data", IAMA_LOCAL_ROOTS=str(folder)) as installation:
        yield installation


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, chromium: Browser, product: Installation) -> Iterator[Page]:
    """The set-up page of the installation's own person, its source named."""
    with gated_context(chromium, product.url, color_scheme=request.param) as context:
        page = context.new_page()
        address, password = product.sign_in
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(address)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        agree = page.get_by_label("I agree")
        expect(agree.or_(page.get_by_role("heading", name="Jobs"))).to_be_visible(timeout=SLOW_MS)
        if agree.is_visible():
            agree.check()
            page.get_by_role("button", name="Agree and continue").click()
            expect(page).to_have_url(re.compile("/jobs"))
        page.goto("/jobs/new")
        page.get_by_label("Git address or folder").fill(str(product.data.parent / "shop"))
        yield page


def _ask(page: Page) -> None:
    """Find the function by the beginning of its name and ask for another one, without the mouse."""
    page.get_by_label("Find a definition").press_sequentially("tot")
    found = page.get_by_role("group", name="Definitions found").get_by_role("button", name="total")
    expect(found).to_be_visible(timeout=SLOW_MS)
    found.press("Enter")
    expect(page.get_by_label("Definition", exact=True)).to_have_value("total")
    expect(page.get_by_label("File", exact=True)).to_have_value("shop/prices.py")
    page.get_by_label("New name").fill("sum_up")
    page.get_by_label("New name").press("Enter")
    expect(page.get_by_label("What should change")).to_have_value("Rename `total` in `shop/prices.py` to `sum_up`")


class TestPreview:
    def test_shows_what_would_change_and_starts_with_the_accepted_hazards(self, page: Page) -> None:
        _ask(page)
        page.get_by_role("button", name="Preview").press("Enter")
        expect(page.locator(".verdict")).to_have_text("Rename total to sum_up in shop/prices.py", timeout=SLOW_MS)
        expect(page.get_by_role("row", name="pay")).to_contain_text("changes")
        expect(page.locator("details", has_text="Certain")).to_contain_text("from shop.prices import total")
        expect(page.locator("details", has_text="In text")).to_contain_text("stays")
        page.get_by_role("button", name="prices.py").press("Enter")
        expect(page.locator(".diff-body")).to_contain_text("def sum_up(items, rate=1):")
        box = page.get_by_role("checkbox", name=re.compile("Looks up 'total' by text"))
        box.press("Space")
        expect(box).to_be_checked()
        expect(page.get_by_label("Hazards", exact=True)).to_contain_text("1 of")
        page.get_by_role("button", name="Start job").press("Enter")
        expect(page).to_have_url(re.compile(r"/jobs/[0-9a-f-]{36}/execution"), timeout=SLOW_MS)
        hazards = _disclosed(page, urlsplit(page.url).path.split("/")[2])
        assert [hazard["kind"] for hazard in hazards if hazard["accepted"]] == ["DYNAMIC_LOOKUP"]
        assert len(hazards) > 1

    def test_says_why_a_request_is_refused_and_starts_nothing(self, page: Page) -> None:
        page.get_by_label("What should change").fill("Rename `total` in `shop/prices.py` to `sum`")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("alert").filter(has_text="SHADOWED")).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_role("button", name="Start job")).to_be_disabled()

    def test_sends_a_request_without_a_goal_back_to_its_field(self, page: Page) -> None:
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#goal-error")).to_have_text("Say in one line what should change.")
        page.goto("/jobs/new/preview")
        expect(page.get_by_text("Say in the set-up which repository")).to_be_visible(timeout=SLOW_MS)


def _disclosed(page: Page, job_id: str) -> list[dict[str, Any]]:
    """Wait for the proposals of a job and return the hazards of the standard one."""
    for _ in range(120):
        answer = page.request.get(f"/api/v2/jobs/{job_id}/proposals")
        assert answer.ok, answer.text()
        found = [one for one in json.loads(answer.body())["proposals"] if one["level"] == "STANDARD"]
        if found:
            hazards: list[dict[str, Any]] = found[0]["hazards"]
            return hazards
        page.wait_for_timeout(500)
    raise AssertionError("no proposals")
