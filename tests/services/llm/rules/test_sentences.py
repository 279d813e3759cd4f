"""Plain sentences become items; the person's words stay."""

import contextlib
import time

import pytest

from services.llm.rules.sentences import EXAMPLES, SentenceNotUnderstoodError, restate
from services.llm.schemas import Half

BEHAVIOURS = [
    ("Given a user, when they pay, then the order is stored.", ("a user", "they pay", "the order is stored")),
    (
        "Given a user\nAnd a cart\nWhen they pay\nThen a mail is sent\nBut no bill",
        ("a user, and a cart", "they pay", "a mail is sent, but no bill"),
    ),
    ("When the cart is empty, the total is 0.", ("", "the cart is empty", "the total is 0")),
    ("If the text has dots then they become dashes", ("", "the text has dots", "they become dashes")),
    ("slugify should remove accents.", ("", "slugify is called", "it should remove accents")),
    (
        "`parse` raises ValueError when the text is empty.",
        ("the text is empty", "`parse` is called", "it raises ValueError"),
    ),
    ("parse must not raise if x is None", ("x is None", "parse is called", "it must not raise")),
    ("slugify('a. B, then c') returns 'a-b'.", ("", "slugify('a. B, then c') is called", "it returns 'a-b'")),
    ("shop.total returns 0 for an empty list.", ("an empty list", "shop.total is called", "it returns 0")),
    ("load() gives None unless x is set", ("", "load() is called", "it gives None unless x is set")),
    ("The order must be stored once it is paid.", ("", "it is paid", "The order must be stored")),
]
STATEMENTS = [
    ("`shop/prices.py` is responsible for totals, through `total`.", ("shop/prices.py", "Totals.", "`total`")),
    ("shop/prices.py: sums prices", ("shop/prices.py", "Sums prices.", None)),
    (
        "The module `shop.prices` must not import `shop.web`.",
        ("shop.prices", "Must not import `shop.web`.", "Must not import `shop.web`."),
    ),
    ("`total` keeps its signature.", ("total", "Keeps its signature.", "Keeps its signature.")),
]


class TestRestate:
    """V1-FR-SPEC-002."""

    @pytest.mark.parametrize(("sentence", "expected"), BEHAVIOURS)
    def test_finds_given_when_then(self, sentence: str, expected: tuple[str, str, str]) -> None:
        (item,) = restate(sentence).bdd
        assert (item.given, item.when_action, item.then_outcome) == expected
        assert item.title

    @pytest.mark.parametrize(("sentence", "expected"), STATEMENTS)
    def test_finds_component_and_responsibility(self, sentence: str, expected: tuple[str, str, str | None]) -> None:
        (item,) = restate(sentence).sdd
        assert (item.component, item.responsibility, item.interface_notes) == expected

    @pytest.mark.parametrize("sentence", EXAMPLES)
    def test_understands_what_it_offers_as_examples(self, sentence: str) -> None:
        assert restate(sentence).left_over == []

    def test_takes_each_sentence_and_hands_back_what_fits_no_form(self) -> None:
        found = restate("- total returns 0.\n- Nice weather today.\nIt must return 1 when the list is [1]; names: none")
        assert [item.then_outcome for item in found.bdd] == ["it returns 0", "it must return 1"]
        assert found.bdd[1].when_action == "total is called"
        assert found.left_over == ["Nice weather today.", "names: none"]

    def test_makes_only_the_half_that_is_wanted(self) -> None:
        text = "`shop.prices` provides totals. total returns 0 for an empty list."
        assert not restate(text, Half.BDD).sdd and len(restate(text, Half.BDD).bdd) == 1
        assert not restate(text, Half.SDD).bdd and len(restate(text, Half.SDD).sdd) == 1

    @pytest.mark.parametrize("text", ["Hello there", "???", "`a.b`", "fix the bug please"])
    def test_refuses_with_examples_instead_of_guessing(self, text: str) -> None:
        with pytest.raises(SentenceNotUnderstoodError) as refused:
            restate(text)
        assert refused.value.http_status == 422
        assert refused.value.data["examples"] == list(EXAMPLES)

    @pytest.mark.parametrize(
        "text", ["given " + "when " * 390, "a must " * 280, "x raises " * 220, "a(" * 900, "'" * 2000, "\ue000" * 2000]
    )
    def test_answers_hostile_text_at_once(self, text: str) -> None:
        began = time.monotonic()
        with contextlib.suppress(SentenceNotUnderstoodError):
            restate(text)
        assert time.monotonic() - began < 1.0
