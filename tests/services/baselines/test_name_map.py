"""Tests written for the untouched code run on the changed code, for every kind of change of names and parameters."""

import pytest

from services.baselines.generation import generate_tests, name_map
from services.baselines.proof import ProofLimits, prove
from services.baselines.recording import record
from services.baselines.schemas import GeneratedSuite, SuitePlan
from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.catalogue import plan_change
from services.engine.goals import parse_goal
from services.engine.project import read_project
from services.engine.successors import Successors, read_successors, told
from services.specs.extraction import extract_items
from tests.support.local_session import LocalSession

LIMITS = ProofLimits(run_seconds=60, test_seconds=10)
TILL: Tree = {
    "till/__init__.py": b"",
    "till/price.py": b'''class Basket:
    """Things somebody wants."""

    def __init__(self, owner):
        self.owner = owner

    def greet(self, loud=False):
        """Greet the owner."""
        return self.owner.upper() if loud else self.owner


def describe(name, cents):
    """Return a line for people."""
    return f"{name}: {euros(cents, 2):.2f}"


def euros(cents, places):
    """Return an amount in euros."""
    return cents / 100


def net(cents, rate, *, digits=None):
    """Return the net amount."""
    if rate < 0:
        raise ValueError("no such rate")
    return round(cents / (1 + rate / 100), digits)
''',
    "till/report.py": b'''from till.price import Basket, describe, net


def line(name, cents, rate):
    """Return a line with the net amount."""
    return f"{describe(name, cents)} {net(cents, rate)}"


def welcome():
    """Greet somebody."""
    return Basket("Ada").greet(loud=True)
''',
    "tests/test_price.py": b"""import pytest

from till.price import describe, net


def test_describe():
    assert describe("tea", cents=250) == "tea: 2.50"


def test_net():
    assert net(119, 19) == 100
    with pytest.raises(ValueError):
        net(100, rate=-1)
""",
}
GOALS = {
    "a move": "Move `net` and `Basket` from `till/price.py` to a new module `till/money.py` without an alias",
    "a module's name": "Rename module `till/price.py` to `till/pricing.py`",
    "a package's name": "Rename package `till` to `shop`",
    "a fold": "Fold module `till/price.py` into `till/report.py`",
    "a first parameter": "Add a parameter `mark` to `describe` in `till/price.py` at the start, "
    "pass 'x' at all call sites",
    "an order": "Reorder the parameters of `net` in `till/price.py` to `rate`, `cents`",
    "a parameter's name": "Rename parameter `rate` of `net` in `till/price.py` to `percent`",
    "a parameter less": "Remove parameter `places` of `euros` in `till/price.py`",
    "a function of a method": "Turn method `Basket.greet` in `till/price.py` into a top-level function `greeting`",
    "a class around": "Wrap functions `euros` and `net` in `till/price.py` in a class `Money`",
    "an object": "Bundle the parameters `cents` and `rate` of `net` in `till/price.py` into a dataclass `Amount`",
    "a method's name": "Rename method `Basket.greet` in `till/price.py` to `hail` without an alias",
    "two sentences": "Move `net` from `till/price.py` to a new module `till/tax.py` without an alias. "
    "Rename `net` in `till/tax.py` to `net_amount`",
    "three sentences": "Rename `net` in `till/price.py` to `net_amount` without an alias. Move it to a new module "
    "`till/tax.py` without an alias. Add a parameter `country` to `net_amount` in `till/tax.py` at the start, "
    "pass 'DE' at all call sites",
}


def _change(goal: str, tree: Tree = TILL) -> tuple[Tree, Successors]:
    project = read_project(tree, ["."])
    plan = plan_change(tree, project, parse_goal(goal), ProposalLevel.STANDARD)
    after = apply_document(tree, plan.document, scope=["."]).tree
    return after, read_successors(project, tree, after, told(plan.document, plan.operations))


def _suite(change: Successors | None = None) -> GeneratedSuite:
    project = read_project(TILL, ["."])
    items, _ = extract_items(project, TILL, [], change)
    return generate_tests(items, project, TILL)


async def _red(session: LocalSession, suite: GeneratedSuite, tree: Tree, names: bytes | None) -> list[str]:
    own = SuitePlan(runner="none")
    run = await prove(session, suite=suite, own=own, label="a sample", tree=tree, names=names, limits=LIMITS)
    return sorted({name.split("::")[1] for name in run.generated.red})


@pytest.mark.asyncio
class TestNameMap:
    @pytest.mark.parametrize("goal", GOALS.values(), ids=GOALS.keys())
    async def test_leads_the_same_tests_to_what_a_change_made(self, bare_session: LocalSession, goal: str) -> None:
        after, change = _change(goal)
        assert after != TILL
        suite = await record(bare_session, _suite(change), tree=TILL, limits=LIMITS)
        names = name_map(change)
        assert await _red(bare_session, suite, after, names) == []
        assert await _red(bare_session, suite, after, None) != []

    async def test_still_shows_a_changed_behaviour(self, bare_session: LocalSession) -> None:
        after, change = _change(GOALS["three sentences"])
        suite = await record(bare_session, _suite(change), tree=TILL, limits=LIMITS)
        wrong = {**after, "till/tax.py": after["till/tax.py"].replace(b"1 + rate", b"2 + rate")}
        assert wrong != after
        assert "Test_net" in await _red(bare_session, suite, wrong, name_map(change))

    async def test_fits_a_tree_where_the_parameters_stayed(self, bare_session: LocalSession) -> None:
        _, change = _change(GOALS["a first parameter"])
        suite = await record(bare_session, _suite(change), tree=TILL, limits=LIMITS)
        assert await _red(bare_session, suite, TILL, name_map(change)) == []


class TestWhatGoes:
    def test_has_no_test_and_says_so(self) -> None:
        after, change = _change("Inline function `euros` in `till/price.py`")
        assert b"def euros" not in after["till/price.py"]
        suite = _suite(change)
        assert not any("euros(" in case.call for case in suite.cases)
        assert [reason for reason in suite.unobserved.values() if "takes the definition away" in reason]

    def test_covers_calls_that_cannot_be_carried_over(self) -> None:
        goal = "Add a parameter `log` to `describe` in `till/price.py`, pass `print` at all call sites"
        _, change = _change(goal)
        suite = _suite(change)
        assert not any("describe(" in case.call for case in suite.cases)
        assert any("its new parameter `log` has no plain value" in reason for reason in suite.unobserved.values())
