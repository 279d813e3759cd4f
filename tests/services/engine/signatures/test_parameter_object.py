"""Parameters bundled into a dataclass."""

from typing import Any

import pytest

from services.engine.signatures.operations import IntroduceParameterObject
from services.engine.tree_edits import EditLimits
from tests.services.engine.running import MAIN, applied_twice, one_file, operation_on, planned, ran, refusal


def bundling(tree: dict[str, bytes], symbol: str, parameters: list[str], path: str = MAIN) -> Any:
    fields = {"class_name": "Box", "parameter_name": "box"}
    return operation_on(IntroduceParameterObject, tree, path, symbol=symbol, parameters=parameters, **fields)


def bundled(source: str, symbol: str, parameters: list[str]) -> str:
    """Return the one file afterwards, once the program is seen to print what it printed before."""
    tree = one_file(source)
    after, _ = planned(tree, bundling(tree, symbol, parameters))
    before = ran(tree)
    assert before and "Error" not in before
    assert ran(after) == before
    return after[MAIN].decode()


class TestParameterObject:
    def test_reads_fields_and_constructs_the_object_at_calls(self) -> None:
        result = bundled(
            '''
            def f(a, x: int, y=2, *, z: str = "q"):
                """Doc."""
                y += 1
                return a, x, y, [z for _ in range(x)], f"{z}"


            print(f(1, 2), f(1, y=5, x=1, z="r"), f(0, 1, 3))
            ''',
            "f",
            ["x", "y", "z"],
        )
        assert result == (
            "from dataclasses import dataclass\n\n\n"
            '@dataclass\nclass Box:\n    x: int\n    y: object = 2\n    z: str = "q"\n\n\n'
            "def f(a, box: Box):\n"
            '    """Doc."""\n'
            "    y = box.y\n"
            "    y += 1\n"
            '    return a, box.x, y, [box.z for _ in range(box.x)], f"{box.z}"\n\n\n'
            'print(f(1, Box(x=2)), f(1, Box(x=1, y=5, z="r")), f(0, Box(x=1, y=3)))\n'
        )

    def test_leaves_the_object_out_where_every_field_has_its_default(self) -> None:
        source = "def f(a, x=1, y=2):\n    return a, x, y\n\n\nprint(f(0), f(0, y=3), f(0, 5))\n"
        result = bundled(source, "f", ["x", "y"])
        assert "def f(a, box: Box = Box()):" in result
        assert "print(f(0), f(0, box=Box(y=3)), f(0, box=Box(x=5)))" in result

    def test_bundles_parameters_of_methods_and_constructors(self) -> None:
        source = """
            class C:
                def __init__(self, a, b):
                    self.v = a, b

                def m(self, c, d):
                    return self.v, c, d


            print(C(1, b=2).m(3, d=4))
            """
        assert "print(C(Box(a=1, b=2)).m(3, d=4))" in bundled(source, "C", ["a", "b"])
        assert "return self.v, box.c, box.d" in bundled(source, "C.m", ["c", "d"])

    def test_imports_the_class_where_it_is_constructed(self) -> None:
        tree = {"a.py": b"def f(x, y):\n    return x, y\n", MAIN: b"from a import f\n\nprint(f(1, 2))\n"}
        operation = bundling(tree, "f", ["x", "y"], "a.py")
        after, _ = planned(tree, operation)
        assert ran(after) == ran(tree)
        assert after[MAIN] == b"from a import Box, f\n\nprint(f(Box(x=1, y=2)))\n"
        assert refusal(tree, operation, EditLimits(scope=("a.py",))) == "UNSAFE_REFERENCE main.py:3"
        assert applied_twice(tree, operation) == (["APPLIED"], ["ALREADY_APPLIED"])

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("def f(x, y=[]): ...\n", "UNSAFE_REFERENCE main.py:1"),
            ("def f(x): ...\n", "ANCHOR_NOT_FOUND main.py:1"),
            ("def f(x, y): ...\nf(*[1, 2])\n", "UNSAFE_REFERENCE main.py:2"),
            ("def f(x, y):\n    box = 1\n", "NAME_COLLISION main.py:2"),
            ("Box = 1\ndef f(x, y): ...\n", "NAME_COLLISION main.py:1"),
        ],
    )
    def test_refuses_with_code_and_line(self, source: str, expected: str) -> None:
        tree = one_file(source)
        assert refusal(tree, bundling(tree, "f", ["x", "y"])) == expected
