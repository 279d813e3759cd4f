"""What goes when the window is small, in which order, and what never goes."""

from services.engine.context.model import LineRange, Slice, SliceKind
from services.engine.context.pruning import BEYOND_CAP, BEYOND_EXTRA, Sized, pruned, sized


def item(kind: SliceKind, tokens: int, weight: int = 0, path: str = "a.py") -> Sized:
    return Sized(Slice(path, kind, "", "", (LineRange(1, 1),), weight), tokens)


TARGET, INTERFACE = item(SliceKind.TARGET, 100), item(SliceKind.INTERFACE, 50)
CALLER, TEST = item(SliceKind.CALLER, 30), item(SliceKind.TEST, 20)


def left_out(slices: list[Sized], room: int, extra: int = 1000) -> dict[SliceKind, str | None]:
    return {found.slice.kind: found.left_out for found in pruned(slices, room, extra)}


class TestPruned:
    def test_keeps_all_where_there_is_room(self) -> None:
        assert set(left_out([TEST, CALLER, INTERFACE, TARGET], 200).values()) == {None}

    def test_leaves_out_the_least_important_first(self) -> None:
        found = left_out([TEST, CALLER, INTERFACE, TARGET], 185)
        assert found == {
            SliceKind.TARGET: None, SliceKind.INTERFACE: None, SliceKind.CALLER: None, SliceKind.TEST: BEYOND_CAP,
        }  # fmt: skip

    def test_never_leaves_out_targets_and_used_interfaces(self) -> None:
        found = left_out([TARGET, INTERFACE, TEST], 10)
        assert (found[SliceKind.TARGET], found[SliceKind.INTERFACE]) == (None, None)
        assert found[SliceKind.TEST] == BEYOND_CAP

    def test_bounds_what_is_not_essential_also_in_a_large_window(self) -> None:
        assert left_out([TARGET, CALLER, TEST], 10_000, extra=40)[SliceKind.TEST] == BEYOND_EXTRA

    def test_passes_over_what_is_too_large_for_something_that_fits(self) -> None:
        heavy = item(SliceKind.CALLER, 500, weight=9)
        assert [found.left_out for found in pruned([CALLER, heavy], 100)] == [BEYOND_CAP, None]


class TestSized:
    def test_counts_the_lines_of_each_slice_alone(self) -> None:
        piece = Slice("a.py", SliceKind.TEST, "", "", (LineRange(1, 1), LineRange(3, 3)))
        (found,) = sized([piece], {"a.py": b"one\ntwo\nthree\n"}, len)
        assert found.tokens == len("one\nthree\n")
