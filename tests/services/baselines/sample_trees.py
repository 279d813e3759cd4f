"""Small code bases of our own for tests of plans, suites and proofs."""

from services.core.tree import Tree


def tree_of(**files: str) -> Tree:
    """Build a tree; `__` in a name stands for `/` and the suffix `.py` is added where there is none."""
    return {_path(name): text.encode() for name, text in files.items()}


def _path(name: str) -> str:
    return f"{name.replace('__', '/')}.py"


SHOP: Tree = {
    "shop/__init__.py": b"from shop.prices import discount, label\n",
    "shop/prices.py": b'''"""Prices of a small shop."""

import os
import random


def discount(price: int, percent: int = 10) -> int:
    """Take a percentage off.

    >>> discount(200, 50)
    100
    """
    if percent > 100:
        raise ValueError("more than everything")
    return price - price * percent // 100


def label(name: str, tags: list[str] | None = None) -> str:
    """Write the label of an article."""
    return f"{name.strip().title()} ({', '.join(sorted(tags or []))})"


def lottery() -> float:
    """Draw a price."""
    return random.random()


def save(path: str = "/tmp/prices.txt") -> int:
    """Write the prices to a file."""
    with open(path, "w") as stream:
        return stream.write("prices")


class Basket:
    """Things to buy."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.items: list[str] = []

    def greet(self, loud: bool = False) -> str:
        """Greet the owner."""
        return self.owner.upper() if loud else self.owner
''',
    "tests/test_prices.py": b"""import pytest

from shop import discount, label


@pytest.mark.parametrize("price, expected", [(100, 90), (50, 45)])
def test_discount(price, expected):
    assert discount(price) == expected


def test_too_much():
    with pytest.raises(ValueError):
        discount(1, 101)


def test_label():
    name = "  tea "
    result = label(name, ["b", "a"])
    assert result == "Tea (a, b)"
""",
}
