"""From sentences to documents of operations: what they change, in which order, and where nothing is guessed."""

import ast

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import OperationStatus, apply_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.goals import parse_goal
from services.engine.project import read_project
from services.engine.refusals import RefusalCode, RefusedError
from tests.services.engine.builders import files

TREE = files(
    {
        "pkg/__init__.py": "",
        "pkg/a.py": '''
            """Prices."""
            import os

            LIMIT = 3


            def f(x, y=2):
                """Double."""
                total = x * y
                half = total / 2
                return half


            def g(z):
                print("a", z)
                print("b", z)
                return f(z) + 86400


            class Basket:
                def size(self):
                    return 1

                def save(self, name, force=False):
                    return name, force
            ''',
        "pkg/b.py": "from pkg.a import f, g\n\n\ndef run():\n    return f(3) + g(1)\n",
        "tests/test_a.py": "from pkg.a import f\n\n\ndef test_f():\n    assert f(1) == 1\n",
    }
)


def plan(goal: str, level: ProposalLevel = ProposalLevel.STANDARD, tree: Tree = TREE) -> ChangePlan:
    return plan_change(tree, read_project(tree, ["."]), parse_goal(goal), level)


def after(goal: str, level: ProposalLevel = ProposalLevel.STANDARD, tree: Tree = TREE) -> dict[str, str]:
    result = apply_document(tree, plan(goal, level, tree).document)
    assert result.applied
    return {path: content.decode() for path, content in result.tree.items()}


class TestSentences:
    @pytest.mark.parametrize(
        ("goal", "ops", "path", "telling"),
        [
            ("Rename `f` in `pkg/a.py` to `twice`", ["rename_symbol"], "pkg/b.py", "import twice, g"),
            ("Rename method `save` of class `Basket` to `store`", ["rename_symbol"], "pkg/a.py", "def store(self"),
            ("Rename parameter `x` of `pkg.a.f` to `value`", ["rename_symbol"], "pkg/a.py", "def f(value, y=2)"),
            ("In pkg/a.py, rename variable `half` in function `f` to `h`", ["rename_symbol"], "pkg/a.py", "return h"),
            ("Rename module `pkg/a.py` to `prices`", ["rename_module"], "pkg/b.py", "from pkg.prices import f"),
            ("Rename the package `pkg` to `shop`", ["rename_module"], "shop/b.py", "from shop.a import f"),
            ("Move pkg/a.py into tests/", ["rename_module"], "tests/a.py", "LIMIT = 3"),
            ("Move `f` from `pkg.a` to a new module `pkg.c`", ["move_symbols"], "pkg/c.py", "def f(x, y=2)"),
            ("Move class Basket to `baskets.py`", ["move_symbols"], "baskets.py", "class Basket"),
            ("Move `g` to a new module `tools`", ["move_symbols"], "pkg/tools.py", "def g(z)"),
            ("Fold module `pkg/a.py` into `pkg/b.py`", ["fold_module"], "pkg/b.py", "class Basket"),
            ("Split `pkg/a.py` into `pkg/fg.py` (`f`, `g`)", ["split_module"], "pkg/fg.py", "def g(z)"),
            ("Extract `pkg/a.py:15-16` into a function `show`", ["extract_function"], "pkg/a.py", "def show(z)"),
            ("Extract `x * y` in `pkg/a.py` into a variable `p`", ["extract_variable"], "pkg/a.py", "p = x * y"),
            ("Extract `86400` in a.py into a constant `DAY`", ["extract_constant"], "pkg/a.py", "DAY = 86400"),
            ("Change the default of parameter `y` of `f` in a.py to 5", ["change_signature"], "pkg/a.py", "y=5"),
            (
                "Add a parameter `k` with default 1 to `f` in a.py before `y`",
                ["change_signature"],
                "pkg/a.py",
                "k=1, y=2",
            ),
        ],
    )
    def test_become_operations(self, goal: str, ops: list[str], path: str, telling: str) -> None:
        assert [operation.op for operation in plan(goal).document.operations] == ops
        assert telling in after(goal)[path]

    @pytest.mark.parametrize(
        "goal",
        [
            "Rename f in pkg/a.py to g2, then move it to pkg/d.py. Then add a parameter `k=1` to it",
            "Rename module pkg/a.py to prices and rename `Basket` to `Cart`. Clean up pkg",
            "Rename `f` to `h`. Rename `h` to `i`. Remove unused imports",
        ],
    )
    def test_carry_each_other_on_and_replay(self, goal: str) -> None:
        document = plan(goal).document
        once = apply_document(TREE, document)
        again = apply_document(once.tree, document)
        assert once.applied and len(document.operations) >= 3
        assert {outcome.status for outcome in again.outcomes} == {OperationStatus.ALREADY_APPLIED}
        assert again.tree == once.tree
        for content in once.tree.values():
            ast.parse(content)

    def test_steps_say_what_each_does(self) -> None:
        steps = plan("Rename `f` in pkg/a.py to `h`. Remove unused imports in pkg/a.py").steps
        assert steps[0] == "Rename f to h in pkg/a.py: 3 files change."
        assert "`os`" in steps[1]


