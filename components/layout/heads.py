"""Heads of pages and panels, and the action bar that says whose turn it is."""

from typing import Any

import reflex as rx

from components.ui.icon import icon

Text = rx.Var[str] | str


def page_head(title: Text, *parts: rx.Component, fact: Any = "", job: bool = False) -> rx.Component:
    """Draw the head of a page: its name, one muted fact, then whatever the page adds from left to right.

    Args:
        job: A job's goal, 18/28, instead of a portal page's name, 22/32.
    """
    return rx.el.div(
        rx.el.h1(title, class_name="text-lg" if job else "text-xl"),
        rx.el.span(fact, class_name="text-xs muted")
        if isinstance(fact, (rx.Var, rx.Component)) or fact
        else rx.fragment(),
        *parts,
        class_name="page-head",
    )


def spacer() -> rx.Component:
    """Push what follows to the right edge."""
    return rx.el.span(class_name="grow")


def panel_head(title: Text, *actions: rx.Component, tag: str | None = None, fact: Any = "") -> rx.Component:
    """Draw the head of a panel: 15/24 title, one muted fact, actions to the right."""
    return rx.el.div(
        icon(tag) if tag else rx.fragment(),
        rx.el.h2(title, class_name="text-md"),
        rx.el.span(fact, class_name="text-xs muted clip")
        if isinstance(fact, (rx.Var, rx.Component)) or fact
        else rx.fragment(),
        spacer(),
        *actions,
        class_name="panel-head",
    )


def panel(
    title: Text, *children: rx.Component, tag: str | None = None, fact: Any = "", actions: Any = ()
) -> rx.Component:
    """Draw a flush panel: head and padded body, divided from the next by a hairline."""
    return rx.el.section(
        panel_head(title, *actions, tag=tag, fact=fact),
        rx.el.div(*children, class_name="panel-body"),
        class_name="panel",
    )


def action_bar(turn: Text, consequence: Text, *actions: rx.Component, tag: str = "circle_pause") -> rx.Component:
    """Draw whose turn it is, what the next step does, and one filled button at the right end."""
    return rx.el.div(
        icon(tag),
        rx.el.span(turn, class_name="medium"),
        rx.el.span(consequence, class_name="secondary grow"),
        *actions,
        class_name="action-bar",
        role="group",
        aria_label="Next step",
    )


def count_bar(*children: rx.Component) -> rx.Component:
    """Draw the foot of a list: how much is shown, load more, the legend."""
    return rx.el.div(*children, class_name="action-bar action-bar--quiet")
