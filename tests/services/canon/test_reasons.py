"""Every end of a job is said in words."""

import pytest

from services.canon.lifecycle import REASON_CLASSES
from services.canon.reasons import reason_sentence


class TestReasonSentence:
    @pytest.mark.parametrize("reason", [*REASON_CLASSES, "BASELINE_VALIDATION_FAILED"])
    def test_words_every_reason_a_job_may_carry(self, reason: str) -> None:
        sentence = reason_sentence(reason)
        assert sentence is not None and sentence[0].isupper() and sentence.endswith(".")

    def test_is_silent_without_a_reason(self) -> None:
        assert reason_sentence(None) is None
        assert reason_sentence("NOT_A_REASON") is None

    def test_tells_what_exactly_stands_in_the_way_where_the_job_kept_it(self) -> None:
        kept = {"sentence": "`total` is called outside the scope, at shop/cart.py:8."}
        assert reason_sentence("CHANGE_NOT_SAFE", kept) == kept["sentence"]
        assert reason_sentence("CHANGE_NOT_SAFE", {}) == reason_sentence("CHANGE_NOT_SAFE")
        assert reason_sentence("NO_CHANGE_PRODUCED", kept) != kept["sentence"]
