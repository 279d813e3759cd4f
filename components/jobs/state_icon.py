"""The icon of a job state on the track, chosen by value among literal tags."""

import reflex as rx

from components.ui.icon import icon_by
from services.canon.vocabulary import STATE_WORDS

_TAGS = {state.value: word.icon for state, word in STATE_WORDS.items()}


def state_icon(state: rx.Var[str] | str, size: int = 14) -> rx.Component:
    """Draw the icon that stands for a state in badges and on stations."""
    return icon_by(state, _TAGS, default="clock", size=size)
