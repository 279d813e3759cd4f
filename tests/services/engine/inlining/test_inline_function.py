"""Inlined functions: exact text, the same behaviour, what is carried along, refusals."""

from typing import Any

import pytest

from services.engine.hazards import HazardKind
from services.engine.inlining.operations import InlineFunction
from services.engine.tree_edits import EditLimits
from tests.services.engine.builders import files
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def inlining(tree: dict[str, bytes], symbol: str, path: str = MAIN, **more: Any) -> InlineFunction:
    made: InlineFunction = operation_on(InlineFunction, tree, path, symbol=symbol, **more)
    return made


def inlined(source: str, symbol: str, **more: Any) -> str:
    """Return the one file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, inlining(tree, symbol, **more))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


class TestExpressions:
    @pytest.mark.parametrize(
        ("body", "call", "expected"),
        [
            ("f(a):\n    return a + 1", "f(2) * 3", "(2 + 1) * 3"),
            ("f(a):\n    return a * a", "f(x)", "x * x"),
            ("f(a, b=1):\n    return a - b", "f(b=x, a=5)", "5 - x"),
            ("f(a, b=1):\n    return a - b", "[f(y) for y in [1, 2]]", "[y - 1 for y in [1, 2]]"),
            ("f(a):\n    return a * 2", "f(1 + 1)", "(1 + 1) * 2"),
            ("f(a):\n    return a * 2", "f(f(x))", "(x * 2) * 2"),
            ("f(a):\n    return a, 1", "[f(x)]", "[(x, 1)]"),
            ("f(a):\n    return f'<{a}>'", "f(x)", "f'<{x}>'"),
            ("f(a):\n    return [i for i in range(a)]", "f(len('ab'))", "[i for i in range(len('ab'))]"),
            ("f():\n    pass", "f()", "None"),
            ("f(a):\n    '''Doc.'''\n    return a", "str(f(x))", "str(x)"),
        ],
    )
    def test_puts_the_result_in_place_of_the_call(self, body: str, call: str, expected: str) -> None:
        result = inlined(f"x = 7\n\n\ndef {body}\n\n\ndef use():\n    return {call}\n\n\nprint(use())\n", "f")
        assert f"def use():\n    return {expected}\n" in result and "def f" not in result

    def test_takes_the_definition_with_its_blank_lines_away(self) -> None:
        source = "import os\n\n\ndef f(a):\n    return a\n\n\n# next\ndef g():\n    return f(1)\n\n\nprint(g())\n"
        assert inlined(source, "f") == "import os\n\n\n# next\ndef g():\n    return 1\n\n\nprint(g())\n"


class TestStatements:
    def test_puts_statements_before_the_call_under_free_names(self) -> None:
        source = """
            def f(items, limit):
                total = 0
                # add up
                for item in items:
                    if item > limit:
                        total += item
                return total


            def use(total):
                got = f([1, 5], total) + f([2], 1)
                return got, total


            print(use(2))
            """
        assert inlined(source, "f") == (
            "def use(total):\n"
            "    items = [1, 5]\n"
            "    total_1 = 0\n"
            "    # add up\n"
            "    for item in items:\n"
            "        if item > total:\n"
            "            total_1 += item\n"
            "    items_1 = [2]\n"
            "    total_2 = 0\n"
            "    # add up\n"
            "    for item_1 in items_1:\n"
            "        if item_1 > 1:\n"
            "            total_2 += item_1\n"
            "    got = total_1 + total_2\n"
            "    return got, total\n\n\n"
            "print(use(2))\n"
        )

    def test_evaluates_arguments_once_and_in_order(self) -> None:
        source = """
            def say(x):
                print("say", x)
                return x


            def f(a, b):
                return b + b * a


            def use():
                return f(say(2), say(3))


            print(use())
            """
        result = inlined(source, "f")
        assert "    a = say(2)\n    b = say(3)\n    return b + b * a\n" in result

    def test_takes_a_call_statement_away_and_keeps_what_acts(self) -> None:
        source = """
            def log(x):
                print("log", x)


            def noop(x):
                return x


            def use(flag):
                if flag:
                    log(1)
                noop(2)
                log(
                    3
                )


            use(True)
            """
        result = inlined(source, "log")
        assert '    if flag:\n        print("log", 1)\n    noop(2)\n    print("log", 3)\n' in result
        assert "noop" not in inlined(source, "noop")

    def test_assigns_parameters_that_the_body_changes(self) -> None:
        source = "def f(n):\n    n += 1\n    return n\n\n\ndef use(n):\n    return f(n), n\n\n\nprint(use(1))\n"
        assert "    n_1 = n\n    n_1 += 1\n    return n_1, n\n" in inlined(source, "f")

    def test_inlines_an_awaited_function(self) -> None:
        source = """
            import asyncio


            async def f(a):
                await asyncio.sleep(0)
                return a + 1


            async def use():
                return await f(1) * 2


            print(asyncio.run(use()))
            """
        assert "    await asyncio.sleep(0)\n    return (1 + 1) * 2\n" in inlined(source, "f")


class TestMethods:
    def test_puts_the_receiver_in_place_of_self(self) -> None:
        source = """
            class C:
                def __init__(self):
                    self.v = 2

                def twice(self, k):
                    return self.v * k

                def use(self):
                    return self.twice(3)


            def outside():
                c = C()
                return c.twice(4)


            print(C().use(), outside())
            """
        result = inlined(source, "C.twice")
        assert "return self.v * 3" in result and "return c.v * 4" in result and "def twice" not in result

    def test_says_that_a_public_method_may_be_overridden_elsewhere(self) -> None:
        tree = one_file("class C:\n    def m(self):\n        return 1\n\n    def _n(self):\n        return self.m()\n")
        found = {name: planned(tree, inlining(tree, f"C.{name}"))[1].hazards for name in ("m", "_n")}
        assert [item.kind for item in found["m"]] == [HazardKind.PUBLIC_NAME] and not found["_n"]

    def test_refuses_an_override_and_an_unknown_receiver(self) -> None:
        tree = one_file("class A:\n    def m(self): ...\n\n\nclass B(A):\n    def m(self): ...\n")
        assert refusal(tree, inlining(tree, "A.m")) == "UNSAFE_REFERENCE main.py:6"
        tree = one_file("class A:\n    def m(self): ...\n\n\ndef f(x):\n    return x.m()\n")
        assert refusal(tree, inlining(tree, "A.m")) == "UNSAFE_REFERENCE main.py:6"


class TestOtherFiles:
    TREE = files(
        {
            "pkg/__init__.py": "",
            "pkg/tools.py": """
                import math
                from pkg.more import scale as _scale

                FACTOR = 2


                def area(r):
                    return _scale(math.pi * r * r) * FACTOR


                def twice(r):
                    return area(r)
                """,
            "pkg/more.py": "def scale(x):\n    return round(x)\n",
            "main.py": """
                from pkg.tools import area, twice
                from pkg import tools

                print(area(1), tools.area(2), twice(3))
                """,
        }
    )

    def test_carries_imports_and_drops_those_of_the_function(self) -> None:
        after, _ = planned(self.TREE, inlining(self.TREE, "area", "pkg/tools.py"))
        assert ran(after) == ran(self.TREE)
        main = after["main.py"].decode()
        assert "area" not in main and "import math" in main and "from pkg.more import scale as _scale" in main
        assert "FACTOR" in main and "_scale(math.pi * 1 * 1) * FACTOR" in main
        assert b"def area" not in after["pkg/tools.py"]

    def test_keeps_the_definition_and_its_imports_when_asked(self) -> None:
        after, _ = planned(self.TREE, inlining(self.TREE, "area", "pkg/tools.py", keep_definition=True))
        assert ran(after) == ran(self.TREE)
        assert b"def area" in after["pkg/tools.py"] and b"import area, " in after["main.py"].replace(b"FACTOR, ", b"")

    def test_refuses_a_name_that_means_something_else_there(self) -> None:
        tree = self.TREE | files({"main.py": "from pkg.tools import area\n\nFACTOR = 3\nprint(area(1))\n"})
        assert refusal(tree, inlining(tree, "area", "pkg/tools.py")) == "NAME_COLLISION main.py:4"

    def test_refuses_to_leave_a_call_outside_the_scope(self) -> None:
        operation = inlining(self.TREE, "area", "pkg/tools.py")
        assert refusal(self.TREE, operation, EditLimits(scope=("pkg",))).startswith("UNSAFE_REFERENCE main.py:4")

    def test_is_recognised_as_applied(self) -> None:
        assert applied_twice(self.TREE, inlining(self.TREE, "area", "pkg/tools.py")) == (
            ["APPLIED"],
            ["ALREADY_APPLIED"],
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("def f(a):\n    if a:\n        return 1\n    return 2\nf(1)\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    return f(a - 1)\n", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    yield a\n", "UNSAFE_REFERENCE main.py:2"),
            ("def f(*a):\n    return a\n", "UNSAFE_REFERENCE main.py:1"),
            ("@cache\ndef f(a):\n    return a\n", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a=[]):\n    return a\nf()\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    return a\nprint(map(f, [1]))\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    return a\nf(*[1])\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    return a\nf()\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    b = a\n    return b\nwhile f(1): pass\n", "UNSAFE_REFERENCE main.py:4"),
            ("def f(a):\n    b = a\n    return b\nx = 1 and f(1)\n", "UNSAFE_REFERENCE main.py:4"),
            ("def f(a):\n    b = a\n    return b\ng = lambda: f(1)\n", "UNSAFE_REFERENCE main.py:4"),
            ("k = 1\ndef f(a):\n    return a + k\ndef g(k):\n    return f(k)\n", "SHADOWED main.py:5"),
            ("__all__ = ['f']\ndef f(a):\n    return a\n", "UNSAFE_REFERENCE main.py"),
            ("x = 1\n", "ANCHOR_NOT_FOUND main.py"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, expected: str) -> None:
        tree = one_file(source)
        assert refusal(tree, inlining(tree, "f")) == expected

    def test_says_that_the_body_runs_earlier_than_the_call(self) -> None:
        tree = one_file("def f(a):\n    b = g(a)\n    return b\n\n\ndef use(h):\n    return h(1) + f(2)\n")
        _, edits = planned(tree, inlining(tree, "f"))
        assert HazardKind.EVALUATION_ORDER in {item.kind for item in edits.hazards}
