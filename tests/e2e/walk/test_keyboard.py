"""A job chosen and approved without a mouse."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.walker import SLOW_MS, ApiClient, badge

pytestmark = pytest.mark.slow


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
