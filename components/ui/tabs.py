"""Segmented choice: views of the same data, or a filter with its counts."""

from typing import Any

import reflex as rx

Text = rx.Var[str] | str


def segment(text: Text, *, active: rx.Var[bool] | bool, on_click: Any, count: Any = None) -> rx.Component:
    """Draw one choice; the count, where given, follows the text."""
    return rx.el.button(
        rx.el.span(text),
        rx.el.span(count) if count is not None else rx.fragment(),
        type="button",
        class_name=["segment", rx.cond(active, "segment--on", "")],
        aria_pressed=active,
        on_click=on_click,
    )


def segments(*entries: rx.Component, label: str) -> rx.Component:
    """Draw choices side by side in one box."""
    return rx.el.div(*entries, class_name="segments", role="group", aria_label=label)
