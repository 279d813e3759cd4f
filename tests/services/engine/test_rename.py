import pytest

from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.document import RenameOptions, document_to_json
from services.engine.hazards import HazardKind
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename import RenameEdits, rename_edits
from tests.services.engine.builders import EVERYWHERE, document, files, rename
from tests.support.edit_oracle import ask_oracle

CODE_ONLY = RenameOptions()

SHOP = files(
    {
        "shop/__init__.py": """
            from .cart import total_price, Cart as Basket

            __all__ = ["total_price", "Basket"]
            """,
        "shop/cart.py": '''
            """Prices: `total_price` adds up."""

            RATE = 0.2


            def total_price(items, rate=RATE):
                """Add up.

                >>> total_price([1])
                1.2
                """
                # total_price rounds nothing
                return sum(items) * (1 + rate)


            class Cart:
                def __init__(self, items):
                    self.items = items

                def net_total(self):
                    return sum(self.items)

                def gross_total(self, rate: float = 0.2):
                    return total_price(self.items, rate=rate)


            class GiftCart(Cart):
                def net_total(self):
                    return super().net_total() + 1
            ''',
        "shop/report.py": """
            import shop
            from shop import cart as basket_module
            from shop.cart import *


            def report(cart: "Cart", total_price=None):
                made = GiftCart([1])
                return shop.total_price([1]), basket_module.total_price([2]), cart.net_total(), made.net_total()


            def rated():
                return [total_price([RATE]) for _ in range(2)]
            """,
        "tests/test_shop.py": """
            from unittest import mock

            from shop import total_price


            def test_total():
                with mock.patch("shop.cart.total_price"):
                    assert total_price([1])
            """,
        "README.md": """
            Call `total_price` or shop.total_price(). The total_price word; itertools.total_price is another.
            """,
        "pyproject.toml": '[project.scripts]\nshop = "shop.cart:total_price"\n',
    }
)


def edits(base: dict[str, bytes], path: str, symbol: str, new: str, options: RenameOptions = EVERYWHERE) -> RenameEdits:
    return rename_edits(base, path, symbol, new, options)


def text(result: RenameEdits, path: str) -> str:
    return result.contents[path].decode()


