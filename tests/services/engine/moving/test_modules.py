from typing import Any

import pytest

from services.engine.moving.operations import FoldModule, MoveOptions, RenameModule, SplitModule, SplitPart
from services.engine.tree_edits import EditLimits
from tests.services.engine.builders import files
from tests.services.engine.running import operation_on, planned, ran, refusal

PACKAGE = files(
    {
        "pkg/__init__.py": "from . import a\nfrom .a import f\n\n__all__ = ['a', 'f']\n",
        "pkg/a.py": "from . import util\nfrom .util import one\n\n\ndef f():\n    return one(), util.two()\n",
        "pkg/util.py": """
            def one():
                return 1


            def two():
                from .a import f
                return f.__name__
            """,
        "pkg/sub/__init__.py": "",
        "pkg/sub/x.py": """
            from ..a import f
            from .. import a as other
            from pkg import a


            def g(b):
                return a.f(), other.f(), f()
            """,
        "main.py": """
            import importlib

            import pkg
            import pkg.a
            import pkg.a as m
            from pkg import a, util
            from pkg.sub.x import g

            NAME = "pkg.a.f"


            def late(b):
                return a.f(), b


            print(pkg.a.f(), m.f(), a.f(), util.one(), late(1), g(2), pkg.f())
            print(importlib.import_module("pkg.a").f())
            """,
        "README.md": "Run `python -m pkg.a` or pkg/a.py; see `pkg.a.f`.\n",
        "pyproject.toml": '[project.scripts]\nx = "pkg.a:f"\n',
    }
)
EVERYTHING = MoveOptions(tests=True, docs=True)


def rename(tree: dict[str, bytes], path: str, new_path: str, **fields: Any) -> RenameModule:
    return operation_on(RenameModule, tree, path, new_path=new_path, **fields)


class TestRenameModule:
    @pytest.mark.parametrize(
        ("path", "new_path"),
        [
            ("pkg/a.py", "pkg/b.py"),
            ("pkg/a.py", "pkg/sub/deep/c.py"),
            ("pkg/a.py", "pkg/a/__init__.py"),
            ("pkg/util.py", "pkg/sub/tools.py"),
            ("pkg/__init__.py", "core/__init__.py"),
            ("pkg/__init__.py", "lib/core/__init__.py"),
            ("pkg/sub/__init__.py", "pkg/under/__init__.py"),
            ("pkg/sub/x.py", "x.py"),
        ],
    )
    def test_leaves_a_program_that_does_the_same(self, path: str, new_path: str) -> None:
        after, edits = planned(PACKAGE, rename(PACKAGE, path, new_path, options=EVERYTHING))

        assert ran(after) == ran(PACKAGE)
        assert path not in after
        assert new_path in after
        assert edits.hazards == ()

    def test_rewrites_strings_documents_and_exports(self) -> None:
        after, _ = planned(PACKAGE, rename(PACKAGE, "pkg/a.py", "pkg/b.py", options=EVERYTHING))

        assert after["README.md"] == b"Run `python -m pkg.b` or pkg/b.py; see `pkg.b.f`.\n"
        assert b"pkg.b:f" in after["pyproject.toml"]
        assert b'NAME = "pkg.b.f"' in after["main.py"]
        assert b"__all__ = ['b', 'f']" in after["pkg/__init__.py"]

    def test_keeps_the_local_name_where_the_new_one_is_taken(self) -> None:
        after, _ = planned(PACKAGE, rename(PACKAGE, "pkg/a.py", "pkg/b.py"))

        assert b"from pkg import b as a\n" in after["pkg/sub/x.py"]

    def test_moves_a_whole_package_with_its_data(self) -> None:
        tree = {**PACKAGE, "pkg/data.txt": b"x"}

        after, _ = planned(tree, rename(tree, "pkg/__init__.py", "core/__init__.py"))

        assert not [path for path in after if path.startswith("pkg/")]
        assert after["core/data.txt"] == b"x"

    def test_leaves_a_stand_in_where_references_stay(self) -> None:
        tree = {**PACKAGE, **files({"tests/test_a.py": "import pkg.a as a\nassert a.f() and a.__name__ == 'pkg.b'\n"})}

        after, edits = planned(tree, rename(tree, "pkg/a.py", "pkg/b.py"))

        assert (
            ran({**after, "run.py": b"import runpy\nrunpy.run_path('tests/test_a.py')\nprint('ok')\n"}, "run.py")
            == "ok\n"
        )
        assert [item.path for item in edits.hazards] == ["README.md", "tests/test_a.py"]

    @pytest.mark.parametrize(
        ("new_path", "expected"),
        [
            ("pkg/util.py", "FILE_EXISTS pkg/util.py"),
            ("pkg/sub.py", "NAME_COLLISION pkg/sub/__init__.py"),
            ("json.py", "SHADOWED json.py"),
            ("pkg/not-a-name.py", "PARSE_UNSUPPORTED pkg/not-a-name.py"),
            ("pkg/a.txt", "PARSE_UNSUPPORTED pkg/a.txt"),
        ],
    )
    def test_refuses_a_place_that_cannot_be_imported(self, new_path: str, expected: str) -> None:
        assert refusal(PACKAGE, rename(PACKAGE, "pkg/a.py", new_path)) == expected

    def test_refuses_a_file_outside_the_scope(self) -> None:
        assert refusal(PACKAGE, rename(PACKAGE, "pkg/a.py", "b.py"), EditLimits(("pkg",))) == "OUT_OF_SCOPE b.py"


