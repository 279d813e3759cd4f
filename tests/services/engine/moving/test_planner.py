from typing import Any

import pytest

from services.engine.hazards import HazardKind
from services.engine.moving.operations import MoveOptions, MoveSymbols
from services.engine.tree_edits import EditLimits
from tests.services.engine.builders import files
from tests.services.engine.running import operation_on, planned, ran, refusal

SHOP = files(
    {
        "shop/__init__.py": """
            from .cart import Cart, total as sum_up

            __all__ = ["Cart", "sum_up"]
            """,
        "shop/cart.py": '''
            """Carts."""
            import json
            import os, sys
            from .rates import (
                RATE,
                rounded,  # to cents
            )

            __all__ = [
                "Cart",
                "total",
            ]

            LIMIT = 3


            def note():
                return "noted"


            # adds up
            # and rounds
            @rounded
            def total(items):
                """Add up."""
                from .rates import EXTRA
                return sum(items) * RATE + len(json.dumps(items)) + EXTRA  # all of it


            class Cart:
                def __init__(self, items):
                    self.items = items[:LIMIT]

                def price(self):
                    return total(self.items), os.sep


            def shown():
                return sys.byteorder, note()
            ''',
        "shop/rates.py": """
            RATE = 2
            EXTRA = 1


            def rounded(function):
                return lambda *args: round(function(*args))
            """,
        "shop/report.py": '''
            """Reports."""
            import json
            from shop.cart import total as add


            def report():
                return json.dumps(add([1]))


            if __name__ == "__main__":
                report()
            ''',
        "main.py": """
            import shop.cart
            import shop.cart as basket
            import shop.report
            from shop import cart, sum_up
            from shop.cart import (
                Cart,
                total,
            )


            def run():
                from shop.cart import total as local
                return shop.cart.total([1]), basket.total([2]), cart.total([3]), local([4]), cart.shown()[1]


            print(run(), sum_up([5]), total([6]), Cart([1, 2, 3, 4]).price()[0], shop.report.report())
            print(getattr(cart, "total")([7]), shop.cart.LIMIT)
            """,
    }
)
EVERYTHING = MoveOptions(tests=True, docs=True)


def move(tree: dict[str, bytes], path: str, symbols: list[str], new_path: str, **fields: Any) -> MoveSymbols:
    return operation_on(MoveSymbols, tree, path, symbols=symbols, new_path=new_path, **fields)


