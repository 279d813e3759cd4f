"""Inlined variables."""

import pytest

from services.engine.hazards import HazardKind
from services.engine.inlining.operations import InlineVariable
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def inlined(source: str, symbol: str) -> str:
    """Return the file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, operation_on(InlineVariable, tree, MAIN, symbol=symbol))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


class TestInlineVariable:
    @pytest.mark.parametrize(
        ("value", "use", "expected"),
        [
            ("a + 1", "x * 2", "(a + 1) * 2"),
            ("a + 1", "dict(k=x) or x", "dict(k=a + 1) or (a + 1)"),
            ("a", "f'{x}'", "f'{a}'"),
            ("1", "x.real", "(1).real"),
            ("1, a", "[x]", "[(1, a)]"),
            ("len([a])", "x + 1", "len([a]) + 1"),
            ("a if a else 2", "[x, -x]", "[a if a else 2, -(a if a else 2)]"),
            ("(a +\n        1)", "x", "(a +\n        1)"),
        ],
    )
    def test_puts_the_value_in_place_of_every_read(self, value: str, use: str, expected: str) -> None:
        result = inlined(f"def f(a):\n    x = {value}\n    return {use}\n\n\nprint(f(1))\n", "f.x")
        assert result == f"def f(a):\n    return {expected}\n\n\nprint(f(1))\n"

    def test_inlines_a_variable_of_the_module(self) -> None:
        assert inlined("LIMIT = 3\n\n\ndef f():\n    return LIMIT\n\n\nprint(f())\n", "LIMIT") == (
            "\n\ndef f():\n    return 3\n\n\nprint(f())\n"
        )

    def test_follows_reads_in_nested_scopes(self) -> None:
        result = inlined(
            ("def f(a):\n    x = a + 1\n    return [x for _ in 'ab'], (lambda: x)()\n\n\nprint(f(1))\n"), "f.x"
        )
        assert "return [a + 1 for _ in 'ab'], (lambda: a + 1)()" in result

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("    x = 1\n    x = 2\n    return x\n", "UNSAFE_REFERENCE main.py:2"),
            ("    x = g()\n    return x, x\n", "UNSAFE_REFERENCE main.py:3"),
            ("    x = g()\n    return lambda: x\n", "UNSAFE_REFERENCE main.py:2"),
            ("    x = []\n    for i in a:\n        x.append(i)\n", "UNSAFE_REFERENCE main.py:2"),
            ("    x = a\n    a = 2\n    return x\n", "UNSAFE_REFERENCE main.py:3"),
            ("    x = a\n    return [x for a in (1, 2)]\n", "UNSAFE_REFERENCE main.py:3"),
            ("    x = 'q'\n    return f'{x}'\n", "UNSAFE_REFERENCE main.py:3"),
            ("    for x in a:\n        print(x)\n", "UNSAFE_REFERENCE main.py:2"),
            ("    x, y = a\n    return x\n", "UNSAFE_REFERENCE main.py:2"),
            ("    y = 1\n    return y\n", "ANCHOR_NOT_FOUND main.py"),
        ],
    )
    def test_refuses_a_value_that_would_be_another(self, body: str, expected: str) -> None:
        tree = one_file(f"def f(a):\n{body}")
        assert refusal(tree, operation_on(InlineVariable, tree, MAIN, symbol="f.x")) == expected

    def test_refuses_what_other_files_read(self) -> None:
        tree = {MAIN: b"LIMIT = 3\n", "b.py": b"from main import LIMIT\n"}
        assert refusal(tree, operation_on(InlineVariable, tree, MAIN, symbol="LIMIT")) == "UNSAFE_REFERENCE b.py:1"
        tree = {MAIN: b"LIMIT = 3\n", "b.py": b"import main\n\nprint(main.LIMIT)\n"}
        assert refusal(tree, operation_on(InlineVariable, tree, MAIN, symbol="LIMIT")) == "UNSAFE_REFERENCE b.py:3"

    def test_says_that_the_value_is_worked_out_later(self) -> None:
        tree = one_file("def f(a):\n    x = a.b\n    a.go()\n    return x\n")
        operation = operation_on(InlineVariable, tree, MAIN, symbol="f.x")
        assert [item.kind for item in planned(tree, operation)[1].hazards] == [HazardKind.EVALUATION_ORDER]
        assert applied_twice(tree, operation) == (["APPLIED"], ["ALREADY_APPLIED"])
