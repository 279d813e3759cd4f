"""Badges: state, mode and model class. Colour, icon and label of a state come from `STATE_WORDS` only."""

from typing import cast

import reflex as rx

from components.ui.icon import icon, icon_by
from services.canon.lifecycle import JobState
from services.canon.vocabulary import STATE_WORDS

Text = rx.Var[str] | str

_ICONS = {state.value: word.icon for state, word in STATE_WORDS.items()}
_LABELS = {state.value: word.label for state, word in STATE_WORDS.items()}
_CLASSES = {state.value: f"badge badge--{word.token}" for state, word in STATE_WORDS.items()}
_PLAIN = {state.value: word.plain_line for state, word in STATE_WORDS.items()}


def _by_state(state: Text, table: dict[str, str], default: str) -> Text:
    if isinstance(state, str):
        return table.get(state, default)
    return cast("rx.Var[str]", rx.match(state, *table.items(), default))


def state_label(state: Text) -> Text:
    """Return the badge text of a state: its canonical name, spaced, in capitals."""
    return _by_state(state, _LABELS, "UNKNOWN")


def plain_line(state: Text) -> Text:
    """Return the sentence shown to segment A beside the badge."""
    return _by_state(state, _PLAIN, "")


def state_badge(state: Text, *, count: Text = "", wide: bool = False) -> rx.Component:
    """Draw the badge of one of the 29 states: icon, name, and where it applies a count such as `4/10`.

    Args:
        state: A `JobState` value.
        count: Shown after the name; the repair states never go without one.
        wide: Fill the column, text to the left (tables).
    """
    state = state.value if isinstance(state, JobState) else state
    return rx.el.span(
        icon_by(state, _ICONS, default="clock", size=14),
        rx.el.span(state_label(state)),
        rx.el.span(count, class_name="badge__count") if isinstance(count, rx.Var) or count else rx.fragment(),
        class_name=[_by_state(state, _CLASSES, "badge badge--neutral"), "badge--wide" if wide else ""],
    )


def status_badge(tag: str, text: Text, *, token: str = "neutral") -> rx.Component:
    """Draw a badge for a fact that is not a job state, such as `Quota exhausted`.

    Args:
        token: success, warning, danger, info, neutral, paused, or plain for a label without a status.
    """
    return rx.el.span(icon(tag, size=14), rx.el.span(text), class_name=f"badge badge--lite badge--{token}")


def mode_badge(tag: str, text: Text, *, note: Text = "") -> rx.Component:
    """Draw an execution or network mode: secondary text in a quiet box, its risk note below."""
    box = rx.el.span(icon(tag, size=14), rx.el.span(text), class_name="badge badge--mode")
    if isinstance(note, str) and not note:
        return box
    return rx.el.div(box, rx.el.div(note, class_name="mode-note"), class_name="mode")


def class_chip(name: Text, *, in_use: rx.Var[bool] | bool = False) -> rx.Component:
    """Draw a model class, `L1` to `L3`; the one in use is tinted."""
    if isinstance(in_use, bool):
        return rx.el.span(name, class_name="class-chip class-chip--on" if in_use else "class-chip")
    return rx.el.span(name, class_name=["class-chip", rx.cond(in_use, "class-chip--on", "")])