class TestLevels:
    def test_tests_follow_from_standard_on_unless_the_sentence_says_otherwise(self) -> None:
        conservative, standard, _ = ProposalLevel
        goal = "Rename `f` in pkg/a.py to `twice`"
        assert "import f\n" in after(goal, conservative)["tests/test_a.py"]
        assert "import twice\n" in after(goal, standard)["tests/test_a.py"]
        assert "import f\n" in after(f"{goal}, except tests", standard)["tests/test_a.py"]
        assert "import twice\n" in after(f"{goal}, including tests", conservative)["tests/test_a.py"]

    def test_comprehensive_cleans_up_the_files_that_change_and_no_others(self) -> None:
        _, standard, comprehensive = ProposalLevel
        tree = {**TREE, "pkg/other.py": b"import os\n"}
        goal = "Rename `LIMIT` in pkg/a.py to `MOST`"
        assert "import os" in after(goal, standard, tree)["pkg/a.py"]
        tidied = after(goal, comprehensive, tree)
        assert "import os" not in tidied["pkg/a.py"] and "MOST = 3" in tidied["pkg/a.py"]
        assert tidied["pkg/other.py"] == "import os\n"

    def test_passes_a_new_argument_where_the_sentence_says(self) -> None:
        goal = "Add a parameter `log` with default False to `f` in pkg/a.py, pass it at all call sites except tests"
        changed = after(goal)
        assert "def f(x, y=2, log=False)" in changed["pkg/a.py"]
        assert "f(3, log=False)" in changed["pkg/b.py"]
        assert changed["tests/test_a.py"] == TREE["tests/test_a.py"].decode()


class TestNothingIsGuessed:
    @pytest.mark.parametrize(
        ("goal", "code", "telling"),
        [
            ("Rename `run` to `go`", RefusalCode.ANCHOR_AMBIGUOUS, "run in pkg/b.py, run in pkg/c.py"),
            ("Rename `nothing` to `go`", RefusalCode.ANCHOR_NOT_FOUND, "0 files"),
            ("Rename `run` in gone.py to `go`", RefusalCode.FILE_MISSING, "not in this tree"),
            ("Rename `run` in b.py to `go`", RefusalCode.ANCHOR_AMBIGUOUS, "other/b.py, pkg/b.py"),
            ("Extract `1 + 1` in pkg/c.py into a variable `two`", RefusalCode.ANCHOR_AMBIGUOUS, "lines 2, 3"),
            ("Extract `2 + 2` in pkg/c.py into a variable `two`", RefusalCode.ANCHOR_NOT_FOUND, "does not occur"),
            ("Add a parameter `k` to `run` in pkg/c.py after `z`", RefusalCode.ANCHOR_NOT_FOUND, "parameter z"),
        ],
    )
    def test_refuses_with_what_could_be_meant(self, goal: str, code: RefusalCode, telling: str) -> None:
        tree = files(
            {
                "pkg/b.py": "def run(): ...\n",
                "pkg/c.py": "def run(a):\n    b = 1 + 1\n    return b, 1 + 1\n",
                "other/b.py": "",
            }
        )
        with pytest.raises(RefusedError) as refused:
            plan(goal, tree=tree)
        assert refused.value.code is code
        assert telling in refused.value.remedy

    def test_takes_the_definition_outside_the_tests(self) -> None:
        tree = files({"pkg/b.py": "def run(): ...\n", "tests/test_b.py": "def run(): ...\n"})
        assert after("Rename run to go", tree=tree)["pkg/b.py"] == "def go(): ...\n"
