"""Comparing two runs of one suite."""

import pytest

from services.baselines.fingerprint import failure_fingerprint
from services.baselines.outcomes import compare, named_as_before, strip
from services.baselines.schemas import SuiteRun, TestOutcome
from services.engine.moving.operations import RenameModule
from services.engine.project import read_project
from services.engine.successors import Successors, read_successors


def _run(expected: tuple[str, ...] = (), **outcomes: str) -> SuiteRun:
    found = {
        name: TestOutcome(
            test_id=name,
            outcome=value,
            error_class="ValueError" if value in ("failed", "error") else None,
            location="a.py:f" if value in ("failed", "error") else None,
        )
        for name, value in outcomes.items()
    }
    return SuiteRun(outcomes=found, expected=expected)


def _named(*names: str) -> SuiteRun:
    return SuiteRun(outcomes={name: TestOutcome(test_id=name, outcome="passed") for name in names})


class TestNamedAsBefore:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("a.py::pack.a.natural", "a.py::pack.a.nature"),
            ("natural.py::pack.natural.natural", "natural.py::pack.natural.nature"),
            ("t.py::test_all[natural]", "t.py::test_all[nature]"),
        ],
    )
    def test_finds_tests_named_after_what_was_renamed(self, old: str, new: str) -> None:
        before = _named(old, "t.py::test_it")
        after = named_as_before(before, _named(new, "t.py::test_it"), Successors(words={"natural": "nature"}))
        assert compare(before, after).holds
        assert after.outcomes[old].test_id == old

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("tests/a_test.py::TestIt::test_one[x]", "tests/b_test.py::TestIt::test_one[x]"),
            ("pack/a.py::pack.a.natural", "pack/b.py::pack.b.natural"),
            ("pack/a.py::pack.a", "pack/b.py::pack.b"),
        ],
    )
    def test_finds_tests_whose_file_moved(self, old: str, new: str) -> None:
        before = _named(old)
        tree = {"pack/__init__.py": b"", "pack/a.py": b"def natural(): ...\n", "tests/a_test.py": b"import pack.a\n"}
        after = {"pack/__init__.py": b"", "pack/b.py": b"def natural(): ...\n", "tests/b_test.py": b"import pack.b\n"}
        moves = [
            RenameModule(path=path, base_fingerprint="0" * 64, new_path=path.replace("/a", "/b"))
            for path in ("pack/a.py", "tests/a_test.py")
        ]
        change = read_successors(read_project(tree, ["."]), tree, after, moves)
        assert compare(before, named_as_before(before, _named(new), change)).holds

    def test_leaves_ids_that_only_contain_the_name(self) -> None:
        before = _named("a.py::unnatural")
        assert named_as_before(
            before, _named("a.py::unnature"), Successors(words={"natural": "nature"})
        ).outcomes.keys() == {"a.py::unnature"}

    def test_counts_a_test_that_is_really_gone_as_lost(self) -> None:
        before = _named("a.py::pack.a.natural", "a.py::pack.a.nature")
        assert compare(
            before, named_as_before(before, _named("a.py::pack.a.nature"), Successors(words={"natural": "nature"}))
        ).lost_green


class TestCompare:
    def test_red_stays_red_without_harm(self) -> None:
        found = compare(_run(a="passed", b="failed"), _run(a="passed", b="error"))
        assert found.holds
        assert found.held == ("a", "b")

    @pytest.mark.parametrize(
        ("outcome", "field"), [("failed", "newly_red"), ("error", "newly_red"), ("skipped", "newly_skipped")]
    )
    def test_green_that_is_not_green_any_more_breaks_it(self, outcome: str, field: str) -> None:
        found = compare(_run(a="passed"), _run(a=outcome))
        assert not found.holds
        assert getattr(found, field) == ("a",)

    def test_a_green_test_without_result_breaks_it(self) -> None:
        found = compare(_run(a="passed", b="failed"), _run())
        assert found.missing == ("a", "b")
        assert found.lost_green == ("a",)

    def test_new_tests_and_new_greens_are_named_and_harmless(self) -> None:
        found = compare(_run(a="failed"), _run(a="passed", b="failed"))
        assert (found.newly_green, found.added, found.holds) == (("a",), ("b",), True)

    def test_a_run_cut_short_does_not_hold(self) -> None:
        after = _run(a="passed").model_copy(update={"complete": False})
        assert not compare(_run(a="passed"), after).holds

    def test_says_that_nothing_green_proves_nothing(self) -> None:
        assert "proves nothing" in compare(_run(a="failed"), _run(a="failed")).sentence


class TestStrip:
    def test_writes_one_letter_per_test_in_stable_order(self) -> None:
        run = _run(("e", "a"), d="skipped", a="passed", b="failed", c="xpassed")
        assert strip(run) == "pfpsn"


class TestFailureFingerprint:
    def test_is_none_when_nothing_failed(self) -> None:
        assert failure_fingerprint(_run(a="passed")) is None

    def test_is_blind_to_numbers_that_change_from_run_to_run(self) -> None:
        def run(test_id: str, location: str, message: str) -> SuiteRun:
            item = TestOutcome(
                test_id=test_id, outcome="failed", error_class="KeyError", location=location, message=message
            )
            return SuiteRun(outcomes={test_id: item})

        first = run("t.py::test[0x7f12ab]", "src/a.py:12:load", "at 10:00")
        second = run("t.py::test[0x55de01]", "src/a.py:19:load", "at 11:30")
        assert failure_fingerprint(first) == failure_fingerprint(second)

    @pytest.mark.parametrize(
        "change", [{"test_id": "t.py::other"}, {"error_class": "ValueError"}, {"location": "a.py:g"}]
    )
    def test_tells_different_failures_apart(self, change: dict[str, str]) -> None:
        item = TestOutcome(test_id="t.py::test", outcome="failed", error_class="KeyError", location="a.py:f")
        other = item.model_copy(update=change)
        assert failure_fingerprint(SuiteRun(outcomes={item.test_id: item})) != failure_fingerprint(
            SuiteRun(outcomes={other.test_id: other})
        )

    def test_counts_a_missing_test_as_failed(self) -> None:
        assert failure_fingerprint(_run(("a",))) is not None

    def test_a_lost_green_test_has_one_too(self) -> None:
        once, other = failure_fingerprint(_run(), lost=["a"]), failure_fingerprint(_run(), lost=["b"])
        assert once is not None
        assert once == failure_fingerprint(_run(), lost=["a"])
        assert once != other
