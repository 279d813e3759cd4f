"""Risk bar: five squares and a word, a category and never a score."""

from typing import cast

import reflex as rx

from services.canon.vocabulary import RiskWord

Text = rx.Var[str] | str

_FILLED: dict[RiskWord, int] = {RiskWord.LOW: 1, RiskWord.MEDIUM: 3, RiskWord.HIGH: 5}


def _bar(word: RiskWord) -> rx.Component:
    filled = _FILLED[word]
    squares = [rx.el.i(class_name="risk__on" if index < filled else "") for index in range(5)]
    return rx.el.span(
        rx.el.span(*squares, class_name="risk__squares", aria_hidden="true"),
        rx.el.span(word.value, aria_hidden="true"),
        class_name=f"risk risk--{word.value.lower()}",
        role="img",
        aria_label=f"Risk: {word.value.lower()}, {filled} of 5",
    )


def risk_bar(word: Text) -> rx.Component:
    """Draw LOW with one, MEDIUM with three, HIGH with five filled squares; an empty word draws an em dash."""
    absent = rx.el.span("—", class_name="muted")
    if isinstance(word, str):
        return _bar(RiskWord(word)) if word else absent
    cases = [(risk.value, _bar(risk)) for risk in RiskWord]
    return cast("rx.Component", rx.match(word, *cases, absent))
