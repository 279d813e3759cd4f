"""Confirmation dialog: names the object, the consequence and what survives; the safe choice has the focus."""

from typing import Any

import reflex as rx

from components.ui.button import button

Text = rx.Var[str] | str


def dialog(
    title: Text, *children: rx.Component, is_open: rx.Var[bool], on_close: Any, footer: list[rx.Component], name: str
) -> rx.Component:
    """Draw a modal over the page; Escape and the backdrop take the safe choice.

    Args:
        name: Id of the element, unique on the page.
        footer: Buttons from left to right, the safe one first.
    """
    panel = rx.el.div(
        rx.el.h2(title, id=f"{name}-title", class_name="dialog__title"),
        rx.el.div(*children, class_name="dialog__body"),
        rx.el.div(*footer, class_name="dialog__footer"),
        class_name="dialog",
        id=name,
        role="dialog",
        aria_modal="true",
        aria_labelledby=f"{name}-title",
        custom_attrs={"data-dialog": name},
        on_click=rx.stop_propagation,
    )
    close = rx.el.button(
        type="button", on_click=on_close, class_name="dialog__close", custom_attrs={"data-close": name}
    )
    return rx.cond(is_open, rx.el.div(close, panel, class_name="overlay"), rx.fragment())


def confirm(
    title: Text,
    *children: rx.Component,
    is_open: rx.Var[bool],
    on_close: Any,
    on_confirm: Any,
    verb: str,
    safe: str = "Keep",
    tag: str | None = None,
    danger: bool = True,
    name: str = "confirm",
) -> rx.Component:
    """Draw the dialog before an act that cannot be taken back.

    Args:
        verb: Text of the button that acts.
        safe: Text of the button that does nothing; it has the focus.
    """
    footer = [
        button(safe, on_click=on_close, auto_focus=True),
        button(verb, tag=tag, kind="danger-filled" if danger else "primary", on_click=on_confirm),
    ]
    return dialog(title, *children, is_open=is_open, on_close=on_close, footer=footer, name=name)
