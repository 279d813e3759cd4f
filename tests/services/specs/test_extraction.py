"""Reading a specification off a code base."""

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.catalogue import plan_change
from services.engine.goals import parse_goal
from services.engine.project import read_project
from services.engine.successors import Successors, read_successors, told
from services.specs.extraction import extract_items
from services.specs.schemas import BddItem
from tests.services.baselines.sample_trees import SHOP


def _successors(tree: Tree, goal: str) -> Successors:
    project = read_project(tree, ["."])
    plan = plan_change(tree, project, parse_goal(goal), ProposalLevel.STANDARD)
    after = apply_document(tree, plan.document, scope=["."]).tree
    return read_successors(project, tree, after, told(plan.document, plan.operations))


def _items(tree: Tree = SHOP, goal: str | None = None) -> dict[str, BddItem]:
    project = read_project(tree, ["."])
    items, _ = extract_items(project, tree, [], _successors(tree, goal) if goal else None)
    return {item.evidence[0]["function"] + ("!" if "raises" in item.evidence[0] else ""): item for item in items}


def _facts(item: BddItem) -> set[tuple[str, str, str | None]]:
    return {(facts["kind"], facts.get("call", ""), facts.get("expected")) for facts in item.evidence}


class TestExtractItems:
    def test_reads_parametrised_assertions_and_docstrings(self) -> None:
        assert _facts(_items()["discount"]) == {
            ("EXISTING_TEST", "discount(100)", "90"),
            ("EXISTING_TEST", "discount(50)", "45"),
            ("DOCSTRING_EXAMPLE", "discount(200, 50)", "100"),
        }

    def test_follows_names_through_assignments(self) -> None:
        assert _facts(_items()["label"]) == {("EXISTING_TEST", "label('  tea ', ['b', 'a'])", "'Tea (a, b)'")}

    def test_keeps_refusals_as_a_behaviour_of_their_own(self) -> None:
        item = _items()["discount!"]
        assert item.evidence[0]["raises"] == "ValueError"
        assert item.evidence[0]["ref"] == "tests/test_prices.py:13"
        assert "refuses wrong input with ValueError" in item.title

    def test_says_unobserved_instead_of_inventing(self) -> None:
        item = _items()["Basket.greet"]
        assert [facts["kind"] for facts in item.evidence] == ["UNOBSERVED"]
        assert "recorded before the change" in item.then_outcome

    def test_names_the_path_that_callers_import(self) -> None:
        facts = _items()["discount"].evidence[0]
        assert (facts["target"], facts["defined_at"]) == ("shop:discount", "shop.prices:discount")

    def test_writes_plain_sentences(self) -> None:
        item = _items()["label"]
        assert item.title == "label: Write the label of an article."
        assert item.given == "The inputs seen in tests/test_prices.py:19."
        assert item.then_outcome == "`label('  tea ', ['b', 'a'])` gives `'Tea (a, b)'`."

    def test_announces_the_new_name_of_a_rename(self) -> None:
        item = _items(goal="Rename `discount` in `shop/prices.py` to `reduced`")["discount"]
        assert item.then_outcome.endswith("It answers to its new name `reduced` and does the same.")

    @pytest.mark.parametrize(
        ("goal", "said"),
        [
            (
                "Move `discount` from `shop/prices.py` to a new module `shop/offers.py`",
                "It stands in `shop/offers.py` as `discount` and does the same.",
            ),
            (
                "Add a parameter `country` to `discount` in `shop/prices.py` at the start, pass 'DE' at all call sites",
                "It is called as `discount(country, price, percent=10)` and does the same.",
            ),
        ],
    )
    def test_announces_where_and_how_it_is_called_afterwards(self, goal: str, said: str) -> None:
        assert _items(goal=goal)["discount"].then_outcome.endswith(said)

    def test_says_what_goes_and_what_is_new(self) -> None:
        text = b"def doubled(value):\n    return value * 2\n\n\ndef use(value):\n    twice = doubled(value)\n"
        tree = {"a.py": text + b"    print(twice)\n    return value + 1\n"}
        change = _successors(tree, "Inline function `doubled` in `a.py`")
        items, structure = extract_items(read_project(tree, ["."]), tree, [], change)
        gone = next(item for item in items if item.evidence[0]["function"] == "doubled")
        assert "takes the definition away" in gone.then_outcome
        assert gone.evidence[0]["gone"] and "call" not in gone.evidence[0]
        assert "No test calls `doubled` after the change." in structure[0].interface_notes
        added = _successors(tree, "Extract `value + 1` on line 8 of `a.py` into a function `plus`")
        _, structure = extract_items(read_project(tree, ["."]), tree, [], added)
        assert structure[0].interface_notes.endswith("New in this file: `plus`.")

    def test_describes_each_file_once(self) -> None:
        _, structure = extract_items(read_project(SHOP, ["."]), SHOP, [])
        assert [(item.component, item.responsibility) for item in structure] == [
            ("shop/prices.py", "Prices of a small shop.")
        ]

    def test_is_stable_from_run_to_run(self) -> None:
        assert [item.id for item in _items().values()] == [item.id for item in _items().values()]

    @pytest.mark.parametrize("source", ["def f(:\n", "\x00", "x = '\udcff'"])
    def test_survives_files_that_cannot_be_read(self, source: str) -> None:
        broken = {**SHOP, "broken.py": source.encode("utf-8", "surrogatepass")}
        assert set(_items(broken)) == set(_items())


