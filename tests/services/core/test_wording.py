"""Counts read as sentences do."""

import pytest

from services.core.wording import plural, tally


class TestPlural:
    @pytest.mark.parametrize(
        ("value", "words"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (9214, "9\u2009214 files")]
    )
    def test_follows_the_count(self, value: int, words: str) -> None:
        assert plural(value, "file") == words

    def test_takes_an_irregular_form(self) -> None:
        assert (plural(1, "entry", "entries"), plural(3, "entry", "entries")) == ("1 entry", "3 entries")


class TestTally:
    def test_leaves_zeros_out_and_underscores_too(self) -> None:
        assert tally({"passed": 97, "failed": 0, "not_run": 3}) == "97 passed, 3 not run"

    def test_says_what_nothing_means(self) -> None:
        assert tally({"passed": 0}, "did not run") == "did not run"
