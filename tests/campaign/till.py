"""A tiny repository whose change breaks one of its own tests at first, so that a job on it meets every station."""

from pathlib import Path

from tests.support.main_job import make_repository

SCOPE = "till"
GOAL = "Modernise to Python 3.11"

FILES = {
    "till/__init__.py": "",
    "till/prices.py": (
        "from typing import List, Optional\n\n\n"
        "def total(prices: List[int], rebate: Optional[int] = None) -> int:\n"
        "    return sum(prices) - (rebate or 0)\n"
    ),
    "till/labels.py": "def label(count):\n    return '{} items'.format(count)\n",
    "tests/test_till.py": (
        "from pathlib import Path\n\nfrom till import labels\nfrom till.prices import total\n\n\n"
        "def test_total():\n    assert total([1, 2], 1) == 2\n\n\n"
        "def test_label():\n    assert labels.label(3) == '3 items'\n\n\n"
        "def test_template_stays_where_translators_look_for_it():\n"
        "    assert \"'{} items'\" in Path(labels.__file__).read_text()\n"
    ),
}


def make_till(folder: Path) -> Path:
    """Make the repository with one commit on `main`."""
    return make_repository(folder, FILES)
