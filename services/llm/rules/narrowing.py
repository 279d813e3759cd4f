"""Which part of a failing set of edits to try next: halving, most suspected edits left out first.

Pure and deterministic: the same ranking and history give the same subset, in any process.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Subset = frozenset[int]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Operations by suspicion. `order` holds every index, most suspected first; `implicated` those that a failure
    points at; `implicated_files` every operation of the files those are in."""

    order: tuple[int, ...]
    implicated: Subset = frozenset()
    implicated_files: Subset = frozenset()


@dataclass(frozen=True, slots=True)
class History:
    """Subsets proven so far."""

    failed: tuple[Subset, ...] = ()
    passed: tuple[Subset, ...] = ()

    @property
    def best(self) -> Subset:
        """The largest subset that passed; empty when none did. Of equal sizes the one with the earlier edits."""
        return max(
            self.passed, key=lambda subset: (len(subset), [-index for index in sorted(subset)]), default=Subset()
        )

    def holds(self, subset: Subset) -> bool:
        """Tell whether the subset was tried."""
        return subset in self.failed or subset in self.passed


def next_subsets(ranking: Ranking, history: History) -> Iterator[Subset]:
    """Yield untried subsets, best bet first; nothing when none is left.

    Before anything passed: smaller ones, keeping as much as possible. After a pass: that subset plus a part of the
    rest, leaving out whatever contains a set that already failed.
    """
    return _wider(ranking, history) if history.best else _narrower(ranking, history)


def _narrower(ranking: Ranking, history: History) -> Iterator[Subset]:
    whole = Subset(ranking.order)
    seen: set[Subset] = {Subset(), whole}
    for suspicious in (False, True):
        for subset in _shrinking(ranking, whole):
            contains_failed = any(failed < subset for failed in history.failed)
            if subset not in seen and not history.holds(subset) and contains_failed is suspicious:
                seen.add(subset)
                yield subset


def _shrinking(ranking: Ranking, whole: Subset) -> Iterator[Subset]:
    yield whole - ranking.implicated
    yield whole - ranking.implicated_files
    for parts in _divisions(ranking.order):
        yield from (whole - part for part in parts)
        yield from reversed(parts)


def _wider(ranking: Ranking, history: History) -> Iterator[Subset]:
    best = history.best
    rest = [index for index in reversed(ranking.order) if index not in best]
    seen: set[Subset] = set()
    for parts in [[Subset(rest)], *_divisions(rest)]:
        for part in parts:
            subset = best | part
            hopeless = any(failed <= subset for failed in history.failed)
            if part and not hopeless and subset not in seen and not history.holds(subset):
                seen.add(subset)
                yield subset


def _divisions(order: Sequence[int]) -> Iterator[list[Subset]]:
    """Yield the order in 2, 4, 8, … consecutive parts, at last one by one."""
    count = 2
    while count // 2 < len(order):
        size, rest = divmod(len(order), min(count, len(order)))
        starts = [number * size + min(number, rest) for number in range(min(count, len(order)) + 1)]
        yield [Subset(order[start:end]) for start, end in zip(starts, starts[1:], strict=False)]
        count *= 2
