import pytest

from services.engine.goals import EXAMPLES, Goal, GoalKind, GoalNotUnderstoodError, parse_goal


class TestParseGoal:
    @pytest.mark.parametrize(
        ("text", "goal"),
        [
            ("Modernise to Python 3.11", Goal(GoalKind.MODERNISE, target="3.11")),
            ("modernize to 3.9", Goal(GoalKind.MODERNISE, target="3.9")),
            (
                "  Modernise the code\n in src/app to python 3.12. ",
                Goal(GoalKind.MODERNISE, target="3.12", path="src/app"),
            ),
            ("Clean up", Goal(GoalKind.CLEAN_UP)),
            ("cleanup src/app/", Goal(GoalKind.CLEAN_UP, path="src/app")),
            ("Clean up `a/b.py`", Goal(GoalKind.CLEAN_UP, path="a/b.py")),
            ("Rename `f` in `a/b.py` to `g`", Goal(GoalKind.RENAME, path="a/b.py", symbol="f", new_name="g")),
            ("rename A.f in a.py to A.g", Goal(GoalKind.RENAME, path="a.py", symbol="A.f", new_name="g")),
            (
                "Rename 'f' in \"my dir/b.py\" to 'g'.",
                Goal(GoalKind.RENAME, path="my dir/b.py", symbol="f", new_name="g"),
            ),
        ],
    )
    def test_understands_the_grammar(self, text: str, goal: Goal) -> None:
        assert parse_goal(text) == goal

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Make it faster",
            "Modernise to Python 2.7",
            "Modernise to Python 3.99",
            "Rename f to g",
            "Rename f in ../a.py to g",
            "Rename f in a.py to class",
            "Rename f in a.py to f",
            "Clean up /etc",
            "Clean up the world and make coffee",
        ],
    )
    def test_refuses_anything_else_with_sentences_that_would_be_understood(self, text: str) -> None:
        with pytest.raises(GoalNotUnderstoodError) as refused:
            parse_goal(text)
        assert refused.value.code == "GOAL_NOT_UNDERSTOOD"
        assert refused.value.data["examples"] == list(EXAMPLES)

    @pytest.mark.parametrize("example", EXAMPLES)
    def test_understands_its_own_examples(self, example: str) -> None:
        assert parse_goal(example).kind in GoalKind