class TestFoldModule:
    def test_merges_statements_imports_and_users(self) -> None:
        tree = files(
            {
                "pkg/__init__.py": "from . import a\nfrom .a import f\n",
                "pkg/a.py": """
                    import os
                    try:
                        import no_such as fast
                    except ImportError:
                        fast = None
                    from .util import one

                    X = 1
                    print("loading")


                    def f():
                        return one(), fast, X
                    """,
                "pkg/util.py": "from . import a\n\n\ndef one():\n    return a.X\n",
                "main.py": "import pkg.a\nfrom pkg.a import f, os\nprint(pkg.a.f(), f(), os.sep)\n",
            }
        )

        after, _ = planned(tree, operation_on(FoldModule, tree, "pkg/a.py", new_path="pkg/util.py"))

        assert "pkg/a.py" not in after
        assert ran(after) == ran(tree)

    def test_refuses_names_that_mean_two_things(self) -> None:
        tree = files({"a.py": "x = 1\n", "b.py": "x = 2\n"})

        assert refusal(tree, operation_on(FoldModule, tree, "a.py", new_path="b.py")) == "NAME_COLLISION b.py:1"


class TestSplitModule:
    def test_gives_every_part_its_home(self) -> None:
        tree = files(
            {
                "a.py": "def f():\n    return 1\n\n\ndef g():\n    return f() + 1\n\n\ndef h():\n    return g() + 1\n",
                "main.py": "from a import f, g, h\nprint(f(), g(), h())\n",
            }
        )
        parts = [SplitPart(new_path="b.py", symbols=["f"]), SplitPart(new_path="c.py", symbols=["g"])]

        after, _ = planned(tree, operation_on(SplitModule, tree, "a.py", parts=parts))

        assert ran(after) == "1 2 3\n"
        assert sorted(after["main.py"].splitlines()[:3]) == [b"from a import h", b"from b import f", b"from c import g"]

    def test_refuses_a_symbol_in_two_parts(self) -> None:
        tree = files({"a.py": "def f():\n    pass\n"})
        parts = [SplitPart(new_path="b.py", symbols=["f"]), SplitPart(new_path="c.py", symbols=["f"])]

        assert refusal(tree, operation_on(SplitModule, tree, "a.py", parts=parts)) == "NAME_COLLISION a.py"
