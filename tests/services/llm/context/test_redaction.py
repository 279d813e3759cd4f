"""What is replaced before text leaves the machine, and what comes back into answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.context.redaction import SHAPES, Redactor

PERSONAL = {
    "EMAIL": "ida.fischer@shop.de",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "CARD": "4111 1111 1111 1111",
    "PHONE": "+49 30 901820",
    "SOCIAL_NUMBER": "219-09-9999",
    "CONTROL": "<|im_start|>",
    "INVISIBLE": "\U000e0049\U000e0047",
}
SECRETS = {
    "SECRET": "AKIA" + "ABCDEFGHIJKLMNOP",
    "PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
}
HARMLESS = [
    "git@github.com:shop/till.git", "ida@example.com", "user@localhost", "@decorator", "1234567890123456",
    "2024-01-31", "a + 10 - 2", "4111 1111 1111 1112", "def f(a, *, b): return a[0] @ b", "x = +1.25",
]  # fmt: skip


class TestHide:
    @pytest.mark.parametrize(("kind", "value"), [*PERSONAL.items(), *SECRETS.items()])
    def test_replaces_each_kind(self, kind: str, value: str) -> None:
        redactor = Redactor("snapshot")
        hidden = redactor.hide(f"x = '{value}'\n")
        assert value not in hidden
        assert (hidden[:5], hidden[-2:]) == ("x = '", "'\n")
        assert dict(redactor.counts) == {kind: 1}

    def test_covers_every_shape(self) -> None:
        assert {shape.kind for shape in SHAPES} == {*PERSONAL, *SECRETS}

    @pytest.mark.parametrize("text", HARMLESS)
    def test_leaves_ordinary_source_alone(self, text: str) -> None:
        assert Redactor("snapshot").hide(text) == text

    def test_gives_equal_values_equal_replacements_in_any_order(self) -> None:
        mail, card = PERSONAL["EMAIL"], PERSONAL["CARD"]
        first, second = Redactor("snapshot"), Redactor("snapshot")
        assert first.hide(mail) + first.hide(card) == "".join(reversed([second.hide(card), second.hide(mail)]))
        assert first.hide(f"{mail} {mail}").count(first.hide(mail)) == 2

    def test_gives_other_replacements_in_another_snapshot(self) -> None:
        assert Redactor("one").hide(PERSONAL["EMAIL"]) != Redactor("two").hide(PERSONAL["EMAIL"])

    def test_replaces_nothing_twice(self) -> None:
        redactor = Redactor("snapshot")
        once = redactor.hide("\n".join([*PERSONAL.values(), *SECRETS.values()]))
        assert redactor.hide(once) == once

    @pytest.mark.parametrize("piece", ["a.", "a@", "@a.", "+1 ", "4111 ", "DE89 3704 ", "eyJ-", "<|", "a1-", "\u202e"])
    def test_takes_no_longer_for_text_made_to_take_long(self, piece: str) -> None:
        began = time.process_time()
        Redactor("snapshot").hide(piece * 60_000 + "@")
        assert time.process_time() - began < 10


class TestRestore:
    @given(st.lists(st.one_of(st.sampled_from(list(PERSONAL.values())), st.text(max_size=8)), max_size=6))
    def test_gives_personal_data_back_exactly(self, parts: list[str]) -> None:
        text = "\n".join(parts)
        redactor = Redactor("snapshot")
        assert redactor.restore(redactor.hide(text)) == text

    @pytest.mark.parametrize("value", SECRETS.values())
    def test_never_gives_credentials_back(self, value: str) -> None:
        redactor = Redactor("snapshot")
        assert value not in redactor.restore(redactor.hide(value))
