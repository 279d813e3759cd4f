"""Changed signatures: exact text at definitions and calls, the same behaviour, refusals and hazards."""

from typing import Any

import pytest

from services.engine.hazards import HazardKind
from services.engine.signatures.operations import (
    AddParameter,
    ChangeSignature,
    RemoveParameter,
    RenameParameter,
    ReorderParameters,
    SetDefault,
)
from services.engine.tree_edits import EditLimits, TreeEdits
from tests.services.engine.builders import files
from tests.services.engine.running import ANY, MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def change(tree: dict[str, bytes], symbol: str, *changes: Any, path: str = MAIN, **more: Any) -> ChangeSignature:
    made: ChangeSignature = operation_on(ChangeSignature, tree, path, symbol=symbol, changes=list(changes), **more)
    return made


def changed(source: str, symbol: str, *changes: Any, **more: Any) -> str:
    """Return the one file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, change(tree, symbol, *changes, **more))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


def hazards(tree: dict[str, bytes], operation: Any, limits: EditLimits = ANY) -> list[tuple[HazardKind, str]]:
    edits: TreeEdits = planned(tree, operation, limits)[1]
    return [(item.kind, item.location) for item in edits.hazards]


class TestAddParameter:
    def test_gives_a_default_and_passes_a_value_by_keyword(self) -> None:
        result = changed(
            "def f(a, b=1):\n    return a + b\n\n\nprint(f(1), f(1, 2), f(a=3))\n",
            "f",
            AddParameter(name="log", default="False", annotation="bool", call_value="True"),
        )
        assert result == (
            "def f(a, b=1, log: bool = False):\n    return a + b\n\n\n"
            "print(f(1, log=True), f(1, 2, log=True), f(a=3, log=True))\n"
        )

    def test_passes_a_required_value_by_position_where_it_stands(self) -> None:
        result = changed(
            "def f(a, b=1):\n    return a + b\n\n\nprint(f(1), f(1, 2), f(1, b=2), f(b=2, a=1))\n",
            "f",
            AddParameter(name="new", call_value="None", position=0),
        )
        assert "def f(new, a, b=1):" in result
        assert "print(f(None, 1), f(None, 1, 2), f(None, 1, b=2), f(None, b=2, a=1))" in result

    def test_puts_a_required_parameter_before_those_with_defaults(self) -> None:
        result = changed(
            "def f(a, b=1):\n    return a + b\n\n\nprint(f(1), f(1, 2))\n",
            "f",
            AddParameter(name="new", call_value="0"),
        )
        assert "def f(a, new, b=1):" in result and "print(f(1, 0), f(1, 0, 2))" in result

    def test_names_later_arguments_where_a_default_in_the_middle_is_left_out(self) -> None:
        result = changed(
            "def f(a, b):\n    return a - b\n\n\nprint(f(1, 2))\n",
            "f",
            AddParameter(name="new", default="0", position=1),
            SetDefault(name="b", default="9"),
        )
        assert "def f(a, new=0, b=9):" in result and "print(f(1, b=2))" in result

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("def f(*args):", "def f(*args, log=False):"),
            ("def f(a, *, b=2):", "def f(a, *, b=2, log=False):"),
            ("def f(a, **rest):", "def f(a, *, log=False, **rest):"),
            ("def f():", "def f(*, log=False):"),
            ("def f(\n    a,\n    b=1,  # why\n):", "def f(\n    a,\n    b=1,  # why\n    *,\n    log=False,\n):"),
            ("def f(\n    a, b\n):", "def f(\n    a, b, *, log=False\n):"),
            ("def f(a: 'x, y', b=(1, 2)):", "def f(a: 'x, y', b=(1, 2), *, log=False):"),
            ("def f(a=lambda x, y: x):", "def f(a=lambda x, y: x, *, log=False):"),
        ],
    )
    def test_keeps_the_layout_of_the_list(self, before: str, after: str) -> None:
        tree = {MAIN: f"{before}\n    return 1\n".encode()}
        operation = change(tree, "f", AddParameter(name="log", default="False", keyword_only=True))
        assert planned(tree, operation)[0][MAIN].decode() == f"{after}\n    return 1\n"

    def test_keeps_the_layout_of_calls_on_several_lines(self) -> None:
        source = "def f(a, b):\n    return a, b\n\n\nprint(f(\n    1,  # one\n    2,\n))\n"
        result = changed(source, "f", AddParameter(name="log", default="0", call_value="1"))
        assert result.endswith("print(f(\n    1,  # one\n    2,\n    log=1,\n))\n")

    def test_puts_a_value_before_expansions_and_brackets_a_lone_generator(self) -> None:
        source = "def f(a, **k):\n    return list(a), k\n\n\nprint(f(x for x in 'ab'), f(**{'a': 'c'}))\n"
        result = changed(source, "f", AddParameter(name="log", default="0", call_value="1"))
        assert "f((x for x in 'ab'), log=1), f(log=1, **{'a': 'c'})" in result

    def test_edits_calls_inside_arguments_of_calls(self) -> None:
        source = "def f(a, b):\n    return a - b\n\n\nprint(f(f(1, 2), f(a=3, b=f(4, 5))))\n"
        result = changed(
            source, "f", AddParameter(name="z", position=0, call_value="0"), RenameParameter(name="b", new_name="c")
        )
        assert "f(0, f(0, 1, 2), f(0, a=3, c=f(0, 4, 5)))" in result


class TestRemoveParameter:
    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            ("f(1, 2, 3)", "f(1, 3)"),
            ("f(1, b=2, c=3)", "f(1, c=3)"),
            ("f(c=3, b=2, a=1)", "f(c=3, a=1)"),
            ("f(\n    1,\n    2,  # gone\n    3,  # stays\n)", "f(\n    1,\n    3,  # stays\n)"),
            ("f(1, c=3)", "f(1, c=3)"),
        ],
    )
    def test_drops_the_argument(self, call: str, expected: str) -> None:
        source = f"def f(a, b=0, c=0):\n    return a, c\n\n\nprint({call})\n"
        result = changed(source, "f", RemoveParameter(name="b"))
        assert result == f"def f(a, c=0):\n    return a, c\n\n\nprint({expected})\n"

    def test_drops_a_whole_line_of_the_list_and_the_last_of_it(self) -> None:
        source = "def f(\n    a,  # first\n    b,  # second\n):\n    return a\n\n\nprint(f(1, 2))\n"
        assert changed(source, "f", RemoveParameter(name="b")).startswith("def f(\n    a,  # first\n):\n")

    def test_says_that_an_argument_that_acts_is_gone(self) -> None:
        tree = one_file("def f(a, b):\n    return a\n\n\nf(1, print(2))\n")
        assert (HazardKind.EVALUATION_ORDER, "main.py:5") in hazards(tree, change(tree, "f", RemoveParameter(name="b")))

    def test_refuses_a_parameter_that_is_read(self) -> None:
        tree = one_file("def f(a, b):\n    return [b for _ in a]\n")
        assert refusal(tree, change(tree, "f", RemoveParameter(name="b"))) == "UNSAFE_REFERENCE main.py:2"

    def test_lets_an_override_stop_handing_it_on(self) -> None:
        source = """
            class A:
                def m(self, a, b):
                    return a


            class B(A):
                def m(self, a, b):
                    return super().m(a, b) + 1


            print(B().m(1, 2), A.m(A(), 3, b=4))
            """
        result = changed(source, "A.m", RemoveParameter(name="b"))
        assert "b" not in result.replace("print(B", "").replace("class B", "").replace("sub", "")
        assert "return super().m(a) + 1" in result and "print(B().m(1), A.m(A(), 3))" in result


class TestRenameParameter:
    def test_renames_body_nested_functions_docstring_and_keywords(self) -> None:
        result = changed(
            '''
            def f(a, old=1):
                """Do.

                :param old: what
                """
                g = lambda: old
                return a + g() + old


            print(f(1, old=2), f(1))
            ''',
            "f",
            RenameParameter(name="old", new_name="fresh"),
        )
        assert "old" not in result and "f(1, fresh=2)" in result and ":param fresh: what" in result

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("    new = a\n    return new\n", "NAME_COLLISION main.py:3"),
            ("    return len(a)\n", ""),
            ("    return [a for new in a]\n", "SHADOWED main.py:3"),
            ("    return a, new\n", "SHADOWED main.py:3"),
        ],
    )
    def test_refuses_a_name_in_use(self, body: str, expected: str) -> None:
        tree = {MAIN: f"new = 1\ndef f(a):\n{body}".encode()}
        assert refusal(tree, change(tree, "f", RenameParameter(name="a", new_name="new"))) == expected


class TestReorderParameters:
    def test_moves_positional_arguments_and_leaves_keywords(self) -> None:
        source = "def f(a, b, c=3):\n    return a, b, c\n\n\nprint(f(1, 2), f(1, b=2), f(1, 2, 4), f(b=1, a=2))\n"
        result = changed(source, "f", ReorderParameters(order=["b", "a", "c"]))
        assert "def f(b, a, c=3):" in result
        assert "print(f(2, 1), f(a=1, b=2), f(2, 1, 4), f(b=1, a=2))" in result

    def test_keeps_the_order_in_which_arguments_act(self) -> None:
        source = (
            "def say(x):\n    print(x)\n    return x\n\n\ndef f(a, b):\n    return a, b\n\n\nprint(f(say(1), say(2)))\n"
        )
        result = changed(source, "f", ReorderParameters(order=["b", "a"]))
        assert "f(a=say(1), b=say(2))" in result

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (["b"], "ANCHOR_NOT_FOUND main.py:1"),
            (["b", "a", "x"], "ANCHOR_NOT_FOUND main.py:1"),
            (["b", "a"], "SYNTAX_BROKEN main.py:1"),
        ],
    )
    def test_refuses_an_impossible_order(self, order: list[str], expected: str) -> None:
        tree = {MAIN: b"def f(a, b=1):\n    return a, b\n"}
        assert refusal(tree, change(tree, "f", ReorderParameters(order=order))) == expected


class TestSetDefault:
    def test_passes_the_old_default_where_it_becomes_required(self) -> None:
        result = changed("def f(a, b=1):\n    return a, b\n\n\nprint(f(0), f(0, 2))\n", "f", SetDefault(name="b"))
        assert "def f(a, b):" in result and "print(f(0, 1), f(0, 2))" in result

    def test_says_that_callers_get_another_default(self) -> None:
        tree = one_file("def f(a, b=1):\n    return a, b\n")
        operation = change(tree, "f", SetDefault(name="b", default="2"))
        assert hazards(tree, operation) == [(HazardKind.DEFAULT_CHANGED, "main.py:1")]


class TestMethods:
    SHOP = {
        "shop/__init__.py": b"",
        "shop/base.py": b"class Base:\n    def price(self, item):\n        return item\n",
        "shop/sub.py": (
            b"from shop.base import Base\n\n\nclass Sub(Base):\n    def price(self, thing):\n"
            b"        return super().price(thing) * 2\n\n    @classmethod\n    def make(cls, n):\n"
            b"        return cls().price(n)\n"
        ),
        "main.py": (
            b"from shop import sub\nfrom shop.base import Base as B\n\n\ns: B = sub.Sub()\n"
            b"print(s.price(1), B().price(item=2), sub.Sub.make(3), sub.Sub.price(s, 4))\n"
        ),
    }

    def test_changes_overrides_super_calls_and_all_kinds_of_calls(self) -> None:
        operation = change(
            self.SHOP, "Base.price", AddParameter(name="rate", default="1", call_value="7"), path="shop/base.py"
        )
        after, _ = planned(self.SHOP, operation)
        assert ran(after) == ran(self.SHOP) == "2 2 6 8\n"
        assert b"def price(self, item, rate=1):" in after["shop/base.py"]
        assert (b"def price(self, thing, rate=1):\n        return super().price(thing, rate=rate) * 2") in after[
            "shop/sub.py"
        ]
        assert b"return cls().price(n, rate=7)" in after["shop/sub.py"]
        assert (
            b"price(1, rate=7), B().price(item=2, rate=7), sub.Sub.make(3), sub.Sub.price(s, 4, rate=7)"
            in after["main.py"]
        )

    def test_renames_by_position_where_an_override_uses_another_name(self) -> None:
        operation = change(self.SHOP, "Base.price", RenameParameter(name="item", new_name="good"), path="shop/base.py")
        after, _ = planned(self.SHOP, operation)
        assert ran(after) == ran(self.SHOP)
        assert b"def price(self, good):\n        return super().price(good) * 2" in after["shop/sub.py"]

    def test_changes_a_constructor_with_subclasses_that_inherit_it(self) -> None:
        source = """
            class A:
                def __init__(self, a, b=0):
                    self.v = a, b


            class B(A):
                pass


            class C(A):
                def __init__(self):
                    super().__init__(5, b=6)


            class D(A):
                def __init__(self):
                    A.__init__(self, 7)


            print(A(1, 2).v, B(3).v, C().v, D().v)
            """
        result = changed(source, "A", AddParameter(name="log", position=0, call_value="None"))
        assert "def __init__(self, log, a, b=0):" in result
        assert "print(A(None, 1, 2).v, B(None, 3).v, C().v, D().v)" in result
        assert "super().__init__(None, 5, b=6)" in result and "A.__init__(self, None, 7)" in result

    def test_changes_static_and_class_methods(self) -> None:
        source = """
            class A:
                @staticmethod
                def s(x):
                    return x

                @classmethod
                def c(cls, x):
                    return cls.s(x), A.s(x)


            print(A.s(1), A().s(2), A.c(3), A().c(4))
            """
        assert "A.s(1, y=0), A().s(2, y=0)" in changed(
            source, "A.s", AddParameter(name="y", default="1", call_value="0")
        )
        assert "A.c(3, y=0), A().c(4, y=0)" in changed(
            source, "A.c", AddParameter(name="y", default="1", call_value="0")
        )

    def test_changes_calls_by_bare_name_in_the_class_body(self) -> None:
        source = "class A:\n    def m(x):\n        return x\n\n    v = m(3)\n\n\nprint(A.v)\n"
        assert "    v = m(3, y=0)\n" in changed(source, "A.m", AddParameter(name="y", default="1", call_value="0"))

    def test_discloses_receivers_that_cannot_be_told(self) -> None:
        tree = one_file("class A:\n    def go(self, a):\n        return a\n") | {
            "use.py": (b"def run(x):\n    return x.go(1)\n")
        }
        operation = change(tree, "A.go", AddParameter(name="b", default="1", call_value="2"))
        after, _ = planned(tree, operation)
        assert after["use.py"] == tree["use.py"]
        assert hazards(tree, operation) == [(HazardKind.UNKNOWN_RECEIVER, "use.py:2")]

    def test_leaves_an_override_that_takes_anything(self) -> None:
        source = """
            class A:
                def m(self, a):
                    return a


            class B(A):
                def m(self, *args, **kwargs):
                    return super().m(*args, **kwargs)


            print(B().m(1))
            """
        result = changed(source, "A.m", AddParameter(name="b", default="0", call_value="2"))
        assert "def m(self, *args, **kwargs):\n        return super().m(*args, **kwargs)" in result
        assert "print(B().m(1, b=2))" in result


class TestIndirectCalls:
    def test_follows_partial_calls(self) -> None:
        source = """
            from functools import partial


            def f(a, b, c):
                return a, b, c


            print(partial(f, 1, c=3)(2))
            """
        result = changed(
            source, "f", RenameParameter(name="c", new_name="d"), AddParameter(name="e", default="0", call_value="5")
        )
        assert "partial(f, 1, d=3, e=5)(2)" in result

    def test_refuses_to_move_what_partial_binds(self) -> None:
        tree = one_file("from functools import partial\n\n\ndef f(a, b):\n    return a, b\n\n\ng = partial(f, 1)\n")
        assert refusal(tree, change(tree, "f", ReorderParameters(order=["b", "a"]))) == "UNSAFE_REFERENCE main.py:8"

    def test_leaves_calls_that_spread_and_says_so(self) -> None:
        tree = one_file("def f(a, b):\n    return a\n\n\nx = (1, 2)\nprint(f(*x), f(**{'a': 1, 'b': 2}))\n")
        operation = change(tree, "f", AddParameter(name="c", default="0"), ReorderParameters(order=["b", "a", "c"]))
        after, _ = planned(tree, operation)
        assert b"print(f(*x), f(**{'a': 1, 'b': 2}))" in after[MAIN]
        assert hazards(tree, operation) == [(HazardKind.KEYWORD_EXPANSION, "main.py:6")] * 2

    def test_says_where_the_function_is_passed_on_decorated_looked_up_or_started(self) -> None:
        tree = files(
            {
                "main.py": """
                    @app.route("/")
                    def f(a):
                        return a


                    print(map(f, [1]), getattr(x, "f"))
                    """,
                "pyproject.toml": '[project.scripts]\nx = "main:f"\n',
            }
        )
        found = hazards(tree, change(tree, "f", AddParameter(name="b", default="1")))
        assert set(found) == {
            (HazardKind.DYNAMIC_LOOKUP, "main.py:6"),
            (HazardKind.FRAMEWORK_HOOK, "main.py:2"),
            (HazardKind.DECORATED, "main.py:2"),
            (HazardKind.CALLED_INDIRECTLY, "main.py:6"),
            (HazardKind.FRAMEWORK_HOOK, "pyproject.toml:2"),
        }


class TestWhoFollows:
    TREE = files(
        {
            "main.py": """
                def f(a):
                    return a


                print(f(1))
                """,
            "tests/test_f.py": """
                from main import f


                def test_f():
                    assert f(1) == 1
                """,
        }
    )

    def test_leaves_tests_that_the_default_keeps_working(self) -> None:
        operation = change(self.TREE, "f", AddParameter(name="log", default="False", call_value="True"), tests="leave")
        after, _ = planned(self.TREE, operation)
        assert after["tests/test_f.py"] == self.TREE["tests/test_f.py"] and b"f(1, log=True)" in after[MAIN]

    def test_follows_tests_when_asked(self) -> None:
        operation = change(self.TREE, "f", AddParameter(name="log", default="False", call_value="True"))
        assert b"f(1, log=True) == 1" in planned(self.TREE, operation)[0]["tests/test_f.py"]

    def test_refuses_to_break_a_call_that_stays(self) -> None:
        operation = change(self.TREE, "f", AddParameter(name="log", call_value="True"), tests="leave")
        assert refusal(self.TREE, operation) == "UNSAFE_REFERENCE tests/test_f.py:5"
        follow = operation.model_copy(update={"tests": "follow"})
        assert refusal(self.TREE, follow, EditLimits(scope=("main.py",))) == "UNSAFE_REFERENCE tests/test_f.py:5"
        assert refusal(self.TREE, follow, EditLimits(protected=("main.py",))) == "OUT_OF_SCOPE main.py"

    def test_changes_the_stub_beside_and_is_recognised_as_applied(self) -> None:
        tree = {MAIN: b"def f(a):\n    return a\n", "main.pyi": b"def f(a: int) -> int: ...\n"}
        operation = change(tree, "f", AddParameter(name="b", default="1", annotation="int"))
        after, _ = planned(tree, operation)
        assert after["main.pyi"] == b"def f(a: int, b: int = 1) -> int: ...\n"
        assert applied_twice(tree, operation) == (["APPLIED"], ["ALREADY_APPLIED"])


class TestRefusals:
    @pytest.mark.parametrize(
        ("source", "symbol", "step", "expected"),
        [
            ("def f(a): ...\n", "g", AddParameter(name="b"), "ANCHOR_NOT_FOUND main.py"),
            ("def f(a): ...\n", "f", AddParameter(name="a"), "NAME_COLLISION main.py:1"),
            ("def f(a): ...\n", "f", AddParameter(name="b", default="1 +"), "SYNTAX_BROKEN main.py:1"),
            ("def f(a): ...\nf(1)\n", "f", AddParameter(name="b"), "UNSAFE_REFERENCE main.py:2"),
            (
                "class C:\n    @property\n    def p(self): ...\n",
                "C.p",
                AddParameter(name="b"),
                "UNSAFE_REFERENCE main.py:3",
            ),
            (
                "class C:\n    def __eq__(self, o): ...\n",
                "C.__eq__",
                AddParameter(name="b"),
                "UNSAFE_REFERENCE main.py:2",
            ),
            ("class C:\n    def m(self): ...\n", "C.m", RemoveParameter(name="self"), "UNSAFE_REFERENCE main.py:2"),
            ("def f(\n", "f", AddParameter(name="b"), "PARSE_UNSUPPORTED main.py"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, symbol: str, step: Any, expected: str) -> None:
        tree = {MAIN: source.encode()}
        assert refusal(tree, change(tree, symbol, step)) == expected
