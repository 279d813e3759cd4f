"""Goals beyond renaming, from the sentence to the pushed branch, each proven by tests of the untouched code."""

import pytest

from iama_app.cli.driving import EXIT_DONE
from services.canon.lifecycle import JobState
from tests.support.main_job import FinishedJob, Installation, git, make_repository, pushed_branches

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TILL = {
    "till/__init__.py": "",
    "till/price.py": '''\
"""Prices."""


class Basket:
    """Things somebody wants."""

    def __init__(self, owner):
        self.owner = owner

    def greet(self, loud=False):
        """Greet the owner."""
        return self.owner.upper() if loud else self.owner


def describe(name, cents):
    """Return a line for people."""
    amount = euros(cents)
    return f"{name}: {amount:.2f}"


def euros(cents):
    """Return an amount in euros."""
    return cents / 100


def net(cents, rate):
    """Return the net amount."""
    if rate < 0:
        raise ValueError("no such rate")
    return round(cents / (1 + rate / 100))
''',
    "tests/test_price.py": """\
import pytest

from till.price import Basket, describe, net


def test_describe():
    assert describe("tea", 250) == "tea: 2.50"


def test_net():
    assert net(119, 19) == 100
    with pytest.raises(ValueError):
        net(100, -1)


def test_greet():
    assert Basket("Ada").greet(loud=True) == "ADA"
""",
    "pyproject.toml": '[project]\nname = "till"\nversion = "1"\nrequires-python = ">=3.11"\n',
}

GOALS = {
    "moved-and-renamed": (
        "Move `net` from `till/price.py` to a new module `till/tax.py` without an alias. "
        "Rename `net` in `till/tax.py` to `net_amount`",
        {"tests/test_price.py", "till/price.py", "till/tax.py"},
    ),
    "module": (
        "Rename module `till/price.py` to `till/pricing.py`",
        {"tests/test_price.py", "till/price.py", "till/pricing.py"},
    ),
    "parameter-and-method": (
        "Add a parameter `mark` to `describe` in `till/price.py` at the start, pass 'x' at all call sites. "
        "Turn method `Basket.greet` in `till/price.py` into a top-level function `greeting`",
        {"tests/test_price.py", "till/price.py"},
    ),
}


@pytest.mark.parametrize(("goal", "changed"), GOALS.values(), ids=GOALS.keys())
def test_delivers_what_its_old_tests_still_prove(
    installation: Installation, request: pytest.FixtureRequest, goal: str, changed: set[str]
) -> None:
    repository = make_repository(installation.repositories / request.node.callspec.id, TILL)
    job = installation.run(repository, goal)
    assert job.ended.view.status is JobState.DELIVERED, job.explain()
    assert job.ended.exit_status == EXIT_DONE and pushed_branches(repository) == [job.ended.branch]
    found = git(repository, "diff", "--no-renames", "--name-only", "main", job.ended.branch or "").splitlines()
    assert set(found) == changed
    _require_proof(job)
    reasons = [item["reason"] for item in job.predicate["baseline"].get("uncovered", [])]
    assert all("No input could be found for `Basket.__init__`" in reason for reason in reasons), reasons


def test_says_what_a_goal_takes_away_and_cannot_be_proven_by_calls(installation: Installation) -> None:
    repository = make_repository(installation.repositories / "inlined", TILL)
    job = installation.run(repository, "Inline function `euros` in `till/price.py`")
    assert job.ended.view.status is JobState.DELIVERED, job.explain()
    assert "euros" not in git(repository, "show", f"{job.ended.branch}:till/price.py").replace("in euros", "")
    _require_proof(job)
    (uncovered,) = job.predicate["baseline"]["uncovered"]
    assert "takes the definition away" in uncovered["reason"]


def _require_proof(job: FinishedJob) -> None:
    own, generated = job.predicate["own_suite"], job.predicate["generated_tests"]
    assert (own["before"], own["after"], own["changed"]) == ({"passed": 3}, {"passed": 3}, 0)
    assert 0 < generated["total"] == generated["passed_before"] == generated["passed_after"]
    assert job.predicate.get("dropped_operations") is None
