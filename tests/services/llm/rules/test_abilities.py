"""Goals without a model: done, or refused with the reason and with sentences that would be done."""

import pytest

from services.engine.goals import GoalKind, GoalNotUnderstoodError
from services.llm.rules.abilities import INABILITIES, UNKNOWN_SENTENCE, assess_goal, require_goal


class TestAssessGoal:
    def test_understands_a_goal_of_the_grammar(self) -> None:
        answer = assess_goal("Modernise to Python 3.11")
        assert answer.understood
        assert answer.goal is not None
        assert answer.goal.kind is GoalKind.MODERNISE

    @pytest.mark.parametrize(
        ("goal", "telling"),
        [
            ("Fix the bug in the parser", "changes behaviour"),
            ("Add a retry option", "judgement"),
            ("Make it faster", "measurements"),
            ("Port this to asyncio", "needs a model"),
            ("Extract the tax rules into a class", "exactly which definitions"),
            ("Explain the module", "needs a model"),
            ("Improve readability", "does not say which change"),
        ],
    )
    def test_says_why_it_cannot(self, goal: str, telling: str) -> None:
        answer = assess_goal(goal)
        assert not answer.understood
        assert telling in answer.sentence
        assert answer.examples

    def test_names_the_part_that_is_not_understood(self) -> None:
        answer = assess_goal("Rename `f` in a.py to `g`. Move `h` from a.py to the moon")
        assert "Sentence 2" in answer.sentence and "“moon”" in answer.sentence
        assert any(example.startswith("Move ") for example in answer.examples)

    def test_admits_what_it_does_not_know(self) -> None:
        assert assess_goal("Sing a song").sentence == UNKNOWN_SENTENCE

    def test_keeps_the_particular_reason_of_the_grammar(self) -> None:
        assert "Python 3." in assess_goal("Modernise to Python 3.2").sentence

    def test_no_reason_is_shadowed_by_an_earlier_one(self) -> None:
        assert len({entry.sentence for entry in INABILITIES}) == len(INABILITIES)


class TestRequireGoal:
    def test_refuses_with_code_and_examples(self) -> None:
        with pytest.raises(GoalNotUnderstoodError) as refusal:
            require_goal("Add a login page")
        assert refusal.value.code == "GOAL_NOT_UNDERSTOOD"
        assert "judgement" in refusal.value.sentence
        assert any("Add a parameter" in example for example in refusal.value.data["examples"])
