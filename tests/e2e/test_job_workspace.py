"""The job screens in Chromium over the built front end; the server answers with the story of `job_samples`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from services.canon.lifecycle import JobState
from tests.support import job_samples as story
from tests.support.web_server import gated_context, served_build

S = JobState
SCREENS = {
    "": S.DELIVERED,
    "strategy": S.WAITING_STRATEGY,
    "spec": S.WAITING_SPEC_APPROVAL,
    "tests": S.WAITING_INTERVENTION,
    "execution": S.SELF_HEALING,
    "intervene": S.WAITING_INTERVENTION,
    "delivery": S.DELIVERED,
    "artifacts": S.DELIVERED,
}


@pytest.fixture(scope="module")
def story_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the build with sample jobs instead of a database."""
    with served_build("tests.support.job_harness:app", tmp_path_factory.mktemp("story"), {}) as url:
        yield url


@pytest.fixture
def guided(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:  # noqa: F811
    """A fresh profile of a person who reads guided words."""
    with (
        served_build("tests.support.job_harness:app", tmp_path, {"IAMA_SAMPLE_SEGMENT": "A"}) as url,
        gated_context(chromium, url) as context,
    ):
        yield context


@pytest.fixture
def reader(chromium: Browser, story_url: str) -> Iterator[BrowserContext]:  # noqa: F811
    """A fresh profile in the dark theme."""
    with gated_context(chromium, story_url, color_scheme="dark") as context:
        yield context


def _open(context: BrowserContext, screen: str, state: JobState | None = None) -> Page:
    page = context.new_page()
    page.goto(f"/jobs/{story.job_id(state or SCREENS[screen])}/{screen}".rstrip("/"))
    expect(page.locator(".page-head h1")).to_have_text("Extract surcharge rules from compute_charges")
    return page


class TestEveryScreen:
    @pytest.mark.parametrize("screen", list(SCREENS))
    def test_shows_goal_badge_and_rail_and_one_main_region(self, reader: BrowserContext, screen: str) -> None:
        page = _open(reader, screen)
        expect(page.locator("[data-state-badge]")).to_have_attribute("data-state-badge", SCREENS[screen].value)
        expect(page.get_by_label("Job context")).to_contain_text("freight-billing")
        expect(page.get_by_role("main")).to_have_count(1)

    @pytest.mark.parametrize("screen", list(SCREENS))
    def test_reflows_at_768_without_scrolling_the_page_sideways(self, reader: BrowserContext, screen: str) -> None:
        page = _open(reader, screen)
        page.set_viewport_size({"width": 768, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    @pytest.mark.parametrize("screen", list(SCREENS))
    def test_every_control_has_a_name(self, reader: BrowserContext, screen: str) -> None:
        page = _open(reader, screen)
        nameless = page.evaluate(
            "[...document.querySelectorAll('main button, main a')]"
            ".filter(one => !one.innerText.trim() && !one.getAttribute('aria-label')).length"
        )
        assert nameless == 0

    def test_an_unknown_job_is_not_found_and_shows_nothing(self, reader: BrowserContext) -> None:
        page = reader.new_page()
        page.goto("/jobs/00000000-0000-0000-0000-00000000dead/execution")
        expect(page.get_by_text("JOB_NOT_FOUND")).to_be_visible()
        expect(page.locator(".page-head h1")).to_have_count(0)


class TestGuidedWords:
    def test_no_screen_of_a_job_shows_a_technical_term(self, guided: BrowserContext) -> None:
        technical = re.compile(
            r"\b(BDD|SDD|AST confidence|FQDN|[Bb]aseline above|baseline holds|dirty|Characterization mode)\b"
        )
        found = {}
        for screen in SCREENS:
            page = _open(guided, screen)
            page.locator(".rail-name").wait_for()
            if words := technical.findall(page.get_by_role("main").inner_text()):
                found[screen] = words
            page.close()
        assert found == {}

    def test_the_spec_as_text_holds_behaviours_alone(self, guided: BrowserContext) -> None:
        page = _open(guided, "spec")
        page.get_by_role("button", name="Edit as text").click()
        lines = page.locator(".spec-text .view-lines")
        expect(lines).to_contain_text("Behaviours", timeout=20_000)
        lines.click()
        page.keyboard.press("Control+End")
        expect(lines).to_contain_text("B-09")
        expect(lines).not_to_contain_text("Structure")


class TestExecution:
    def test_draws_the_track_with_the_repair_siding(self, reader: BrowserContext) -> None:
        page = _open(reader, "execution")
        expect(page.locator(".station")).to_have_count(13)
        expect(page.locator(".siding-cell-failed")).to_have_count(3)
        expect(page.locator('[aria-current="step"]')).to_have_attribute("data-state", "SELF_HEALING")
        expect(page.get_by_text("same failure 2 of 3")).to_be_visible()

    def test_an_attempt_that_broke_tests_breaks_the_mirror(self, reader: BrowserContext) -> None:
        page = _open(reader, "execution")
        strips = page.locator(".attempts .outcome")
        expect(strips).to_have_count(5)
        expect(strips.nth(0)).to_have_attribute("aria-label", re.compile("41 passed, 6 failed of 47; 6 changed"))

    def test_time_goes_on_without_the_server(self, reader: BrowserContext) -> None:
        page = _open(reader, "execution")
        clock = page.locator(".siding-time")
        before = clock.inner_text()
        expect(clock).not_to_have_text(before, timeout=3000)

    def test_scrolling_up_pins_the_log(self, reader: BrowserContext) -> None:
        page = _open(reader, "execution")
        page.set_viewport_size({"width": 1440, "height": 700})
        log = page.locator("#job-log")
        expect(log).to_have_attribute("data-following", "true")
        page.wait_for_timeout(700)
        log.evaluate("one => { one.scrollTop = 0 }")
        expect(log).to_have_attribute("data-following", "false")
        expect(page.get_by_role("button", name="Pinned")).to_be_visible()

    def test_cancelling_asks_first_with_the_safe_choice_in_focus(self, reader: BrowserContext) -> None:
        page = _open(reader, "execution")
        page.get_by_role("button", name="Cancel job").click()
        expect(page.get_by_role("button", name="Keep running")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


class TestStrategy:
    def test_marks_a_column_along_all_rows(self, reader: BrowserContext) -> None:
        page = _open(reader, "strategy")
        page.get_by_label("Conservative").click()
        expect(page.get_by_role("button", name="Use Conservative")).to_be_visible()
        expect(page.locator(".proposal-head.proposal-on")).to_contain_text("Conservative")

    def test_a_choice_made_elsewhere_is_not_overwritten(self, reader: BrowserContext) -> None:
        page = _open(reader, "strategy")
        page.get_by_role("button", name="Use Standard").click()
        expect(page).to_have_url(re.compile("/spec"))


class TestSpec:
    def test_a_stale_save_meets_the_conflict_and_is_settled_per_field(self, reader: BrowserContext) -> None:
        page = _open(reader, "spec")
        page.locator(".behaviour-open", has_text="B-06").click()
        page.get_by_role("button", name="Edit behaviour").click()
        page.locator("#edit-then").fill("One day for each weekend touched.")
        page.get_by_role("button", name="Keep in draft").click()
        page.get_by_role("button", name="Save as v4").click()
        panel = page.get_by_label("Spec conflict")
        expect(panel).to_contain_text("SPEC_REVISION_CONFLICT")
        expect(page.get_by_role("button", name="Save settled spec")).to_be_disabled()
        panel.get_by_label("Theirs").click()
        expect(page.get_by_role("button", name="Save settled spec")).to_be_enabled()

    def test_adds_a_behaviour_from_plain_words(self, reader: BrowserContext) -> None:
        page = _open(reader, "spec")
        page.get_by_label("Describe a behaviour in plain words").fill("when it rains, then nothing is charged")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#edit-then")).to_have_value("nothing is charged")

    def test_every_hazard_is_accepted_by_itself(self, reader: BrowserContext) -> None:
        page = _open(reader, "spec")
        box = page.get_by_label(re.compile("^H-1"))
        expect(box).not_to_be_checked()
        box.click()
        expect(box).to_be_checked()


class TestSpecText:
    def _text(self, context: BrowserContext) -> Page:
        page = _open(context, "spec")
        page.get_by_role("button", name="Edit as text").click()
        expect(page.locator(".spec-text .view-lines")).to_contain_text("Behaviours", timeout=20_000)
        return page

    def test_the_editor_is_loaded_when_the_text_is_opened_and_not_before(self, reader: BrowserContext) -> None:
        page = reader.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/jobs/{story.job_id(SCREENS['spec'])}/spec")
        expect(page.get_by_role("button", name="Edit as text")).to_be_visible()
        page.wait_for_load_state("networkidle")
        before = len([url for url in asked if "local_editor" in url])
        page.get_by_role("button", name="Edit as text").click()
        expect(page.locator(".spec-text .view-lines")).to_be_visible(timeout=20_000)
        assert (before, any("local_editor" in url for url in asked)) == (0, True)

    def test_a_behaviour_written_as_text_is_in_the_draft(self, reader: BrowserContext) -> None:
        page = self._text(reader)
        page.locator(".spec-text .view-lines").click()
        page.keyboard.press("Control+Home")
        page.keyboard.press("End")
        page.keyboard.type("\n## A new one\nWhen it rains\nThen nothing is charged\n")
        page.get_by_role("button", name="Fields").click()
        row = page.locator(".behaviour-open", has_text="A new one")
        expect(row).to_contain_text("B-10")
        expect(page.get_by_role("button", name="Save as v4")).to_be_visible()

    def test_an_unreadable_line_is_named_and_nothing_is_saved(self, reader: BrowserContext) -> None:
        page = self._text(reader)
        page.locator(".spec-text .view-lines").click()
        page.keyboard.press("Control+Home")
        page.keyboard.type("perhaps ")
        expect(page.locator(".spec-text-line")).to_contain_text("Line 1:")
        page.get_by_role("button", name="Save as v4").click()
        expect(page.get_by_text("VALIDATION_FAILED")).to_be_visible()
        expect(page.locator(".spec-text .view-lines")).to_contain_text("perhaps")

    def test_a_stale_save_from_the_text_meets_the_conflict(self, reader: BrowserContext) -> None:
        page = self._text(reader)
        page.locator(".spec-text .view-lines").click()
        page.keyboard.press("Control+f")
        page.keyboard.type("## B-07")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("End")
        page.keyboard.type(" Only once.")
        page.get_by_role("button", name="Save as v4").click()
        expect(page.get_by_label("Spec conflict")).to_contain_text("Only once.")

    def test_tab_leaves_the_editor(self, reader: BrowserContext) -> None:
        page = self._text(reader)
        page.locator(".spec-text .view-lines").click()
        page.keyboard.press("Tab")
        assert not page.evaluate("document.activeElement.closest('.spec-text') !== null")


class TestIntervention:
    def test_evidence_comes_before_actions(self, reader: BrowserContext) -> None:
        page = _open(reader, "intervene")
        texts = page.locator(".decision").inner_text()
        assert texts.index("Evidence") < texts.index("Last patch") < texts.index("What you can do")
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"\d\d:\d\d"))

    def test_a_stale_decision_says_that_someone_was_faster(self, reader: BrowserContext) -> None:
        page = _open(reader, "intervene")
        page.get_by_role("button", name="Stop here").click()
        expect(page.get_by_text("Someone already changed this job", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Reload")).to_be_visible()


class TestDelivery:
    def test_the_evidence_stands_above_the_diff(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        band, diff = page.get_by_label("Evidence", exact=True), page.locator(".review")
        assert band.bounding_box()["y"] < diff.bounding_box()["y"]  # type: ignore[index]
        expect(band).to_contain_text("0 of 318 changed")

    def test_a_hunk_left_out_stays_readable_and_is_counted(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        page.locator(".file-open", has_text="tariff_engine.py").click()
        page.get_by_role("checkbox", name="Include Hunk 2 of 3").click()
        expect(page.locator(".hunk-left-out")).to_contain_text("waive_minimum")
        expect(page.locator(".selection-note")).to_contain_text("5 of 6 hunks chosen")

    def test_at_768_both_sides_of_a_change_are_still_there(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        page.set_viewport_size({"width": 768, "height": 900})
        expect(page.locator(".diff-code.diff-added").first).to_be_visible()
        expect(page.locator(".diff-code.diff-removed").first).to_be_visible()

    def test_the_whole_file_opens_in_the_bundled_editor(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        page.get_by_role("button", name="Whole file").click()
        expect(page.locator(".line-insert").first).to_be_visible(timeout=20_000)

    def test_the_whole_file_is_read_inline_too(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        page.get_by_role("button", name="Whole, inline").click()
        expect(page.locator(".monaco-diff-editor:not(.side-by-side)")).to_be_visible(timeout=20_000)
        expect(page.locator(".line-insert").first).to_be_visible()

    def test_shows_the_trailer_that_will_stand_in_the_commit(self, reader: BrowserContext) -> None:
        page = _open(reader, "delivery")
        expect(page.locator(".provenance")).to_contain_text("Co-authored-by: IAMA-Agent <bot@iama.dev>")
