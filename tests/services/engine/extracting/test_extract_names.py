"""Extraction of variables and constants."""

from typing import Any

import pytest

from services.engine.extracting.operations import ExtractConstant, ExtractVariable
from services.engine.hazards import HazardKind
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def request(model: Any, tree: dict[str, bytes], expression: str, name: str, line: str = "", **more: Any) -> Any:
    lines = tree[MAIN].decode().split("\n")
    number = next(index for index, item in enumerate(lines, 1) if (line or expression) in item)
    return operation_on(model, tree, MAIN, line=number, expression=expression, new_name=name, **more)


def named(model: Any, source: str, expression: str, name: str, **more: Any) -> str:
    """Return the file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, request(model, tree, expression, name, **more))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


class TestVariable:
    def test_assigns_before_the_statement_and_takes_brackets_away(self) -> None:
        source = "def f(a, b):\n    # why\n    return (a + b) * 2\n\n\nprint(f(1, 2))\n"
        assert named(ExtractVariable, source, "a + b", "total") == (
            "def f(a, b):\n    # why\n    total = a + b\n    return total * 2\n\n\nprint(f(1, 2))\n"
        )

    def test_keeps_an_expression_on_several_lines(self) -> None:
        source = "def f(a, b):\n    return [\n        a +\n        b,\n    ]\n\n\nprint(f(1, 2))\n"
        result = named(ExtractVariable, source, "a + b", "total", line="a +")
        assert "    total = (a +\n        b)\n    return [\n        total,\n    ]\n" in result

    def test_replaces_all_occurrences_until_the_value_may_change(self) -> None:
        source = (
            "def f(a):\n    x = a + 1\n    y = (a + 1) * 2\n    a = a + 1\n    return x, y, a + 1\n\n\nprint(f(1))\n"
        )
        result = named(ExtractVariable, source, "a + 1", "n", line="x =", all_occurrences=True)
        assert "    n = a + 1\n    x = n\n    y = n * 2\n    a = n\n    return x, y, a + 1\n" in result

    def test_stops_at_calls_that_may_change_what_an_attribute_holds(self) -> None:
        source = """
            class C:
                v = 1


            def f(c):
                x = c.v + 1
                setattr(c, "v", 5)
                return x, c.v + 1


            print(f(C()))
            """
        assert "return x, c.v + 1" in named(ExtractVariable, source, "c.v + 1", "n", line="x =", all_occurrences=True)

    def test_says_when_a_call_happens_less_often_or_earlier(self) -> None:
        tree = one_file("def f(g, h):\n    return h(1) + g(2) + g(2)\n")
        _, edits = planned(tree, request(ExtractVariable, tree, "g(2)", "x", all_occurrences=True))
        assert [item.kind for item in edits.hazards] == [HazardKind.REPEATED_VALUE, HazardKind.EVALUATION_ORDER]

    @pytest.mark.parametrize(
        ("source", "expression", "expected"),
        [
            ("def f(a):\n    return a and a.b\n", "a.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    return a.b if a else 0\n", "a.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    while a.b:\n        pass\n", "a.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    return lambda: a.b\n", "a.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    return [x.b for x in a]\n", "x.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    if a:\n        pass\n    elif a.b:\n        pass\n", "a.b", "UNSAFE_REFERENCE main.py:4"),
            ("def f(a):\n    if a: print(a.b)\n", "a.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    return (y := a), y.b\n", "y.b", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    return a.b + a.b\n", "a.b", "ANCHOR_AMBIGUOUS main.py:2"),
            ("def f(a):\n    new = 1\n    return a.b\n", "a.b", "NAME_COLLISION main.py:2"),
            ("def f(a):\n    return a.b, new\n", "a.b", "SHADOWED main.py:2"),
            ("def f(a):\n    return a.b\n", "a +", "SYNTAX_BROKEN main.py"),
        ],
    )
    def test_refuses_what_is_not_evaluated_once(self, source: str, expression: str, expected: str) -> None:
        tree = one_file(source)
        operation = request(ExtractVariable, tree, expression, "new", line=expression.rstrip(" +"))
        assert refusal(tree, operation) in (expected, expected.replace(":2", ":1"))

    def test_is_recognised_as_applied(self) -> None:
        tree = one_file("def f(a):\n    return a + 1\n")
        assert applied_twice(tree, request(ExtractVariable, tree, "a + 1", "n")) == (["APPLIED"], ["ALREADY_APPLIED"])


class TestConstant:
    def test_stands_behind_the_imports_and_replaces_every_equal_literal(self) -> None:
        source = '''
            """Doc 3600."""

            import os


            def f(a=3600):
                """3600"""
                return a // 3600 + os.sep.count("3600")


            print(f(), -3600)
            '''
        result = named(ExtractConstant, source, "3600", "HOUR", line="def f")
        assert 'import os\n\nHOUR = 3600\n\n\ndef f(a=HOUR):\n    """3600"""\n    return a // HOUR + os' in result
        assert "print(f(), -HOUR)" in result

    def test_stands_behind_what_it_reads_and_before_its_first_use(self) -> None:
        source = "DAY = 24\nOTHER = 1\nWEEK = DAY * 7\n\n\ndef f():\n    return DAY * 7\n\n\nprint(f(), WEEK)\n"
        result = named(ExtractConstant, source, "DAY * 7", "HOURS", line="return")
        assert result.startswith("DAY = 24\nHOURS = DAY * 7\nOTHER = 1\nWEEK = HOURS\n")

    def test_leaves_patterns_annotations_exports_and_hidden_names(self) -> None:
        source = """
            from typing import Literal

            __all__ = ["a"]


            def f(x: Literal["a"]):
                match x:
                    case "a":
                        return "a"


            print(f("a"))
            """
        result = named(ExtractConstant, source, "'a'", "LETTER", line="return")
        assert result.count('"a"') == 4 and "return LETTER" in result and "print(f(LETTER))" in result

    def test_replaces_one_place_when_asked(self) -> None:
        source = "def f():\n    return 60\n\n\nprint(f(), 60)\n"
        result = named(ExtractConstant, source, "60", "MINUTE", line="return", all_occurrences=False)
        assert result == "MINUTE = 60\n\n\ndef f():\n    return MINUTE\n\n\nprint(f(), 60)\n"

    @pytest.mark.parametrize(
        ("source", "expression", "expected"),
        [
            ("def f(a):\n    return a + 1\n", "a + 1", "UNSAFE_REFERENCE main.py:2"),
            ("def f():\n    return g(1)\n", "g(1)", "UNSAFE_REFERENCE main.py:2"),
            ("print(1 + 1)\nX = 3\nprint(X + 1)\n", "X + 1", ""),
            ("LIMIT = 1\ndef f():\n    return 5\n", "5", "NAME_COLLISION main.py:1"),
            ("def f(LIMIT):\n    return 5\n", "5", "SHADOWED main.py:1"),
        ],
    )
    def test_refuses_what_is_no_constant(self, source: str, expression: str, expected: str) -> None:
        tree = one_file(source)
        assert refusal(tree, request(ExtractConstant, tree, expression, "LIMIT")) == expected

    def test_says_that_literals_may_differ_in_meaning_and_that_a_list_is_shared(self) -> None:
        tree = one_file("def f():\n    return [1, [1]]\n")
        _, edits = planned(tree, request(ExtractConstant, tree, "1", "ONE"))
        assert [item.kind for item in edits.hazards] == [HazardKind.REPEATED_VALUE]
        _, edits = planned(tree, request(ExtractConstant, tree, "[1]", "ONES"))
        assert [item.kind for item in edits.hazards] == [HazardKind.REPEATED_VALUE]
