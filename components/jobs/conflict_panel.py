"""Spec conflict: mine, theirs and merged for each field that two people changed; nothing is overwritten unseen."""

from typing import Any

import reflex as rx

from components.ui.icon import icon

CHOICES = (("MINE", "Mine", "mine", "mine_note"), ("THEIRS", "Theirs", "theirs", "theirs_note"))


def conflict_panel(conflict: rx.Var, on_choose: Any, on_value: Any) -> rx.Component:
    """Draw the panel while a conflict is open.

    Args:
        on_choose: Handler that takes a field key and MINE, THEIRS or VALUE.
        on_value: Handler that takes a field key and the merged text.
    """
    head = rx.el.div(
        icon("git_compare_arrows"),
        rx.el.span(conflict.title, class_name="medium"),
        rx.el.span("SPEC_REVISION_CONFLICT", class_name="mono text-xs muted"),
        rx.el.span(class_name="grow"),
        rx.el.span(conflict.line, class_name="text-xs secondary"),
        class_name="conflict-head",
    )
    body = rx.el.section(
        head,
        rx.foreach(conflict.fields, lambda field: _field(field, on_choose, on_value)),
        class_name="conflict",
        aria_label="Spec conflict",
        role="alert",
    )
    return rx.cond(conflict.title != "", body, rx.fragment())


def _field(field: rx.Var, on_choose: Any, on_value: Any) -> rx.Component:
    sides = [
        _side(field, choice, word, getattr(field, text), getattr(field, note), on_choose)
        for choice, word, text, note in CHOICES
    ]
    return rx.el.div(
        rx.el.div(field.place, class_name="mono text-xs secondary conflict-place"),
        rx.el.div(
            *sides,
            _merged(field, on_choose, on_value),
            class_name="conflict-grid",
            role="radiogroup",
            aria_label=field.place,
        ),
        class_name="conflict-field",
    )


def _radio(field: rx.Var, choice: str, word: str, note: Any, on_choose: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=field.key,
            value=choice,
            checked=field.choice == choice,
            on_change=on_choose(field.key, choice),
            class_name="job-radio",
        ),
        rx.el.span(word, class_name="medium"),
        rx.el.span(note, class_name="muted"),
        class_name="row text-xs",
    )


def _side(field: rx.Var, choice: str, word: str, text: rx.Var[str], note: rx.Var[str], on_choose: Any) -> rx.Component:
    return rx.el.div(
        _radio(field, choice, word, note, on_choose),
        rx.el.p(text),
        class_name=rx.cond(field.choice == choice, "conflict-card conflict-on", "conflict-card"),
    )


def _merged(field: rx.Var, on_choose: Any, on_value: Any) -> rx.Component:
    return rx.el.div(
        _radio(field, "VALUE", "Merged", "your wording", on_choose),
        rx.el.textarea(
            default_value=field.merged,
            aria_label="Merged wording",
            class_name="conflict-text",
            rows="2",
            on_blur=lambda text: on_value(field.key, text),
        ),
        class_name=rx.cond(field.choice == "VALUE", "conflict-card conflict-on", "conflict-card"),
    )
