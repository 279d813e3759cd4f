import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.goals import EXAMPLES, Goal, GoalKind, GoalNotUnderstoodError, goal_sentence, parse_goal
from services.engine.goals.parser import ROWS

DOCUMENTED = [(text, says) for row in ROWS for text, says in row.examples]
DOCS = Path(__file__).parents[4] / "docs"
PAGES = (DOCS / "guides" / "goals.md", DOCS / "reference" / "goals.md")
WRITTEN = [
    found
    for page in PAGES
    for found in re.findall(r"^\| ([A-Z].+?) \| `([A-Z].+?)` \|$", page.read_text("utf-8"), re.MULTILINE)
]
WORDS = sorted({word for text, _ in DOCUMENTED for word in text.split()})


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
            "Rename f in ../a.py to g",
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

    @pytest.mark.parametrize(("text", "says"), WRITTEN)
    def test_reads_every_sentence_of_the_pages_as_they_say(self, text: str, says: str) -> None:
        assert parse_goal(text).says() == says

    def test_finds_the_sentences_of_the_pages(self) -> None:
        assert len(WRITTEN) > len(DOCUMENTED)

    @pytest.mark.parametrize(("text", "says"), DOCUMENTED)
    def test_reads_every_documented_sentence_as_documented(self, text: str, says: str) -> None:
        assert parse_goal(text).says() == says
        assert goal_sentence(parse_goal(text))

    def test_has_a_documented_sentence_for_every_kind(self) -> None:
        assert {row.kind for row in ROWS} == set(GoalKind) - {GoalKind.SEQUENCE}

    def test_reads_all_documented_sentences_in_one_text(self) -> None:
        text = "\n".join(f"- {text}" for text, _ in DOCUMENTED[:40])
        assert parse_goal(text).says() == "; ".join(says for _, says in DOCUMENTED[:40])

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                "Could you please rename class Foo in src/a.py to Bar, and update all its usages across the project?",
                "RENAME: path=src/a.py, symbol=Foo, new_name=Bar",
            ),
            ("Rename the `x` parameter of `f` to `y`", "RENAME: symbol=f.x, new_name=y, what=parameter"),
            ("Rename the “Foo” class in “a.py” to ‘Bar’", "RENAME: path=a.py, symbol=Foo, new_name=Bar"),
            ("Rename `C`'s method `m` to `n`", "RENAME: symbol=C.m, new_name=n"),
            ("Rename f() in a.py to g()", "RENAME: path=a.py, symbol=f, new_name=g"),
            ("Rename `in` in a.py to `x`", "refused"),
            (
                "Rename f in a.py to g and move it to `b.py`",
                "RENAME: path=a.py, symbol=f, new_name=g; MOVE_SYMBOLS: path=a.py, symbols=[g], new_path=b.py",
            ),
            (
                "Rename the file a.py to b.py and the class Foo to Bar",
                "RENAME_MODULE: path=a.py, new_path=b.py; RENAME: symbol=Foo, new_name=Bar",
            ),
            (
                "1. Rename f in a.py to g\n2. Clean up a.py",
                "RENAME: path=a.py, symbol=f, new_name=g; CLEAN_UP: path=a.py",
            ),
            (
                "Add a parameter `sep` with default `', '` to `f` in a.py",
                "CHANGE_SIGNATURE: path=a.py, symbol=f, changes=[(action=ADD, name=sep, default=', ')]",
            ),
        ],
    )
    def test_reads_the_ways_people_write(self, text: str, says: str) -> None:
        try:
            assert parse_goal(text).says() == says
        except GoalNotUnderstoodError:
            assert says == "refused"

    @pytest.mark.parametrize(
        ("text", "number", "part"),
        [
            ("Rename f in a.py to the moon", None, "the moon"),
            ("Rename f in a.py to g. Sing a song. Clean up", 2, "Sing a song"),
            ("Clean up. Move f and g from a.py to the moon", 2, "moon"),
            ("Inline f in a.py and dance", None, "dance"),
            ("Rename f in a.py to class", None, "class"),
            ("Change the name of f", None, ""),
        ],
    )
    def test_names_the_sentence_and_the_part_that_is_not_understood(
        self, text: str, number: int | None, part: str
    ) -> None:
        with pytest.raises(GoalNotUnderstoodError) as refused:
            parse_goal(text)
        assert refused.value.data.get("number") == number
        assert refused.value.data["part"] == part
        assert part in refused.value.sentence
        for example in refused.value.data["examples"]:
            assert parse_goal(example)

    @pytest.mark.parametrize(
        ("text", "telling"),
        [
            ("Extract lines 20-10 of a.py into a function g", "smaller number first"),
            ("Extract `a +` in a.py into a variable b", "not a Python expression"),
            ("Add a parameter `x` to `f` in a.py, pass it at all call sites", "no default"),
            ("Fold a.py into a.py", "into itself"),
            ("Add `import os, sys` to a.py", "one import statement"),
            ("Clean up a.py and move it to b.py", "refers to nothing"),
        ],
    )
    def test_says_what_cannot_be_meant(self, text: str, telling: str) -> None:
        with pytest.raises(GoalNotUnderstoodError) as refused:
            parse_goal(text)
        assert telling in refused.value.sentence

    @given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
    def test_answers_soon_whatever_the_words(self, text: str) -> None:
        started = time.monotonic()
        try:
            parse_goal(text)
        except GoalNotUnderstoodError as refused:
            assert refused.data["examples"]
        assert time.monotonic() - started < 5.0

    @given(st.text(max_size=300))
    def test_never_fails_otherwise_than_by_refusing(self, text: str) -> None:
        try:
            parse_goal(text)
        except GoalNotUnderstoodError as refused:
            assert refused.sentence


class TestOptions:
    def test_sets_a_field_in_every_step_it_fits(self) -> None:
        goal = parse_goal("Rename f in a.py to g. Clean up", {"strings": "yes", "tests": "no"})
        assert [(step.strings, step.tests) for step in goal.each] == [(True, False), (None, False)]

    @pytest.mark.parametrize(
        ("options", "telling"),
        [
            ({"colour": "red"}, "no option colour"),
            ({"tests": "maybe"}, "cannot be maybe"),
            ({"strings": "yes"}, "does not fit"),
        ],
    )
    def test_refuses_what_is_no_option_of_the_goal(self, options: dict[str, str], telling: str) -> None:
        with pytest.raises(GoalNotUnderstoodError) as refused:
            parse_goal("Clean up", options)
        assert telling in refused.value.sentence