class TestMovedCode:
    @pytest.mark.parametrize("new_path", ["shop/sums.py", "shop/report.py", "shop/deep/sums.py"])
    def test_does_the_same_from_its_new_place(self, new_path: str) -> None:
        after, edits = planned(SHOP, move(SHOP, "shop/cart.py", ["total", "Cart"], new_path))

        assert b"def total" in after[new_path]
        assert b"def total" not in after["shop/cart.py"]
        assert ran(after) == ran(SHOP)
        assert edits.hazards == ()

    def test_takes_decorator_comments_and_layout_along(self) -> None:
        after, _ = planned(SHOP, move(SHOP, "shop/cart.py", ["total"], "shop/sums.py"))

        assert after["shop/sums.py"].decode() == (
            "import json\n\nfrom .rates import RATE, rounded\n\n\n"
            "# adds up\n# and rounds\n@rounded\ndef total(items):\n"
            '    """Add up."""\n    from .rates import EXTRA\n'
            "    return sum(items) * RATE + len(json.dumps(items)) + EXTRA  # all of it\n"
        )

    def test_leaves_the_old_module_with_the_imports_it_needs(self) -> None:
        after, _ = planned(SHOP, move(SHOP, "shop/cart.py", ["total", "Cart"], "shop/sums.py"))

        old = after["shop/cart.py"].decode()
        assert "import json" not in old
        assert "rates" not in old
        assert "import sys\n" in old
        assert "__all__ = []" in old
        assert '\n    return "noted"\n\n\ndef shown' in old

    def test_rewrites_every_kind_of_use(self) -> None:
        after, _ = planned(SHOP, move(SHOP, "shop/cart.py", ["total"], "shop/sums.py"))

        main = after["main.py"].decode()
        assert "from shop.sums import total\n" in main
        assert "shop.sums.total([1]), sums.total([2]), sums.total([3])" in main
        assert "    from shop.sums import total as local" in main
        assert b"from .sums import total as sum_up" in after["shop/__init__.py"]

    def test_keeps_line_ends_and_byte_order_mark(self) -> None:
        tree = {path: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n") for path, content in SHOP.items()}

        after, edits = planned(tree, move(tree, "shop/cart.py", ["total"], "shop/sums.py"))

        for content in edits.contents.values():
            assert content is not None
            assert content.count(b"\n") == content.count(b"\r\n")
        assert after["main.py"].startswith(b"\xef\xbb\xbf")
        assert ran(after) == ran(tree)

    def test_brings_typing_imports_and_lazy_annotations(self) -> None:
        tree = files(
            {
                "a.py": """
                    from __future__ import annotations
                    from typing import TYPE_CHECKING
                    if TYPE_CHECKING:
                        from decimal import Decimal


                    def f(x: Decimal) -> Decimal:
                        return x
                    """,
                "main.py": "import a\nprint(a.f(1))\n",
            }
        )

        after, _ = planned(tree, move(tree, "a.py", ["f"], "b.py"))

        assert ran(after) == "1\n"
        assert b"if TYPE_CHECKING:\n    from decimal import Decimal\n" in after["b.py"]
        assert b"TYPE_CHECKING" not in after["a.py"]

    def test_copies_a_guarded_import_as_a_whole(self) -> None:
        tree = files(
            {
                "a.py": """
                    try:
                        import no_such_thing as fast
                    except ImportError:
                        fast = None


                    def f():
                        return fast
                    """,
                "main.py": "from a import f\nprint(f())\n",
            }
        )

        after, _ = planned(tree, move(tree, "a.py", ["f"], "b.py"))

        assert ran(after) == "None\n"
        assert b"except ImportError:\n    fast = None" in after["b.py"]

    def test_reads_a_name_that_changes_through_its_module(self) -> None:
        tree = files(
            {
                "a.py": """
                    count = 0


                    def more():
                        global count
                        count += 1


                    def shown():
                        return count
                    """,
                "main.py": "from a import more, shown\nmore()\nprint(shown())\n",
            }
        )

        after, _ = planned(tree, move(tree, "a.py", ["shown"], "b.py"))

        assert ran(after) == "1\n"

    def test_puts_code_before_what_needs_it_at_once(self) -> None:
        tree = files(
            {
                "a.py": "def mark(f):\n    return f\n",
                "b.py": "from a import mark\n\n\n@mark\ndef g():\n    return 1\n",
                "main.py": "import b\nprint(b.g())\n",
            }
        )

        after, _ = planned(tree, move(tree, "a.py", ["mark"], "b.py"))

        assert ran(after) == "1\n"
        assert b"import" not in after["b.py"]

    def test_follows_star_imports(self) -> None:
        tree = files(
            {
                "pkg/__init__.py": "from .a import *\n",
                "pkg/a.py": "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
                "main.py": "from pkg.a import *\nimport pkg\nprint(f(), g(), pkg.f())\n",
            }
        )

        after, _ = planned(tree, move(tree, "pkg/a.py", ["f"], "pkg/b.py"))

        assert ran(after) == "1 2 1\n"

    def test_follows_dotted_names_in_strings_and_configuration(self) -> None:
        tree = files(
            {
                "pkg/__init__.py": "",
                "pkg/a.py": "def f():\n    return 1\n",
                "settings.py": 'HANDLER = "pkg.a.f"\n',
                "pyproject.toml": '[project.scripts]\nx = "pkg.a:f"\n',
                "README.md": "Call `pkg.a.f`.\n",
            }
        )

        after, edits = planned(tree, move(tree, "pkg/a.py", ["f"], "pkg/b.py"))

        assert after["settings.py"] == b'HANDLER = "pkg.b.f"\n'
        assert b"pkg.b:f" in after["pyproject.toml"]
        assert [item.kind for item in edits.hazards] == [HazardKind.TEXT_MENTION]


class TestReferencesThatStay:
    def test_keep_working_through_a_reexport(self) -> None:
        limits = EditLimits(scope=("shop",))

        after, edits = planned(SHOP, move(SHOP, "shop/cart.py", ["total"], "shop/sums.py"), limits)

        assert after["main.py"] == SHOP["main.py"]
        assert ran(after) == ran(SHOP)
        assert [(item.kind, item.path) for item in edits.hazards] == [(HazardKind.OLD_NAME_KEPT, "main.py")]

    def test_are_refused_without_an_alias(self) -> None:
        operation = move(SHOP, "shop/cart.py", ["total"], "shop/sums.py", options=MoveOptions(keep_alias=False))

        assert refusal(SHOP, operation, EditLimits(scope=("shop",))).startswith("UNSAFE_REFERENCE main.py:")

    def test_are_tests_unless_the_options_say_so(self) -> None:
        tree = {**SHOP, **files({"tests/test_cart.py": "from shop.cart import total\n"})}

        kept, _ = planned(tree, move(tree, "shop/cart.py", ["total"], "shop/sums.py"))
        followed, _ = planned(tree, move(tree, "shop/cart.py", ["total"], "shop/sums.py", options=EVERYTHING))

        assert kept["tests/test_cart.py"] == tree["tests/test_cart.py"]
        assert followed["tests/test_cart.py"] == b"from shop.sums import total\n"

    def test_disclose_a_patch_of_a_name_the_old_module_goes_on_using(self) -> None:
        tree = files(
            {
                "a.py": "def f():\n    return 1\n\n\ndef g():\n    return f()\n",
                "tests/test_a.py": 'from unittest import mock\n\nP = mock.patch("a.f")\n',
            }
        )

        after, edits = planned(tree, move(tree, "a.py", ["f"], "b.py", options=EVERYTHING))

        assert after["tests/test_a.py"] == tree["tests/test_a.py"]
        assert HazardKind.PATCHED_NAME in {item.kind for item in edits.hazards}


class TestCircularImports:
    def test_are_avoided_by_importing_inside_the_function(self) -> None:
        tree = files(
            {
                "a.py": """
                    def helper():
                        return 1


                    def f():
                        return helper()


                    def g():
                        return f()
                    """,
                "main.py": "import a\nimport b\nprint(a.g(), b.f())\n",
                "b.py": "from a import f\n",
            }
        )

        after, edits = planned(tree, move(tree, "a.py", ["f"], "b.py"))

        assert ran(after) == "1 1\n"
        assert ran({**after, "main.py": b"import b\nprint(b.f())\n"}) == "1\n"
        assert [item.kind for item in edits.hazards] == [HazardKind.CIRCULAR_IMPORT]

    def test_are_refused_where_a_package_would_be_asked_while_it_loads(self) -> None:
        operation = move(SHOP, "shop/cart.py", ["total"], "sums.py")

        assert refusal(SHOP, operation) == "CIRCULAR_IMPORT shop/cart.py:4"

    def test_are_refused_where_both_modules_need_each_other_at_once(self) -> None:
        tree = files({"a.py": "class A:\n    pass\n\n\nclass B(A):\n    pass\n\n\nclass C(B):\n    pass\n"})

        assert refusal(tree, move(tree, "a.py", ["B"], "b.py")).startswith("CIRCULAR_IMPORT")


class TestRefusals:
    @pytest.mark.parametrize(
        ("symbols", "new_path", "expected"),
        [
            (["nothing"], "b.py", "ANCHOR_NOT_FOUND a.py"),
            (["os"], "b.py", "ANCHOR_NOT_FOUND a.py:1"),
            (["one"], "b.py", "UNSAFE_REFERENCE a.py:3"),
            (["total"], "b.py", "UNSAFE_REFERENCE a.py:10"),
            (["f"], "taken.py", "NAME_COLLISION taken.py:1"),
            (["open"], "opens.py", "SHADOWED opens.py:1"),
            (["f"], "a.py", "NAME_COLLISION a.py"),
            (["f"], "broken.py", "PARSE_UNSUPPORTED broken.py"),
            (["f"], "notes.txt", "PARSE_UNSUPPORTED notes.txt"),
        ],
    )
    def test_leave_the_tree_alone(self, symbols: list[str], new_path: str, expected: str) -> None:
        tree = files(
            {
                "a.py": """
                    import os

                    one, two = 1, 2
                    total = 0


                    def f():
                        return os
                    def count():
                        global total
                        total += 1


                    def open():
                        pass
                    """,
                "taken.py": "f = 1\n",
                "opens.py": "print(open)\n",
                "broken.py": "def (:\n",
            }
        )

        assert refusal(tree, move(tree, "a.py", symbols, new_path)) == expected

    def test_hold_to_the_scope(self) -> None:
        assert (
            refusal(SHOP, move(SHOP, "shop/cart.py", ["total"], "x.py"), EditLimits(("shop",))) == "OUT_OF_SCOPE x.py"
        )
