from pathlib import Path

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.blocks import reverse_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.document import document_subset, halves
from services.engine.goals import parse_goal
from services.engine.hazards import HazardKind
from services.engine.project import read_project
from services.engine.refusals import RefusalCode, RefusedError
from tests.services.engine.builders import files

CONSERVATIVE, STANDARD, COMPREHENSIVE = ProposalLevel
CASES = sorted((Path(__file__).parents[3] / "golden" / "engine").glob("*.case"))


def plan(tree: Tree, goal: str, level: ProposalLevel = STANDARD, scope: str = ".") -> ChangePlan:
    return plan_change(tree, read_project(tree, [scope]), parse_goal(goal), level)


def after(tree: Tree, goal: str, level: ProposalLevel = STANDARD, scope: str = ".") -> dict[str, str]:
    result = apply_document(tree, plan(tree, goal, level, scope).document, scope=[scope])
    assert result.applied
    return {path: content.decode() for path, content in result.tree.items()}


def left_alone(source: str, goal: str = "Clean up", path: str = "pkg/m.py", **others: str) -> bool:
    tree = files({path: source, **{name.replace("__", "/") + ".py": text for name, text in others.items()}})
    return not plan(tree, goal, COMPREHENSIVE).document.operations


def read_case(path: Path) -> tuple[dict[str, str], dict[str, bytes], dict[str, bytes]]:
    """Read a golden case: settings, then `=== before FILE` and `=== after FILE` sections."""
    head, *sections = path.read_text("utf-8").split("\n=== ")
    settings = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    trees: dict[str, dict[str, bytes]] = {"before": {}, "after": {}}
    for section in sections:
        title, _, body = section.partition("\n")
        side, name = title.split(" ")
        trees[side][name] = (body.rstrip("\n") + "\n").encode()
    return settings, trees["before"], {**trees["before"], **trees["after"]}


class TestGoldenCases:
    @pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
    def test_turns_before_into_after(self, case: Path) -> None:
        settings, before, expected = read_case(case)
        level, scope = ProposalLevel(settings["level"]), settings["scope"]
        planned = plan(before, settings["goal"], level, scope)
        result = apply_document(before, planned.document, scope=[scope])
        assert {path: content.decode() for path, content in result.tree.items()} == {
            path: content.decode() for path, content in expected.items()
        }
        replayed = apply_document(result.tree, planned.document, scope=[scope])
        assert replayed.applied and replayed.tree == result.tree
        assert apply_document(result.tree, reverse_document(before, result.tree)).tree == before

    def test_has_cases_for_every_goal(self) -> None:
        goals = {read_case(case)[0]["goal"].split()[0] for case in CASES}
        assert goals == {"Modernise", "Clean", "Rename"}


class TestWhatIsLeftAlone:
    @pytest.mark.parametrize(
        "source",
        [
            "import os  # noqa\n",
            "import os  # type: ignore\n",
            "import requests\n",
            "import readline\n",
            "from .other import thing\n",
            "import json\n\n\ndef f():\n    '''\n    >>> json.dumps(1)\n    '''\n",
            "import json\n\n\ndef f(x: 'json.JSONDecoder'): ...\n",
            "try:\n    import json\nexcept ImportError:\n    json = None\n",
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from decimal import Decimal\n\n\n"
            "def f(x: 'Decimal'): ...\n",
            "from os.path import *\nimport json\n",
            "def f(PLAIN, wrap):\n    return PLAIN == wrap(1)\n",
            "def f(g):\n    x = g()\n    y = 1 if g else 2\n    return y\n".replace("return y", "return y, 1"),
        ],
    )
    def test_clean_up_keeps(self, source: str) -> None:
        assert left_alone(source)

    def test_clean_up_keeps_imports_of_a_package_interface(self) -> None:
        assert left_alone("import os\nfrom json import dumps\n", path="pkg/__init__.py")
        assert left_alone("import os\nfrom json import dumps\n", path="pkg/_compat.py")

    @pytest.mark.parametrize(
        "user", ["from pkg.m import json\n\njson.x()\n", "from pkg import m\nfrom os import json\n\nm.json\n"]
    )
    def test_clean_up_keeps_an_import_that_another_file_uses(self, user: str) -> None:
        tree = files({"pkg/__init__.py": "", "pkg/m.py": "import json\n", "pkg/n.py": user})
        assert "pkg/m.py" not in plan(tree, "Clean up", COMPREHENSIVE).facts.touched_paths

    def test_clean_up_keeps_the_import_order_of_modules_that_may_do_something(self) -> None:
        assert left_alone("import zoo\nimport ape\n\nprint(zoo, ape)\n")

    def test_clean_up_keeps_blanks_inside_strings(self) -> None:
        assert left_alone('TEXT = """a  \n  \nb"""\n')

    @pytest.mark.parametrize(
        "source",
        [
            "from typing import List\nfrom pydantic import BaseModel\n\n\nclass A(BaseModel):\n    x: List[int]\n",
            "from typing import Optional, get_type_hints\n\n\ndef f(x: Optional[int]): ...\n\n\nget_type_hints(f)\n",
        ],
    )
    def test_modernise_keeps_annotations_that_are_read_at_run_time(self, source: str) -> None:
        assert left_alone(source, "Modernise to Python 3.11")

    def test_leaves_generated_files(self) -> None:
        assert left_alone("# Automatically generated; do not edit.\nimport os\n")

    def test_leaves_files_that_do_not_parse_and_says_so(self) -> None:
        planned = plan(files({"m.py": "import os\nprint 'x'\n"}), "Clean up")
        assert not planned.document.operations
        assert [hazard.kind for hazard in planned.hazards] == [HazardKind.UNREADABLE_FILE]