class TestModuleMembers:
    def test_follows_imports_re_exports_attributes_stars_and_exports(self) -> None:
        result = edits(SHOP, "shop/cart.py", "total_price", "grand_total")
        assert text(result, "shop/__init__.py") == (
            'from .cart import grand_total, Cart as Basket\n\n__all__ = ["grand_total", "Basket"]\n'
        )
        report = text(result, "shop/report.py")
        assert "shop.grand_total([1]), basket_module.grand_total([2])" in report
        assert "[grand_total([RATE]) for" in report

    def test_leaves_a_parameter_of_the_same_name(self) -> None:
        assert "total_price=None" in text(edits(SHOP, "shop/cart.py", "total_price", "grand_total"), "shop/report.py")

    def test_follows_doctests_docstrings_comments_documents_mocks_and_entry_points(self) -> None:
        result = edits(SHOP, "shop/cart.py", "total_price", "grand_total")
        assert "total_price" not in text(result, "shop/cart.py")
        assert 'mock.patch("shop.cart.grand_total")' in text(result, "tests/test_shop.py")
        assert text(result, "pyproject.toml").endswith('"shop.cart:grand_total"\n')
        assert text(result, "README.md") == (
            "Call `grand_total` or shop.grand_total(). The grand_total word; itertools.total_price is another.\n"
        )

    def test_leaves_the_history_in_a_change_log(self) -> None:
        base = SHOP | files({"CHANGELOG.md": "## 1.0\n\n- Add `total_price`.\n"})
        assert "CHANGELOG.md" not in edits(base, "shop/cart.py", "total_price", "grand_total").contents

    def test_keeps_the_old_name_for_tests_that_are_not_followed(self) -> None:
        base = {path: content for path, content in SHOP.items() if path != "tests/test_shop.py"}
        base |= files({"tests/test_shop.py": "from shop import total_price\n"})
        result = edits(base, "shop/cart.py", "total_price", "grand_total", CODE_ONLY)
        assert "tests/test_shop.py" not in result.contents and "README.md" not in result.contents
        assert "\ntotal_price = grand_total\n" in text(result, "shop/cart.py")
        assert "import grand_total, total_price, Cart" in text(result, "shop/__init__.py")
        assert '"grand_total", "total_price", "Basket"' in text(result, "shop/__init__.py")
        assert {hazard.kind for hazard in result.hazards} >= {HazardKind.OLD_NAME_KEPT, HazardKind.TEXT_MENTION}

    def test_lets_a_module_read_the_name_that_a_test_patches_there(self) -> None:
        result = edits(SHOP, "shop/cart.py", "total_price", "grand_total", CODE_ONLY)
        assert "return total_price(self.items, rate=rate)" in text(result, "shop/cart.py")

    def test_refuses_when_no_alias_is_wanted_but_needed(self) -> None:
        with pytest.raises(RefusedError) as refused:
            edits(SHOP, "shop/cart.py", "total_price", "grand_total", RenameOptions(keep_alias=False))
        assert refused.value.code is RefusalCode.UNSAFE_REFERENCE

    def test_follows_an_import_to_its_definition(self) -> None:
        result = edits(SHOP, "shop/__init__.py", "total_price", "grand_total")
        assert "def grand_total(" in text(result, "shop/cart.py")

    def test_touches_nothing_outside_the_scope(self) -> None:
        result = rename_edits(SHOP, "shop/cart.py", "total_price", "grand_total", EVERYWHERE, scope=["shop/cart.py"])
        assert list(result.contents) == ["shop/cart.py"]
        assert "total_price = grand_total" in text(result, "shop/cart.py")

    def test_renames_a_constant_with_every_binding(self) -> None:
        base = files(
            {
                "m.py": """
                    try:
                        import json as codec
                    except ImportError:
                        codec = None

                    def dump(x):
                        global codec
                        codec = codec or x
                        return codec
                    """
            }
        )
        assert "codec" not in text(edits(base, "m.py", "codec", "encoder"), "m.py")

    def test_discloses_a_look_up_that_cannot_be_told(self) -> None:
        base = files({"m.py": "def run(): ...\n", "n.py": 'def call(thing):\n    return getattr(thing, "run")()\n'})
        [hazard] = [h for h in edits(base, "m.py", "run", "start").hazards if h.kind is HazardKind.DYNAMIC_LOOKUP]
        assert hazard.location == "n.py:2"

    def test_follows_a_look_up_on_a_known_module(self) -> None:
        base = files({"m.py": "def run(): ...\n", "n.py": 'import m\n\nf = getattr(m, "run")\n'})
        assert text(edits(base, "m.py", "run", "start"), "n.py") == 'import m\n\nf = getattr(m, "start")\n'

    def test_keeps_going_when_another_file_does_not_parse(self) -> None:
        base = files({"m.py": "def run(): ...\n", "broken.py": "run(\n"})
        result = edits(base, "m.py", "run", "start")
        assert list(result.contents) == ["m.py"]
        assert [h.path for h in result.hazards if h.kind is HazardKind.UNREADABLE_FILE] == ["broken.py"]


class TestClassMembers:
    def test_follows_overrides_super_annotations_and_known_instances(self) -> None:
        result = edits(SHOP, "shop/cart.py", "Cart.net_total", "net_sum")
        assert text(result, "shop/cart.py").count("net_sum") == 3
        assert "cart.net_sum(), made.net_sum()" in text(result, "shop/report.py")

    def test_starts_from_the_override_as_well(self) -> None:
        assert text(edits(SHOP, "shop/cart.py", "GiftCart.net_total", "net_sum"), "shop/cart.py").count("net_sum") == 3

    def test_leaves_receivers_of_other_types_alone(self) -> None:
        base = files(
            {
                "m.py": """
                    import inspect


                    class Binder:
                        def bind(self): ...


                    def use(thing, f):
                        thing.bind()
                        inspect.signature(f).bind()
                        Binder().bind()
                    """
            }
        )
        result = text(edits(base, "m.py", "Binder.bind", "attach"), "m.py")
        assert "    thing.bind()" in result and ".signature(f).bind()" in result and "Binder().attach()" in result
        assert "    bind = attach" in result

    def test_follows_a_telling_name_on_an_unknown_receiver_and_says_so(self) -> None:
        base = files({"m.py": "class A:\n    def net_total(self): ...\n\ndef f(a):\n    return a.net_total()\n"})
        result = edits(base, "m.py", "A.net_total", "net_sum")
        assert "a.net_sum()" in text(result, "m.py")
        assert [hazard.kind for hazard in result.hazards] == [HazardKind.UNKNOWN_RECEIVER]

    def test_discloses_a_base_class_outside_the_project(self) -> None:
        base = files({"m.py": "import cmd\n\nclass Shell(cmd.Cmd):\n    def do_it(self): ...\n"})
        kinds = [hazard.kind for hazard in edits(base, "m.py", "Shell.do_it", "do_that").hazards]
        assert HazardKind.OUTSIDE_BASE in kinds

    def test_renames_a_field_and_its_keyword(self) -> None:
        base = files(
            {
                "m.py": """
                    from dataclasses import dataclass


                    @dataclass
                    class Point:
                        x: int

                    p = Point(x=1)
                    print(p.x)
                    """
            }
        )
        result = text(edits(base, "m.py", "Point.x", "across"), "m.py")
        assert "    across: int" in result and "Point(across=1)" in result and "p.across" in result


