"""Outcome strips: up is before, down is after, a change breaks the mirror."""

import re

from state.jobs.strips import SUITE, Tick, condense, describe, draw, draw_lines

P, F, K, N = Tick.PASSED, Tick.FAILED, Tick.SKIPPED, Tick.MISSING


def _heights(path: str) -> set[str]:
    return set(re.findall(r"M\d+ ([\d.]+)h", path))


class TestDraw:
    def test_preserved_behaviour_is_a_mirror_image(self) -> None:
        strip = draw([P] * 4, [P] * 4)
        assert strip.passed == "M0 8.5h18M0 16.5h18"
        assert strip.failed == ""

    def test_a_test_that_broke_is_missing_below_and_red_there(self) -> None:
        strip = draw([P, P, P], [P, F, P])
        assert strip.passed == "M0 8.5h13M0 16.5h3M10 16.5h3"
        assert strip.failed == "M5 19h3"

    def test_failures_reach_further_than_passes(self) -> None:
        strip = draw([F], [F])
        above, below = sorted(float(value) for value in _heights(strip.failed))
        assert float(strip.axis) - above > 4
        assert below - float(strip.axis) > 4

    def test_a_running_attempt_shows_only_what_ran(self) -> None:
        strip = draw([P, P], [P, N])
        assert strip.missing
        assert "1 not run" in strip.label

    def test_the_label_counts_both_sides(self) -> None:
        assert describe([P, P, K], [P, F, K]) == (
            "before: 2 passed, 1 skipped of 3; after: 1 passed, 1 failed, 1 skipped of 3; 1 changed"
        )

    def test_an_empty_strip_says_so(self) -> None:
        assert draw([], []).label == "no test run yet"

    def test_a_thousand_equal_tests_stay_small(self) -> None:
        assert len(draw([P] * 1000, [P] * 1000, SUITE).passed) < 40


class TestDrawLines:
    def test_318_tests_take_two_lines(self) -> None:
        lines = draw_lines([P] * 318, [P] * 318, 159)
        assert [line.width for line in lines] == [317, 317]

    def test_a_small_suite_takes_one(self) -> None:
        assert len(draw_lines([P] * 20, [P] * 20, 159)) == 1

    def test_a_small_suite_gets_wider_ticks_and_stays_on_its_line(self) -> None:
        widths = [draw_lines([P] * number, [P] * number, 159)[0].width for number in (40, 100, 159)]
        assert widths == [278, 299, 317]

    def test_condensing_hides_no_change(self) -> None:
        before, after = condense([P, P, P, F], [P, F, P, F], 2)
        assert (before, after) == ([P, F], [F, F])

    def test_condensing_shows_a_swap_that_leaves_the_counts_equal(self) -> None:
        before, after = condense([P, F], [F, P], 2)
        assert before != after