def _examples(test_body: str) -> set[tuple[str, str | None, str | None]]:
    tree = {"m.py": b"def f(a, b=1):\n    return a\n", "tests/test_m.py": test_body.encode()}
    items, _ = extract_items(read_project(tree, ["."]), tree, [])
    return {
        (facts["call"], facts.get("expected"), facts.get("raises"))
        for item in items
        for facts in item.evidence
        if "call" in facts
    }


class TestReadingTests:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("from m import f\ndef test_a():\n    assert 3 == f(3)\n", ("f(3)", "3", None)),
            ("import m\ndef test_a():\n    assert m.f(*[1, 2]) == 1\n", ("f(1, 2)", "1", None)),
            (
                "from m import *\ndef test_a():\n    for a, r in [(1, 2)]:\n        assert f(a) == r\n",
                ("f(1)", "2", None),
            ),
            ("from m import f as g\ndef test_a():\n    assert list(g([1])) == [1]\n", ("list(f([1]))", "[1]", None)),
            (
                "import datetime as dt\nfrom m import f\ndef test_a():\n    assert f(dt.date(2020, 1, 2)) is None\n",
                ("f(dt.date(2020, 1, 2))", "None", None),
            ),
            (
                "import unittest\nfrom m import f\nclass T(unittest.TestCase):\n    def test_a(self):\n"
                "        self.assertRaises(KeyError, f, 1)\n",
                ("f(1)", None, "KeyError"),
            ),
        ],
    )
    def test_understands(self, body: str, expected: tuple[str, str | None, str | None]) -> None:
        assert expected in _examples(body)

    @pytest.mark.parametrize(
        "body",
        [
            "from m import f\ndef test_a(tmp_path):\n    assert f(tmp_path) == 1\n",
            "from m import f\nimport os\ndef test_a():\n    assert f(os.getcwd()) == 1\n",
            "from m import f\nimport datetime\ndef test_a():\n    assert f(datetime.date.today()) == 1\n",
            "from other import f\ndef test_a():\n    assert f(1) == 1\n",
            "from m import f\ndef test_a():\n    x = 1\n    x += 1\n    assert f(x) == 2\n",
        ],
    )
    def test_leaves_out_what_depends_on_anything_else(self, body: str) -> None:
        assert _examples(body) == set()
