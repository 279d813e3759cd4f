"""What is chosen around a change, why, and in which order."""

from services.core.tree import file_fingerprint
from services.engine.context.admission import Blocked
from services.engine.context.model import FileView, Slice, SliceKind, views_of
from services.engine.context.selection import Selection, select, target_paths
from services.engine.project import read_project
from tests.services.engine.context.shop import SCOPE, SHOP


def selected(tree: dict[str, bytes] | None = None, scope: list[str] | None = None, **more: object) -> Selection:
    source, inside = tree or SHOP, scope or SCOPE
    return select(read_project(source, inside), source, inside, **more)


def of_kind(kind: SliceKind, tree: dict[str, bytes] | None = None) -> list[Slice]:
    return [item for item in selected(tree).slices if item.kind is kind]


def view(path: str) -> FileView:
    return next(item for item in views_of(selected().slices, SHOP) if item.path == path)


class TestSelect:
    def test_shows_targets_whole_and_first(self) -> None:
        first = selected().slices[0]
        assert (first.path, first.kind) == ("shop/cart.py", SliceKind.TARGET)
        shown = view("shop/cart.py")
        assert shown.is_whole
        assert shown.text == SHOP["shop/cart.py"].decode()

    def test_follows_reexports_and_modules_to_what_is_used(self) -> None:
        used = {(item.path, item.symbol) for item in of_kind(SliceKind.INTERFACE)}
        assert used == {("shop/money.py", "rounded"), ("shop/rates.py", "VAT"), ("shop/goods.py", "Book")}

    def test_adds_the_statement_that_passes_a_name_on_and_the_bases(self) -> None:
        found = {(item.path, item.symbol) for item in of_kind(SliceKind.BASE)}
        assert found == {("shop/__init__.py", "rounded"), ("shop/goods.py", "Goods")}

    def test_shows_signature_and_first_line_of_the_docstring_as_they_stand(self) -> None:
        text = view("shop/money.py").text
        assert (
            'def rounded(\n    amount: float,\n    places: int = PLACES,\n) -> float:\n    """Round half up.\n' in text
        )
        assert "secret_recipe" not in text
        assert "long explanation" not in text
        assert "body of unused" not in text

    def test_shows_fields_of_classes_and_signatures_of_methods(self) -> None:
        text = view("shop/goods.py").text
        for part in (
            "class Book(Goods):\n",
            "pages = 3\n",
            "self.title = title\n",
            "@property\n    def cover(self):\n",
        ):
            assert part in text
        assert "body of" not in text

    def test_shows_functions_that_call_a_target_by_number_of_calls(self) -> None:
        (caller,) = of_kind(SliceKind.CALLER)
        assert (caller.path, caller.symbol, caller.weight) == ("shop/till.py", "pay", 2)
        assert "body of idle" not in view("shop/till.py").text

    def test_shows_tests_that_name_what_the_targets_define(self) -> None:
        (test,) = of_kind(SliceKind.TEST)
        assert (test.path, test.symbol, test.reason) == ("tests/test_cart.py", "test_total", "tests total")

    def test_ranks_what_is_used_above_bases_callers_tests_and_neighbours(self) -> None:
        kinds = [item.kind for item in selected().slices]
        assert kinds == sorted(kinds, key=list(SliceKind).index)
        assert set(kinds) == set(SliceKind)

    def test_prefers_meaning_to_size(self) -> None:
        """V1-FR-CTX-002: a large file that is used comes before a small one that is not."""
        large = SHOP["shop/money.py"] + b"\n" + b"# filling\n" * 5000
        order = [item.path for item in selected({**SHOP, "shop/money.py": large}).slices]
        assert order.index("shop/money.py") < order.index("shop/till.py")

    def test_reads_the_interface_of_a_file_that_does_not_parse(self) -> None:
        old = b"def rounded(amount):\n    print 'old'\n    return amount\n"
        (item,) = [
            item for item in of_kind(SliceKind.INTERFACE, {**SHOP, "shop/money.py": old}) if "money" in item.path
        ]
        assert item.ranges[0].start == item.ranges[0].end == 1

    def test_names_imported_files_that_were_kept_out(self) -> None:
        tree = {path: content for path, content in SHOP.items() if path != "shop/goods.py"}
        kept_out = [Blocked("shop/goods.py", "FILE_TOO_LARGE"), Blocked("docs/goods.py", "FILE_TOO_LARGE")]
        assert selected(tree, blocked=kept_out).missing == kept_out[:1]

    def test_shows_no_target_twice(self) -> None:
        slices = selected(scope=["."]).slices
        targets = {item.path for item in slices if item.kind is SliceKind.TARGET}
        assert not [item for item in slices if item.kind is not SliceKind.TARGET and item.path in targets]

    def test_does_not_depend_on_the_order_of_the_tree(self) -> None:
        assert selected(dict(reversed(SHOP.items()))) == selected()


class TestTargetPaths:
    TREE = {"a.py": b"", "b.ts": b"", "README.md": b"", "tests/test_a.py": b"", "data.py": b"# coding: nowhere\n"}

    def test_takes_source_of_every_known_language_and_no_tests(self) -> None:
        assert target_paths(self.TREE, ["."]) == ["a.py", "b.ts"]

    def test_takes_any_file_that_the_scope_names(self) -> None:
        assert target_paths(self.TREE, ["README.md", "tests/test_a.py"]) == ["README.md", "tests/test_a.py"]

    def test_takes_tests_where_there_is_nothing_else(self) -> None:
        assert target_paths(self.TREE, ["tests"]) == ["tests/test_a.py"]

    def test_leaves_protected_files_out(self) -> None:
        assert target_paths(self.TREE, ["."], ["b.ts"]) == ["a.py"]


class TestViewsOf:
    def test_holds_every_line_of_a_file_in_its_text_or_its_gaps(self) -> None:
        for shown in views_of(selected().slices, SHOP):
            text = shown.text
            for mark, hidden in shown.gaps.items():
                assert text.count(mark) == 1
                text = text.replace(mark, hidden)
            assert text == SHOP[shown.path].decode()
            assert shown.fingerprint == file_fingerprint(SHOP[shown.path])

    def test_marks_gaps_by_a_line_that_the_file_does_not_hold(self) -> None:
        fake = b"[... lines 10-20 left out ...]\n[... lines 10-16 left out ...]\n"
        lines = SHOP["shop/money.py"].splitlines(keepends=True)
        tree = {**SHOP, "shop/money.py": b"".join([*lines[:6], b"    # " + fake.splitlines()[0] + b"\n", *lines[6:]])}
        shown = next(item for item in views_of(selected(tree).slices, tree) if item.path == "shop/money.py")
        assert all(mark not in tree["shop/money.py"].decode() for mark in shown.gaps)
