"""Buttons and links that look like them: icon and text, one filled in a region, the reason beside a locked one."""

from typing import Any, Literal

import reflex as rx

from components.ui.icon import icon

Kind = Literal["secondary", "primary", "danger", "danger-filled", "quiet"]
Size = Literal["standard", "compact", "cta"]
Text = rx.Var[str] | str


def _look(kind: Kind, size: Size) -> str:
    return f"button button--{kind} button--{size}"


def button(
    text: Text,
    *,
    tag: str | None = None,
    kind: Kind = "secondary",
    size: Size = "standard",
    solid: bool = False,
    **props: Any,
) -> rx.Component:
    """Draw a button that sends an event.

    Args:
        tag: Lucide tag shown before the text.
        solid: Fill the icon (start buttons).
        props: `on_click`, `disabled`, `aria_label` and other attributes of the element.
    """
    props.setdefault("type", "button")
    return rx.el.button(*_content(text, tag, solid), class_name=_look(kind, size), **props)


def link_button(
    text: Text,
    href: Text,
    *,
    tag: str | None = None,
    kind: Kind = "secondary",
    size: Size = "standard",
    solid: bool = False,
    **props: Any,
) -> rx.Component:
    """Draw a link with the look of a button; it navigates and changes nothing."""
    return rx.el.a(*_content(text, tag, solid), href=href, class_name=_look(kind, size), **props)


def _content(text: Text, tag: str | None, solid: bool) -> list[rx.Component]:
    mark = [icon(tag, class_name="icon--solid" if solid else "")] if tag else []
    return [*mark, rx.el.span(text)]


def icon_button(tag: str, label: str, *, small: bool = False, **props: Any) -> rx.Component:
    """Draw a button without visible text; `label` names it to everyone else."""
    props.setdefault("type", "button")
    look = "icon-button icon-button--small" if small else "icon-button"
    return rx.el.button(icon(tag), class_name=look, aria_label=label, title=label, **props)


def locked(control: rx.Component, reason: Text) -> rx.Component:
    """Put the reason beside a control that cannot be used now."""
    return rx.el.span(control, rx.el.span(reason, class_name="locked__reason"), class_name="locked")
