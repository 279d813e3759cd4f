"""The one table of words by segment."""

import re

import pytest

from services.canon.segment_words import SEGMENT_WORDS, Term, say

NEVER_GUIDED = re.compile(
    r"\b(commit|stash|rebase|merge|head|drift|dirty|untracked|baseline|bdd|sdd|ast|fqdn|container|native)\b",
    re.IGNORECASE,
)


class TestTable:
    def test_every_term_has_words(self) -> None:
        assert set(SEGMENT_WORDS) == set(Term)

    @pytest.mark.parametrize("term", list(Term))
    def test_guided_words_hold_no_technical_one(self, term: Term) -> None:
        assert NEVER_GUIDED.search(say(term, "A")) is None

    @pytest.mark.parametrize("term", list(Term))
    def test_guided_words_differ_from_the_developers(self, term: Term) -> None:
        assert say(term, "A") != say(term, "B")

    def test_enterprise_reads_as_a_developer_except_where_it_has_words_of_its_own(self) -> None:
        own = {term for term in Term if say(term, "C") != say(term, "B")}
        assert own == {Term.ALLOWLIST}
        assert say(Term.ALLOWLIST, "C") == "Enterprise FQDN allowlist active"
