"""Extraction of statements: the exact text, the same behaviour, and the refusals."""

from textwrap import dedent
from typing import Any

import pytest

from services.engine.extracting.operations import ExtractFunction
from services.engine.hazards import HazardKind
from services.engine.tree_edits import EditLimits
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def lines_of(tree: dict[str, bytes], first: str, last: str) -> dict[str, int]:
    """Return the lines, from 1, that hold two texts; the last is looked for from the first on."""
    lines = tree[MAIN].decode().split("\n")
    start = next(number for number, line in enumerate(lines, 1) if first in line)
    end = next(number for number, line in enumerate(lines, 1) if last in line and number >= start)
    return {"start_line": start, "end_line": end}


def extraction(tree: dict[str, bytes], first: str, last: str, name: str = "helper", **more: Any) -> ExtractFunction:
    made: ExtractFunction = operation_on(
        ExtractFunction, tree, MAIN, new_name=name, **lines_of(tree, first, last), **more
    )
    return made


def extracted(source: str, first: str, last: str, **more: Any) -> str:
    """Return the file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, extraction(tree, first, last, **more))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


def text(source: str) -> str:
    return dedent(source).lstrip("\n")


class TestLayout:
    def test_puts_a_function_after_the_one_it_came_from_with_comments_strings_and_trailing_remarks(self) -> None:
        result = extracted(
            '''
            LIMIT = 3


            def report(items: list[int], title: str, extra=None) -> str:
                """Say it."""
                total = 0
                # add up
                for item in items:
                    if item > LIMIT:  # too much
                        continue
                    total += item
                note = """
            kept as it is
                """
                # trailing remark
                return f"{title}: {total}{note}"


            print(report([1, 2, 9], "sum"))
            ''',
            "# add up",
            "# trailing remark",
            name="add_up",
        )
        assert result == text(
            '''
            LIMIT = 3


            def report(items: list[int], title: str, extra=None) -> str:
                """Say it."""
                total = 0
                total, note = add_up(items, total)
                return f"{title}: {total}{note}"


            def add_up(items: list[int], total):
                # add up
                for item in items:
                    if item > LIMIT:  # too much
                        continue
                    total += item
                note = """
            kept as it is
                """
                # trailing remark
                return total, note


            print(report([1, 2, 9], "sum"))
            '''
        )

    def test_keeps_tabs_carriage_returns_the_mark_and_the_missing_last_line_end(self) -> None:
        content = (
            b"\xef\xbb\xbfdef f(a):\r\n\tif a:\r\n\t\tb = (a +\r\n\t\t\t1)\r\n\t\tprint(b)\r\n\treturn a\r\nprint(f(1))"
        )
        tree = {MAIN: content}
        operation = operation_on(ExtractFunction, tree, MAIN, start_line=3, end_line=5, new_name="g")
        after, _ = planned(tree, operation)
        assert after[MAIN] == (
            b"\xef\xbb\xbfdef f(a):\r\n\tif a:\r\n\t\tg(a)\r\n\treturn a\r\n\r\n\r\n"
            b"def g(a):\r\n\tb = (a +\r\n\t\t1)\r\n\tprint(b)\r\nprint(f(1))"
        )
        assert ran(after) == ran(tree) == "2\n1\n"

    def test_leaves_blank_lines_and_comments_of_other_blocks_at_the_edges(self) -> None:
        result = extracted(
            """
            def f(a):
                if a:
                    b = a

                    print(b)

                # about the end
                return a


            print(f(2))
            """,
            "b = a",
            "# about the end",
        )
        assert "        helper(a)\n\n    # about the end\n    return a\n" in result

    def test_touches_nothing_else_and_is_recognised_as_applied(self) -> None:
        tree = one_file("def f():\n    print(1)\n    print(2)\n\n\nf()\n") | {"other.py": b"x = 1\n"}
        operation = extraction(tree, "print(1)", "print(1)")
        after, edits = planned(tree, operation)
        assert set(edits.contents) == {MAIN} and after["other.py"] == b"x = 1\n"
        assert applied_twice(tree, operation) == (["APPLIED"], ["ALREADY_APPLIED"])


class TestDataFlow:
    @pytest.mark.parametrize(
        ("source", "first", "last", "call", "header"),
        [
            (
                "def f(a):\n    b = a\n    b += 1\n    return b\nprint(f(1))\n",
                "b += 1",
                "b += 1",
                "b = helper(b)",
                "(b)",
            ),
            ("def f(a):\n    b = a * 2\n    print(b)\nf(1)\n", "b = a", "print(b)", "    helper(a)\n", "(a)"),
            (
                "def f(a):\n    b = a\n    c = b\n    return c\nprint(f(1))\n",
                "b = a",
                "return c",
                "return helper(a)",
                "(a)",
            ),
            (
                "def f(xs):\n    n = 0\n    for x in xs:\n        n = n + x\n    return n\nprint(f([1, 2]))\n",
                "n = n + x",
                "n = n + x",
                "        n = helper(n, x)\n",
                "(n, x)",
            ),
            (
                "def f(c):\n    v = 1\n    if c:\n        v = 2\n    return v\nprint(f(0), f(1))\n",
                "if c:",
                "v = 2",
                "v = helper(c, v)",
                "(c, v)",
            ),
            (
                "def f(c):\n    if c:\n        v = 2\n    else:\n        v = 3\n    return v\nprint(f(0), f(1))\n",
                "if c:",
                "v = 3",
                "v = helper(c)",
                "(c)",
            ),
            (
                "def f(xs):\n    out = [x * k for x in xs for k in (1, 2)]\n    return out\nprint(f([1]))\n",
                "out =",
                "out =",
                "out = helper(xs)",
                "(xs)",
            ),
            (
                (
                    "def f(a):\n    while a > 0:\n        if a == 3:\n            break\n        a -= 1\n"
                    "    return a\nprint(f(5))\n"
                ),
                "while",
                "a -= 1",
                "a = helper(a)",
                "(a)",
            ),
            (
                "def f(a):\n    try:\n        b = 1 // a\n    except ZeroDivisionError as error:\n"
                "        b = str(error)\n"
                "    return b\nprint(f(0), f(1))\n",
                "try:",
                "b = str",
                "b = helper(a)",
                "(a)",
            ),
            (
                "def f(p):\n    match p:\n        case [x, *rest]:\n            got = x, rest\n        case _:\n"
                "            got = None\n    return got\nprint(f([1, 2]), f(3))\n",
                "match p:",
                "got = None",
                "got = helper(p)",
                "(p)",
            ),
            (
                "def f(a):\n    if (n := len(a)) > 1:\n        print(n)\n    return n\nprint(f('xy'))\n",
                "if (n",
                "print(n)",
                "n = helper(a)",
                "(a)",
            ),
            (
                "def f(a):\n    def g():\n        return a + b\n    b = 2\n    print(g())\n    return b\nprint(f(1))\n",
                "def g",
                "print(g())",
                "b = helper(a)",
                "(a)",
            ),
            (
                "def f(n):\n    import math\n    r = math.floor(n)\n    return r, math.pi\nprint(f(2.5))\n",
                "import math",
                "r = math",
                "math, r = helper(n)",
                "(n)",
            ),
            (
                "def f(a):\n    x = 1\n    del x\n    print(a)\nf(3)\n",
                "x = 1",
                "del x",
                "    helper()\n",
                "()",
            ),
        ],
    )
    def test_passes_what_is_read_and_returns_what_is_used_after(
        self, source: str, first: str, last: str, call: str, header: str
    ) -> None:
        result = extracted(source, first, last)
        assert call in result and f"def helper{header}:" in result

    def test_gives_variables_of_functions_around_as_parameters(self) -> None:
        result = extracted(
            "def f(a):\n    def g(b):\n        c = a + b\n        return c\n    return g\nprint(f(1)(2))\n",
            "c = a",
            "c = a",
        )
        assert "        c = helper(b, a)\n" in result or "        c = helper(a, b)\n" in result

    def test_declares_globals_that_the_lines_assign(self) -> None:
        result = extracted(
            "n = 0\ndef f():\n    global n\n    n += 1\n    print(n)\nf()\nprint(n)\n", "n += 1", "n += 1"
        )
        assert "def helper():\n    global n\n    n += 1\n" in result


class TestKindsOfCall:
    def test_awaits_an_asynchronous_function(self) -> None:
        result = extracted(
            """
            import asyncio


            async def one(x):
                return x


            async def f(xs):
                total = 0
                for x in xs:
                    total += await one(x)
                return total


            print(asyncio.run(f([1, 2])))
            """,
            "for x",
            "total +=",
        )
        assert "    total = await helper(xs, total)\n" in result and "async def helper(xs, total):" in result

    def test_delegates_to_a_generator(self) -> None:
        result = extracted(
            "def f(n):\n    last = None\n    for i in range(n):\n        last = yield i\n    yield last\n\n\n"
            "g = f(2)\nprint(next(g), g.send('a'), g.send('b'))\n",
            "for i",
            "last = yield",
        )
        assert "    last = yield from helper(n, last)\n" in result

    @pytest.mark.parametrize(
        ("head", "parameter", "call", "definition"),
        [
            ("", "self", "v = self.helper(a)", "    def helper(self, a):\n        v = a + self.k\n        return v\n"),
            (
                "    @classmethod\n",
                "cls",
                "v = cls.helper(a)",
                "    @classmethod\n    def helper(cls, a):\n        v = a + cls.k\n        return v\n",
            ),
        ],
    )
    def test_makes_a_method_of_the_same_kind(self, head: str, parameter: str, call: str, definition: str) -> None:
        result = extracted(
            f"class C:\n    k = 1\n\n{head}    def m({parameter}, a):\n        v = a + {parameter}.k\n"
            "        return v\n\n\n"
            "print(C().m(2))\n",
            "v = a",
            "v = a",
        )
        assert f"        {call}\n        return v\n\n{definition}" in result

    def test_makes_a_static_method_where_the_instance_is_not_read(self) -> None:
        source = "class C:\n    def m(self, a):\n        v = a + 1\n        return v\n\n\nprint(C().m(2))\n"
        result = extracted(source, "v = a", "v = a")
        assert "        v = self.helper(a)\n" in result and "    @staticmethod\n    def helper(a):\n" in result

    def test_calls_through_the_class_from_a_static_method(self) -> None:
        source = "class C:\n    @staticmethod\n    def m(a):\n        v = a + 1\n        return v\n\n\nprint(C.m(2))\n"
        assert "        v = C.helper(a)\n" in extracted(source, "v = a", "v = a")

    def test_makes_a_function_of_a_method_when_asked(self) -> None:
        source = (
            "class C:\n    k = 1\n\n    def m(self, a):\n        v = a + self.k\n"
            "        return v\n\n\nprint(C().m(2))\n"
        )
        result = extracted(source, "v = a", "v = a", method=False)
        assert "        v = helper(self, a)\n" in result
        assert "\n\n\ndef helper(self, a):\n    v = a + self.k\n    return v\n\n\nprint" in result

    def test_carries_annotations_that_are_certain(self) -> None:
        source = "def f(a: int, b: str) -> str:\n    c = b * a\n    return c\n\n\nprint(f(2, 'x'))\n"
        assert "def helper(a: int, b: str) -> str:\n" in extracted(source, "c = b", "return c")

    def test_extracts_from_a_module_what_its_functions_share(self) -> None:
        result = extracted(
            (
                "def show():\n    return shared\n\n\nshared = 1\nown = shared + 1\nseen = show()\n"
                "print(shared, own, seen)\n"
            ),
            "shared = 1",
            "seen =",
        )
        assert "def helper():\n    global shared\n    shared = 1\n" in result
        assert "own, seen = helper()\n" in result

    def test_extracts_the_guarded_main_block(self) -> None:
        result = extracted(
            "import sys\n\n\nif __name__ == '__main__':\n    n = len(sys.argv)\n    print(n)\n",
            "n = len",
            "print(n)",
            name="main",
        )
        assert result == (
            "import sys\n\n\ndef main():\n    n = len(sys.argv)\n    print(n)\n\n\n"
            "if __name__ == '__main__':\n    main()\n"
        )


class TestExpressions:
    def test_returns_an_expression_from_a_function(self) -> None:
        result = extracted(
            "def f(a, b):\n    return [x * a + b for x in range(3)]\n\n\nprint(f(1, 2))\n",
            "return",
            "return",
            expression="x * a + b",
        )
        assert "    return [helper(x, a, b) for x in range(3)]\n" in result
        assert "def helper(x, a, b):\n    return x * a + b\n" in result

    def test_makes_a_method_of_an_expression_that_reads_the_instance(self) -> None:
        source = (
            "class C:\n    k = 2\n\n    def m(self, a):\n        return (self.k +\n"
            "            a)\n\n\nprint(C().m(1))\n"
        )
        result = extracted(source, "return", "a)", expression="self.k + a")
        assert "        return (self.helper(a))\n" in result
        assert "    def helper(self, a):\n        return (self.k +\n            a)\n" in result


class TestRefusals:
    @pytest.mark.parametrize(
        ("source", "first", "last", "expected"),
        [
            (
                "def f(xs):\n    for x in xs:\n        if x:\n            break\n",
                "if x",
                "break",
                "UNSAFE_REFERENCE main.py:4",
            ),
            (
                "def f(a):\n    if a:\n        return 1\n    return 2\n",
                "if a",
                "return 1",
                "UNSAFE_REFERENCE main.py:3",
            ),
            ("def f(a):\n    if a:\n        b = 1\n    print(b)\n", "if a", "b = 1", "UNSAFE_REFERENCE main.py:3"),
            ("def f(a):\n    if a:\n        b = 1\n    if a:\n        a(b)\n", "a(b)", "a(b)", ""),
            ("async def f(a):\n    yield await a\n", "yield", "yield", "UNSAFE_REFERENCE main.py:2"),
            (
                "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g\n",
                "n += 1",
                "n += 1",
                "UNSAFE_REFERENCE main.py:5",
            ),
            (
                "def f():\n    n = 0\n    g = lambda: n\n    n = 1\n    return g()\n",
                "g = lambda",
                "g = lambda",
                "UNSAFE_REFERENCE main.py:3",
            ),
            (
                "def f():\n    n = 0\n    g = lambda: n\n    n = 1\n    return g()\n",
                "n = 1",
                "n = 1",
                "UNSAFE_REFERENCE main.py:4",
            ),
            ("def f(a):\n    print(locals())\n", "print", "print", "UNSAFE_REFERENCE main.py:2"),
            ("def f(a):\n    del a\n", "del a", "del a", "UNSAFE_REFERENCE main.py:2"),
            (
                "def f(o):\n    c = None\n    try:\n        c = o()\n        c.go()\n    finally:\n        print(c)\n",
                "c = o()",
                "c.go()",
                "UNSAFE_REFERENCE main.py:4",
            ),
            ("def helper():\n    pass\n\n\ndef f():\n    print(1)\n", "print", "print", "NAME_COLLISION main.py:1"),
            ("def f():\n    helper = 1\n    print(1)\n    return helper\n", "print", "print", "SHADOWED main.py:2"),
            ("def f(a):\n    x = [\n        a,\n    ]\n", "    x", "        a", "ANCHOR_NOT_FOUND main.py:2"),
            (
                "def f(a):\n    if a:\n        print(1)\n    elif a > 1:\n        print(2)\n",
                "elif",
                "print(2)",
                "ANCHOR_NOT_FOUND main.py:4",
            ),
            (
                "def f(a):\n    if a:\n        print(1)\n    else:\n        print(2)\n",
                "else",
                "print(2)",
                "ANCHOR_NOT_FOUND main.py:4",
            ),
            ("class C:\n    a = 1\n    b = 2\n", "a = 1", "b = 2", "UNSAFE_REFERENCE main.py:2"),
            ('def f():\n    """Doc."""\n    print(1)\n', '"""', "print", "ANCHOR_NOT_FOUND main.py:2"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, first: str, last: str, expected: str) -> None:
        tree = {MAIN: source.encode()}
        assert refusal(tree, extraction(tree, first, last)) == expected

    def test_refuses_a_name_that_a_subclass_has(self) -> None:
        tree = one_file("class A:\n    def m(self):\n        print(self)\n") | {
            "sub.py": b"from main import A\n\n\nclass B(A):\n    def helper(self): ...\n"
        }
        assert refusal(tree, extraction(tree, "print", "print")) == "NAME_COLLISION sub.py:5"

    def test_refuses_a_function_of_what_only_a_class_has(self) -> None:
        tree = one_file("class A(B):\n    def m(self):\n        super().m()\n")
        assert refusal(tree, extraction(tree, "super", "super", method=False)) == "UNSAFE_REFERENCE main.py:3"

    def test_refuses_a_file_outside_the_scope(self) -> None:
        tree = one_file("def f():\n    print(1)\n")
        operation = extraction(tree, "print", "print")
        assert refusal(tree, operation, EditLimits(scope=("elsewhere",))) == "OUT_OF_SCOPE main.py"


class TestHazards:
    def test_says_that_a_framework_calls_the_function_around(self) -> None:
        tree = one_file("class Command(BaseCommand):\n    def handle(self):\n        print(self)\n")
        _, edits = planned(tree, extraction(tree, "print", "print"))
        assert [(item.kind, item.location) for item in edits.hazards] == [(HazardKind.FRAMEWORK_HOOK, "main.py:2")]

    def test_says_that_evaluated_text_sees_other_names(self) -> None:
        tree = one_file("def f(a):\n    b = eval('1')\n    return b\n")
        _, edits = planned(tree, extraction(tree, "b = eval", "b = eval"))
        assert [item.kind for item in edits.hazards] == [HazardKind.DYNAMIC_LOOKUP]
