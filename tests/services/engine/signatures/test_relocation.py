"""Methods to functions, functions to methods, functions into a class."""

from typing import Any

import pytest

from services.engine.hazards import HazardKind
from services.engine.signatures.operations import FunctionToMethod, MethodToFunction, WrapInClass
from services.engine.tree_edits import EditLimits
from tests.services.engine.builders import files
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def done(model: Any, source: str, **fields: Any) -> str:
    """Return the one file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, operation_on(model, tree, MAIN, **fields))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


class TestMethodToFunction:
    def test_moves_the_method_behind_its_class_and_passes_the_object(self) -> None:
        result = done(
            MethodToFunction,
            """
            class C:
                v = 2

                # how much
                def times(self, k, deep=0):
                    if deep:
                        return self.times(k)
                    return self.v * k

                def use(self):
                    return self.times(3)


            c = C()
            print(c.use(), c.times(k=4), C.times(c, 5), c.times(1, 1))
            """,
            symbol="C.times",
            new_name="multiplied",
        )
        assert result == (
            "class C:\n"
            "    v = 2\n\n"
            "    # how much\n\n"
            "    def use(self):\n"
            "        return multiplied(self, 3)\n\n\n"
            "def multiplied(self, k, deep=0):\n"
            "    if deep:\n"
            "        return multiplied(self, k)\n"
            "    return self.v * k\n\n\n"
            "c = C()\n"
            "print(c.use(), multiplied(c, k=4), multiplied(c, 5), multiplied(c, 1, 1))\n"
        )

    def test_moves_the_last_method_and_leaves_an_empty_class(self) -> None:
        source = "class C:\n    a = 1\n\n    def m(self):\n        return self.a\n\n\nprint(C().m())\n"
        assert done(MethodToFunction, source, symbol="C.m") == (
            "class C:\n    a = 1\n\n\ndef m(self):\n    return self.a\n\n\nprint(m(C()))\n"
        )
        source = "class C:\n    def m(self):\n        return 1\n\n\nprint(C().m())\n"
        assert done(MethodToFunction, source, symbol="C.m").startswith(
            "class C:\n    pass\n\n\ndef m(self):\n    return 1\n"
        )

    def test_moves_static_and_class_methods(self) -> None:
        source = """
            class C:
                @staticmethod
                def s(x):
                    return x

                @classmethod
                def c(cls, x):
                    return cls, x


            print(C.s(1), C().s(2), C.c(3)[1])
            """
        assert "print(s(1), s(2), C.c(3)[1])" in done(MethodToFunction, source, symbol="C.s")
        assert "\n\n\ndef c(cls, x):\n" in done(MethodToFunction, source, symbol="C.c")

    def test_imports_the_function_where_the_method_is_called(self) -> None:
        tree = files(
            {
                "pkg/__init__.py": "",
                "pkg/a.py": "class C:\n    v = 1\n\n    def m(self):\n        return self.v\n",
                "main.py": "from pkg.a import C\n\nprint(C().m())\n",
            }
        )
        operation = operation_on(MethodToFunction, tree, "pkg/a.py", symbol="C.m")
        after, _ = planned(tree, operation)
        assert ran(after) == ran(tree) == "1\n"
        assert after["main.py"].decode() == "from pkg.a import C, m\n\nprint(m(C()))\n"
        assert refusal(tree, operation, EditLimits(scope=("pkg",))) == "UNSAFE_REFERENCE main.py:3"
        assert applied_twice(tree, operation) == (["APPLIED"], ["ALREADY_APPLIED"])

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("class C:\n    def m(self):\n        return super().m()\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C:\n    def m(self):\n        return self.__x\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C:\n    @property\n    def m(self):\n        return 1\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C:\n    K = 1\n    def m(self, a=K):\n        return a\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C:\n    def m(self): ...\nclass D(C):\n    def m(self): ...\n", "UNSAFE_REFERENCE main.py:4"),
            ("class C:\n    def m(self): ...\nprint(C().m)\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C:\n    def m(x):\n        return x\n    v = m(1)\n", "UNSAFE_REFERENCE main.py:4"),
            ("class C:\n    def m(self): ...\n    n = property(m)\n", "UNSAFE_REFERENCE main.py:3"),
            ("m = 1\nclass C:\n    def m(self): ...\n", "NAME_COLLISION main.py:1"),
            ("def f(): ...\nclass C:\n    m = 1\n", "ANCHOR_NOT_FOUND main.py"),
        ],
    )
    def test_refuses_what_works_in_a_class_only(self, source: str, expected: str) -> None:
        tree = one_file(source)
        assert refusal(tree, operation_on(MethodToFunction, tree, MAIN, symbol="C.m")) == expected


class TestFunctionToMethod:
    def test_makes_the_argument_the_object(self) -> None:
        result = done(
            FunctionToMethod,
            """
            class C:
                v = 2


            def times(k, obj: C, more=0):
                return obj.v * k + more


            c = C()
            print(times(3, c), times(3, obj=c, more=1), times(1, C(), 2))
            """,
            symbol="times",
            class_name="C",
            parameter="obj",
        )
        assert result == (
            "class C:\n    v = 2\n\n"
            "    def times(self, k, more=0):\n        return self.v * k + more\n\n\n"
            "c = C()\nprint(c.times(3), c.times(3, more=1), C().times(1, 2))\n"
        )

    def test_drops_imports_elsewhere_and_brackets_the_object(self) -> None:
        tree = {
            "a.py": b"class C:\n    def __add__(self, o):\n        return self\n\n\ndef f(c):\n    return 1\n",
            MAIN: b"from a import C, f\n\nprint(f(C() + C()))\n",
        }
        operation = operation_on(FunctionToMethod, tree, "a.py", symbol="f", class_name="C", parameter="c")
        after, edits = planned(tree, operation)
        assert ran(after) == ran(tree) == "1\n"
        assert after[MAIN] == b"from a import C\n\nprint((C() + C()).f())\n"
        assert [item.kind for item in edits.hazards] == [HazardKind.UNKNOWN_RECEIVER]

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("class C: ...\ndef f(a):\n    self = 1\n    return a\n", "NAME_COLLISION main.py:3"),
            ("class C:\n    def f(self): ...\ndef f(a): ...\n", "NAME_COLLISION main.py:2"),
            ("class C: ...\n@dec\ndef f(a): ...\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C: ...\ndef f(a): ...\nf(*[1])\n", "UNSAFE_REFERENCE main.py:3"),
            ("class C: ...\ndef f(b): ...\n", "ANCHOR_NOT_FOUND main.py:2"),
            ("class D: ...\ndef f(a): ...\n", "ANCHOR_NOT_FOUND main.py"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, expected: str) -> None:
        tree = one_file(source)
        operation = operation_on(FunctionToMethod, tree, MAIN, symbol="f", class_name="C", parameter="a")
        assert refusal(tree, operation) == expected


class TestWrapInClass:
    TREE = files(
        {
            "pkg/__init__.py": 'from .tools import low, high\n\n__all__ = ["low", "high"]\n',
            "pkg/tools.py": '''
                """Tools."""

                __all__ = ["low", "high", "REST"]
                REST = 1


                # the low one
                def low(x):
                    """Doc."""
                    return high(x) - 1


                def between():
                    return map(low, [1])


                def high(x):
                    return x + REST
                ''',
            "main.py": """
                import pkg
                from pkg import high as up
                from pkg.tools import low, between

                print(low(1), up(2), pkg.low(3), list(between()))
                """,
        }
    )

    def test_routes_every_use_through_the_class(self) -> None:
        operation = operation_on(WrapInClass, self.TREE, "pkg/tools.py", symbols=["low", "high"], class_name="Tools")
        after, _ = planned(self.TREE, operation)
        assert after["pkg/tools.py"].decode() == (
            '"""Tools."""\n\n__all__ = ["Tools", "REST"]\nREST = 1\n\n\n# the low one\n'
            "class Tools:\n"
            '    @staticmethod\n    def low(x):\n        """Doc."""\n        return Tools.high(x) - 1\n\n'
            "    @staticmethod\n    def high(x):\n        return x + REST\n\n\n"
            "def between():\n    return map(Tools.low, [1])\n"
        )
        main = after["main.py"].decode()
        assert "print(Tools.low(1), Tools.high(2), pkg.Tools.low(3), list(between()))" in main
        assert after["pkg/__init__.py"] == b'from .tools import Tools\n\n__all__ = ["Tools"]\n'
        assert ran(after) == ran(self.TREE)

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("def f(): ...\ndef g(a=f): ...\n", "UNSAFE_REFERENCE main.py:2"),
            ("def f(): ...\nK = 1\ndef g(a=K): ...\n", "UNSAFE_REFERENCE main.py:3"),
            ("def f(): ...\nif 1:\n    def g(): ...\n", "ANCHOR_NOT_FOUND main.py:3"),
            ("class Box: ...\ndef f(): ...\ndef g(): ...\n", "NAME_COLLISION main.py:1"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, expected: str) -> None:
        tree = one_file(source)
        assert refusal(tree, operation_on(WrapInClass, tree, MAIN, symbols=["f", "g"], class_name="Box")) == expected
