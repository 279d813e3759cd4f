import pytest

from services.engine.imports.operations import AddImport, OrganiseImports, RemoveImport
from tests.services.engine.builders import files
from tests.services.engine.running import operation_on, planned, refusal


def added(source: str, module: str, name: str | None = None, alias: str | None = None) -> str:
    tree = {"m.py": source.encode()}
    after, _ = planned(tree, operation_on(AddImport, tree, "m.py", module=module, name=name, alias=alias))
    return after["m.py"].decode()


class TestAddImport:
    @pytest.mark.parametrize(
        ("source", "wanted", "result"),
        [
            ("", ("os", None, "o"), "import os as o\n"),
            ('"""Doc."""\n\n\ndef f(): pass\n', ("os",), '"""Doc."""\n\nimport os\n\n\ndef f(): pass\n'),
            ("#!/bin/python\nx = 1\n", ("os",), "#!/bin/python\n\nimport os\n\nx = 1\n"),
            ("import os\n\nimport zope\n", ("abc",), "import abc\nimport os\n\nimport zope\n"),
            ("import os\nx = 1\n", ("django", "VERSION"), "import os\n\nfrom django import VERSION\n\nx = 1\n"),
            ("from a import (\n    b,\n    d,\n)\n", ("a", "c"), "from a import (\n    b,\n    c,\n    d,\n)\n"),
            ("from a import b\n", ("a", "b"), "from a import b\n"),
            ("from __future__ import annotations\n", ("os",), "from __future__ import annotations\n\nimport os\n"),
        ],
    )
    def test_finds_the_sorted_place(self, source: str, wanted: tuple[str, ...], result: str) -> None:
        assert added(source, *wanted) == result

    @pytest.mark.parametrize(
        ("source", "expected"),
        [("path = 1\n", "NAME_COLLISION m.py:1"), ("from x import path\n", "NAME_COLLISION m.py:1")],
    )
    def test_refuses_a_name_that_is_taken(self, source: str, expected: str) -> None:
        tree = {"m.py": source.encode()}

        assert refusal(tree, operation_on(AddImport, tree, "m.py", module="os", name="path")) == expected


class TestRemoveImport:
    @pytest.mark.parametrize(
        ("source", "module", "name", "result"),
        [
            ("import sys, os  # x\nprint(os)\n", "sys", None, "import os  # x\nprint(os)\n"),
            ("import os; import sys\nprint(sys)\n", "os", None, "import sys\nprint(sys)\n"),
            ("from a import (\n    b,  # one\n    c,\n)\nc\n", "a", "b", "from a import (\n    c,\n)\nc\n"),
        ],
    )
    def test_touches_nothing_else(self, source: str, module: str, name: str | None, result: str) -> None:
        tree = {"m.py": source.encode()}

        after, _ = planned(tree, operation_on(RemoveImport, tree, "m.py", module=module, name=name))

        assert after["m.py"].decode() == result

    def test_refuses_what_is_still_used(self) -> None:
        tree = files({"m.py": "import os\nprint(os)\n", "n.py": "from m import sys\n", "m2.py": ""})
        other = files({"m.py": "import sys\n", "n.py": "from m import sys\n"})

        assert refusal(tree, operation_on(RemoveImport, tree, "m.py", module="os")) == "UNSAFE_REFERENCE m.py:2"
        assert refusal(other, operation_on(RemoveImport, other, "m.py", module="sys")) == "UNSAFE_REFERENCE n.py:1"


class TestOrganiseImports:
    def test_groups_by_origin(self) -> None:
        tree = files(
            {
                "m.py": "from pkg import a\nimport zlib, requests\nfrom . import b\nprint(a, zlib, requests, b)\n",
                "pkg/__init__.py": "",
                "pkg/a.py": "",
            }
        )

        after, edits = planned(tree, operation_on(OrganiseImports, tree, "m.py"))

        assert (
            after["m.py"]
            .decode()
            .startswith("import zlib\n\nimport requests\n\nfrom pkg import a\n\nfrom . import b\n")
        )
        assert len(edits.hazards) == 1
