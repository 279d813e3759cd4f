"""Which definitions a change touches, told from the lines that differ."""

import pytest

from services.engine.diff import file_diffs
from services.previews.impact import affected_symbols

BEFORE = """\
import os


class Basket:
    kind = 1

    def size(self):
        return 1

    def price(self):
        def inner():
            return 2

        return inner()


def total():
    return 3
"""


def _affected(old: str, new: str) -> list[tuple[str, str]]:
    before = {"a.py": BEFORE.encode()}
    after = {"a.py": BEFORE.replace(old, new).encode()}
    found = affected_symbols(before, after, file_diffs(before, after))
    return [(item.symbol, item.change) for item in found]


class TestAffectedSymbols:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("return 1", "return 10", [("Basket.size", "CHANGED")]),
            ("return 2", "return 20", [("Basket.price.inner", "CHANGED")]),
            ("kind = 1", "kind = 2", [("Basket", "CHANGED")]),
            ("import os", "import sys", [("", "CHANGED")]),
            ("def total():\n    return 3\n", "", [("total", "REMOVED")]),
            ("    kind = 1\n\n", "", [("Basket", "CHANGED")]),
            ("def total", "def sums", [("sums", "ADDED"), ("total", "REMOVED")]),
        ],
    )
    def test_names_the_innermost(self, old: str, new: str, expected: list[tuple[str, str]]) -> None:
        assert [pair for pair in _affected(old, new) if pair in expected or pair[0]] == expected

    def test_knows_new_and_deleted_files(self) -> None:
        before, after = {"a.py": b"def f():\n    pass\n"}, {"b.py": b"def g():\n    return 1\n"}
        found = affected_symbols(before, after, file_diffs(before, after))
        assert {(item.path, item.symbol, item.change) for item in found} == {
            ("a.py", "f", "REMOVED"),
            ("b.py", "g", "ADDED"),
        }
