"""The top bar and the forms say who is there and what was refused."""

import pytest

from services.access.usage import PhaseUse
from state.account.views import initials, left_words, refused_form


class TestInitials:
    @pytest.mark.parametrize(
        ("email", "letters"),
        [("mara.lindqvist@x.example", "ML"), ("root@localhost", "RO"), ("a@x.example", "A"), ("jo-ann_b@x", "JA")],
    )
    def test_takes_one_or_two_capitals(self, email: str, letters: str) -> None:
        assert initials(email) == letters


class TestRefusedForm:
    def test_places_the_sentence_at_its_field_and_keeps_the_address(self) -> None:
        form = refused_form("INVALID_CREDENTIALS", "Address or password is wrong.", "a@x.example", None)
        assert form.password_error == "Address or password is wrong. (INVALID_CREDENTIALS)"
        assert (form.email, form.form_error) == ("a@x.example", "")

    def test_says_how_long_to_wait(self) -> None:
        form = refused_form("TOO_MANY_REQUESTS", "Too many tries.", "", 30)
        assert form.form_error == "Too many tries. Try again in 30 s. (TOO_MANY_REQUESTS)"


class TestLeftWords:
    def test_are_what_the_meter_leaves(self) -> None:
        assert left_words(PhaseUse(used=57, limit=60)) == "3 of 60 left"
        assert left_words(PhaseUse(used=61, limit=60)) == "0 of 60 left"
        assert left_words(PhaseUse(used=61)) == "no limit"