class TestParameters:
    def test_renames_a_parameter_and_its_keyword_arguments(self) -> None:
        result = edits(SHOP, "shop/cart.py", "total_price.rate", "share")
        changed = text(result, "shop/cart.py")
        assert "def total_price(items, share=RATE)" in changed and "(1 + share)" in changed
        assert "total_price(self.items, share=rate)" in changed


class TestRefusals:
    @pytest.mark.parametrize(
        ("source", "symbol", "new", "code"),
        [
            ("a = 1\nb = 2\n", "a", "b", RefusalCode.NAME_COLLISION),
            ("def a(): ...\n\ndef f(b):\n    return a(), b\n", "a", "b", RefusalCode.SHADOWED),
            ("a = 1\nprint(len('x'))\n", "a", "len", RefusalCode.SHADOWED),
            ("class A:\n    def a(self): ...\n    def b(self): ...\n", "A.a", "b", RefusalCode.NAME_COLLISION),
            ("class A:\n    def a(self): ...\nclass B(A):\n    b = 1\n", "A.a", "b", RefusalCode.NAME_COLLISION),
            ("a = 1\n", "gone", "b", RefusalCode.ANCHOR_NOT_FOUND),
            ("class A:\n    def __len__(self): ...\n", "A.__len__", "size", RefusalCode.UNSAFE_REFERENCE),
            ("a = (\n", "a", "b", RefusalCode.PARSE_UNSUPPORTED),
        ],
    )
    def test_refuses_with_code_and_location(self, source: str, symbol: str, new: str, code: RefusalCode) -> None:
        with pytest.raises(RefusedError) as refused:
            edits({"m.py": source.encode()}, "m.py", symbol, new)
        assert refused.value.code is code and refused.value.location.startswith("m.py")

    def test_refuses_a_collision_in_a_module_that_imports_the_name(self) -> None:
        base = files({"m.py": "def a(): ...\n", "n.py": "from m import a\n\nb = a\n"})
        with pytest.raises(RefusedError) as refused:
            edits(base, "m.py", "a", "b")
        assert (refused.value.code, refused.value.location) == (RefusalCode.NAME_COLLISION, "n.py:3")


class TestOracle:
    BASE = files(
        {
            "pkg/__init__.py": "from pkg.core import work, Engine\n",
            "pkg/core.py": """
                LIMIT = 3


                def work(n):
                    return [work(i) for i in range(min(n, LIMIT))]


                class Engine:
                    def start(self):
                        return work(LIMIT)

                    def twice(self):
                        return self.start(), self.start()


                engine = Engine()
                engine.start()
                """,
            "pkg/use.py": """
                import pkg.core
                from pkg.core import work, LIMIT
                from pkg import Engine


                def go(work_count):
                    local = Engine()
                    return pkg.core.work(LIMIT), work(work_count), local.start()
                """,
        }
    )

    @pytest.mark.parametrize(
        ("symbol", "new"), [("work", "labour"), ("Engine", "Motor"), ("LIMIT", "BOUND"), ("Engine.start", "ignite")]
    )
    def test_another_engine_reaches_the_same_bytes(self, symbol: str, new: str) -> None:
        change = document(rename(self.BASE, "pkg/core.py", symbol, new))
        result = apply_document(self.BASE, change)
        assert result.applied
        expected = {path: file_fingerprint(content) for path, content in result.tree.items()}
        assert ask_oracle(self.BASE, document_to_json(change)) == expected
