"""Form fields: label above, help below, the error linked to its input with a way to correct it."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from components.ui.icon import icon

Text = rx.Var[str] | str
TYPING_PAUSE_MS = 150


def _notes(name: str, help_text: Text, error: Text) -> tuple[list[rx.Component], str]:
    notes = []
    if isinstance(help_text, rx.Var) or help_text:
        notes.append(rx.el.span(help_text, id=f"{name}-help", class_name="field__help"))
    notes.append(rx.el.span(error, id=f"{name}-error", class_name="field__error", role="alert"))
    return notes, f"{name}-help {name}-error"


def _is_wrong(error: Text) -> Any:
    return rx.cond(error != "", "true", "false") if isinstance(error, rx.Var) else ("true" if error else "false")


def _frame(label: Text, name: str, control: rx.Component, notes: list[rx.Component]) -> rx.Component:
    return rx.el.div(rx.el.label(label, html_for=name, class_name="field__label"), control, *notes, class_name="field")


def _typed(control: rx.Component, props: dict[str, Any]) -> rx.Component:
    """Let a field whose text a state holds echo keys at once and report them when the person pauses."""
    return rx.debounce_input(control, debounce_timeout=TYPING_PAUSE_MS) if "value" in props else control


def text_field(
    label: Text, name: str, *, help_text: Text = "", error: Text = "", mono: bool = False, **props: Any
) -> rx.Component:
    """Draw a one-line input with its label, help and error."""
    notes, described_by = _notes(name, help_text, error)
    look = "input input--mono" if mono else "input"
    props.setdefault("aria_invalid", _is_wrong(error))
    control = rx.el.input(id=name, name=name, class_name=look, aria_describedby=described_by, **props)
    return _frame(label, name, _typed(control, props), notes)


def text_area(label: Text, name: str, *, help_text: Text = "", error: Text = "", **props: Any) -> rx.Component:
    """Draw a box for several lines with its label, help and error."""
    notes, described_by = _notes(name, help_text, error)
    props.setdefault("aria_invalid", _is_wrong(error))
    control = rx.el.textarea(id=name, name=name, class_name="input input--area", aria_describedby=described_by, **props)
    return _frame(label, name, _typed(control, props), notes)


def select_field(
    label: Text, name: str, options: Sequence[tuple[str, str]], *, help_text: Text = "", error: Text = "", **props: Any
) -> rx.Component:
    """Draw a closed list of choices.

    Args:
        options: Value and text, in order.
    """
    notes, described_by = _notes(name, help_text, error)
    control = rx.el.select(
        *[rx.el.option(text, value=value) for value, text in options],
        id=name,
        name=name,
        class_name="input input--select",
        aria_describedby=described_by,
        **props,
    )
    return _frame(label, name, control, notes)


def check(label: Any, name: str, *, note: Text = "", **props: Any) -> rx.Component:
    """Draw a checkbox with a 24 px target and an optional note under its label."""
    return rx.el.label(
        rx.el.input(type="checkbox", id=name, name=name, class_name="check__box", **props),
        rx.el.span(label, rx.el.span(note, class_name="choice__note") if note else rx.fragment()),
        class_name="choice",
    )


def radio(label: Any, name: str, value: str, *, note: Any = "", **props: Any) -> rx.Component:
    """Draw one choice of a group; the consequence stands under its label."""
    return rx.el.label(
        rx.el.input(type="radio", name=name, value=value, class_name="radio__box", **props),
        rx.el.span(label, rx.el.span(note, class_name="choice__note") if note is not None else rx.fragment()),
        class_name="choice",
    )


def search_field(placeholder: str, **props: Any) -> rx.Component:
    """Draw the compact search box that `/` focuses."""
    return rx.el.label(
        icon("search"),
        _typed(
            rx.el.input(type="search", placeholder=placeholder, aria_label=placeholder, id="search", **props), props
        ),
        class_name="search",
    )


def filter_select(label: str, name: str, options: rx.Component | list[rx.Component], **props: Any) -> rx.Component:
    """Draw a compact filter with its name visible inside the box."""
    body = options if isinstance(options, list) else [options]
    return rx.el.label(
        rx.el.span(label, class_name="visually-hidden"),
        rx.el.select(*body, name=name, **props),
        icon("chevron_down"),
        class_name="filter",
    )