class TestLevels:
    TREE = files({"m.py": "import os\n\nx = dict(a=1)\n", "tests/test_m.py": "import os\n\nassert True\n"})

    def test_conservative_leaves_tests(self) -> None:
        assert plan(self.TREE, "Clean up", CONSERVATIVE).facts.touched_paths == ("m.py",)
        assert plan(self.TREE, "Clean up", STANDARD).facts.touched_paths == ("m.py", "tests/test_m.py")

    def test_changes_nothing_outside_scope_or_goal_path(self) -> None:
        tree = files({"a/m.py": "import os\n", "b/m.py": "import os\n"})
        assert plan(tree, "Clean up", scope="a").facts.touched_paths == ("a/m.py",)
        assert plan(tree, "Clean up b").facts.touched_paths == ("b/m.py",)
        with pytest.raises(RefusedError) as refused:
            plan(tree, "Clean up c")
        assert refused.value.code is RefusalCode.FILE_MISSING

    def test_says_what_was_looked_for_when_nothing_is_found(self) -> None:
        planned = plan(files({"m.py": "x = 1\n"}), "Clean up")
        assert (planned.document.operations, planned.facts.lines_touched) == ([], 0)
        assert planned.steps == ["Looked at code and tests; no rule of this level found anything to change."]


class TestFacts:
    def test_counts_from_the_sources(self) -> None:
        tree = files(
            {
                "m.py": """
                    import os


                    def f(a):
                        if a:
                            return 1
                        else:
                            return 2


                    def g():
                        return f(1) + f(2)
                    """,
                "README.md": "x\n",
            }
        )
        facts = plan(tree, "Clean up", CONSERVATIVE).facts
        assert (facts.files_changed, facts.files_in_scope, facts.operations) == (1, 2, 2)
        assert (facts.lines_touched, facts.lines_in_scope) == (5, 13 - 1)
        assert (facts.functions_rewritten, facts.functions_in_scope, facts.call_sites) == (1, 2, 2)
        assert (facts.highest_complexity_before, facts.highest_complexity_after) == (2, 2)
        [touched] = facts.touched_functions
        assert (touched.path, touched.qualified_name, touched.line, touched.end_line) == ("m.py", "f", 4, 8)
        assert (facts.public_names_changed, facts.dynamic_lookups) == (0, 0)
        assert dict(facts.rules) == {"F401": 1, "RET505": 1}

    def test_counts_a_public_name_and_warns(self) -> None:
        planned = plan(files({"m.py": "def old(): ...\n"}), "Rename old in m.py to new")
        assert (planned.facts.public_names_changed, planned.facts.risk_score) == (1, 3)
        assert [hazard.kind for hazard in planned.hazards] == [HazardKind.PUBLIC_NAME]

    def test_warns_when_the_declared_floor_is_older_than_the_target(self) -> None:
        tree = files({"m.py": "x = '{}'.format(1)\n", "pyproject.toml": '[project]\nrequires-python = ">=3.8"\n'})
        kinds = [hazard.kind for hazard in plan(tree, "Modernise to Python 3.11").hazards]
        assert kinds == [HazardKind.VERSION_FLOOR]

    def test_never_needs_a_newer_python_than_declared_when_cleaning_up(self) -> None:
        tree = files(
            {
                "m.py": "def f(x):\n    if x.startswith('a'):\n        x = x[len('a'):]\n    return x, 1\n",
                "setup.cfg": "[options]\npython_requires = >=3.8\n",
            }
        )
        assert not plan(tree, "Clean up", COMPREHENSIVE).document.operations


class TestDocuments:
    TREE = files({"m.py": "\n".join(f"def f{n}(a):\n    return dict(a={n})\n\n" for n in range(8))})

    def test_every_half_applies_alone(self) -> None:
        document = plan(self.TREE, "Clean up").document
        assert len(document.operations) == 8
        for half in halves(document):
            assert apply_document(self.TREE, half).applied

    def test_every_single_operation_applies_alone(self) -> None:
        document = plan(self.TREE, "Clean up").document
        for index in range(len(document.operations)):
            assert apply_document(self.TREE, document_subset(document, [index])).applied

    def test_is_the_same_every_time(self) -> None:
        assert plan(self.TREE, "Clean up") == plan(self.TREE, "Clean up")

    def test_keeps_encoding_and_line_endings(self) -> None:
        tree = {"m.py": "# coding: latin-1\r\nimport os\r\nx = 'é'\r\ny = dict(a=1)\r\n".encode("latin-1")}
        result = apply_document(tree, plan(tree, "Clean up").document)
        assert result.tree["m.py"] == "# coding: latin-1\r\nx = 'é'\r\ny = {'a': 1}\r\n".encode("latin-1")


class TestRenamePlans:
    def test_finds_the_file_below_a_folder(self) -> None:
        changed = after(files({"pkg/m.py": "def old(): ...\n", "pkg/n.py": "x = 1\n"}), "Rename old in pkg to new")
        assert changed["pkg/m.py"] == "def new(): ...\n"

    @pytest.mark.parametrize(
        ("path", "code"), [("gone.py", RefusalCode.FILE_MISSING), ("m.py", RefusalCode.ANCHOR_NOT_FOUND)]
    )
    def test_refuses_what_is_not_there(self, path: str, code: RefusalCode) -> None:
        with pytest.raises(RefusedError) as refused:
            plan(files({"m.py": "x = 1\n"}), f"Rename old in {path} to new")
        assert refused.value.code is code
