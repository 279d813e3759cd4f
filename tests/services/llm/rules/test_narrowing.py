"""The search for the part of a change that keeps behaviour: deterministic, finite, generous."""

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from services.llm.rules.narrowing import History, Ranking, Subset, next_subsets


def search(ranking: Ranking, culprits: Subset, runs: int) -> tuple[Subset | None, int]:
    """Play proof runs against edits that fail when any culprit is kept; return the first pass and runs used."""
    failed: list[Subset] = [Subset(ranking.order)]
    for used in range(1, runs + 1):
        subset = next(next_subsets(ranking, History(tuple(failed))), None)
        if subset is None:
            return None, used
        if not subset & culprits:
            return subset, used
        failed.append(subset)
    return None, runs


class TestNextSubsets:
    def test_first_leaves_out_what_the_failures_point_at(self) -> None:
        ranking = Ranking(order=(4, 0, 1, 2, 3, 5), implicated=Subset({4}), implicated_files=Subset({4, 5}))
        first, second = islice(next_subsets(ranking, History()), 2)
        assert first == {0, 1, 2, 3, 5}
        assert second == {0, 1, 2, 3}

    def test_then_halves_with_the_most_suspected_half_left_out_first(self) -> None:
        ranking = Ranking(order=(3, 2, 1, 0))
        assert next(next_subsets(ranking, History())) == {0, 1}

    def test_never_repeats_what_was_tried(self) -> None:
        ranking = Ranking(order=(3, 2, 1, 0))
        history = History(failed=(Subset({0, 1}), Subset({2, 3})))
        assert not set(next_subsets(ranking, history)) & set(history.failed)

    def test_prefers_sets_without_a_failed_part(self) -> None:
        ranking = Ranking(order=(3, 2, 1, 0))
        assert {0, 1} - next(next_subsets(ranking, History(failed=(Subset({0, 1}),)))) != set()

    def test_has_nothing_to_offer_for_a_single_edit(self) -> None:
        assert list(next_subsets(Ranking(order=(0,)), History())) == []

    def test_widens_a_part_that_passed(self) -> None:
        ranking = Ranking(order=(3, 2, 1, 0))
        history = History(failed=(Subset({0, 1, 2, 3}),), passed=(Subset({0, 1}),))
        assert next(next_subsets(ranking, history)) == {0, 1, 2}

    def test_stops_widening_at_what_failed(self) -> None:
        ranking = Ranking(order=(1, 0))
        history = History(failed=(Subset({0, 1}),), passed=(Subset({0}),))
        assert list(next_subsets(ranking, history)) == []

    @settings(max_examples=60, deadline=None)
    @given(st.integers(2, 40), st.data())
    def test_finds_a_passing_part_for_one_culprit_within_three_halvings(self, count: int, data: st.DataObject) -> None:
        culprit = Subset({data.draw(st.integers(0, count - 1))})
        found, used = search(Ranking(order=tuple(range(count))), culprit, runs=3)
        assert found is not None
        assert used <= 3

    @settings(max_examples=60, deadline=None)
    @given(st.integers(3, 24), st.data())
    def test_finds_every_harmless_edit_sooner_or_later(self, count: int, data: st.DataObject) -> None:
        harmless = data.draw(st.integers(0, count - 1))
        culprits = Subset(range(count)) - {harmless}
        found, _ = search(Ranking(order=tuple(range(count))), culprits, runs=4 * count)
        assert found == {harmless}

    def test_answers_at_once_for_twenty_thousand_edits(self) -> None:
        ranking = Ranking(order=tuple(range(20_000)))
        assert len(list(islice(next_subsets(ranking, History()), 10))) == 10
