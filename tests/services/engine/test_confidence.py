import pytest

from services.engine.confidence import (
    POLICIES,
    ConfidenceBand,
    Part,
    Snippet,
    confidence_band,
    confidence_score,
    edit_types,
    measure_confidence,
)
from tests.services.engine.builders import files


class TestScore:
    @pytest.mark.parametrize(
        ("rates", "score", "band"),
        [
            (("1", "1", "1"), 100, ConfidenceBand.AST),
            (("1", "0.5", "0.5"), 70, ConfidenceBand.AST),
            (("0.5", "0.3", "0.36"), 40, ConfidenceBand.AST),
            (("0.5", "0.2", "0.4"), 37, ConfidenceBand.BLACK_BOX),
            (("0.4", "0.08", "0.05"), 20, ConfidenceBand.BLACK_BOX),
            (("0.3", "0.1", "0.1"), 18, ConfidenceBand.EXACT_ONLY),
            (("0", "0", "0"), 0, ConfidenceBand.EXACT_ONLY),
        ],
    )
    def test_gives_the_specified_scores_and_bands(
        self, rates: tuple[str, str, str], score: int, band: ConfidenceBand
    ) -> None:
        assert confidence_score(*rates) == score
        assert confidence_band(score) is band

    def test_clamps_rates_and_shares_out_the_weight_of_a_missing_part(self) -> None:
        assert confidence_score("7", "-1", None) == 53
        assert confidence_score(None, "0.5", None) == 50
        assert confidence_score(None, None, None) == 0

    def test_follows_thresholds_that_were_set(self) -> None:
        assert confidence_band(45, ast_from=50) is ConfidenceBand.BLACK_BOX
        assert confidence_band(45, ast_from=50, exact_only_below=46) is ConfidenceBand.EXACT_ONLY


class TestModes:
    def test_allows_symbolic_edits_by_band_override_and_language(self) -> None:
        both = ("AST_SYMBOLIC", "EXACT_SEARCH_REPLACE")
        exact = ("EXACT_SEARCH_REPLACE",)
        assert edit_types(ConfidenceBand.AST, "python") == both
        assert edit_types(ConfidenceBand.AST, "java") == exact
        assert edit_types(ConfidenceBand.BLACK_BOX, "typescript") == exact
        assert edit_types(ConfidenceBand.BLACK_BOX, "typescript", overridden=True) == both
        assert edit_types(ConfidenceBand.EXACT_ONLY, "python", overridden=True) == exact

    def test_turns_to_black_box_by_itself_below_the_first_threshold(self) -> None:
        assert [POLICIES[band].automatic_black_box for band in ConfidenceBand] == [False, True, True]
        assert [POLICIES[band].may_override for band in ConfidenceBand] == [False, True, False]


class TestMeasure:
    TREE = files(
        {
            "a.py": """
                LIMIT = 1


                @cached
                def f():
                    x = 1
                    return x


                class C:
                    def m(self):
                        pass
                """,
            "b.py": "def twice(): ...\ndef twice(): ...\n",
            "broken.py": "def (\n",
        }
    )

    def test_counts_files_anchors_and_snippets(self) -> None:
        found = measure_confidence(
            self.TREE,
            ["a.py", "b.py", "broken.py", "gone.py"],
            [("a.py", "LIMIT"), ("a.py", "C.m"), ("b.py", "twice"), ("a.py", "missing"), ("broken.py", "f")],
            [Snippet("a.py", 4, 7), Snippet("a.py", 5, 6), Snippet("b.py", 1, 2), Snippet("broken.py", 1, 1)],
        )
        assert (found.parse, found.symbols, found.snippets) == (Part(2, 4), Part(2, 5), Part(2, 4))
        assert (found.score, found.band) == (47, ConfidenceBand.AST)

    def test_leaves_out_a_part_that_nothing_was_asked_of(self) -> None:
        assert measure_confidence(self.TREE, ["a.py"], [], []).score == 100
