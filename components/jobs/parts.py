"""Small pieces that several job panels share: section heads, fact rows, times that run on, notices."""

from typing import Any

import reflex as rx

from components.ui.button import button
from components.ui.icon import icon

Text = rx.Var[str] | str


def section_head(title: Text, *rest: rx.Component) -> rx.Component:
    """Draw the head of a block in the detail column."""
    return rx.el.div(rx.el.h2(title, class_name="text-md"), *rest, class_name="job-between")


def fact_list(facts: rx.Var[list]) -> rx.Component:
    """Draw `Fact` rows, labels to the left, figures to the right."""
    return rx.el.dl(rx.foreach(facts, _fact), class_name="facts")


def _fact(fact: rx.Var) -> rx.Component:
    look = ["job-tone-" + fact.tone, rx.cond(fact.strong, "medium", ""), rx.cond(fact.mono, "mono text-xs", "")]
    return rx.fragment(rx.el.dt(fact.label), rx.el.dd(fact.value, class_name=look))


def running_time(text: Text, since: rx.Var[float], class_name: str = "") -> rx.Component:
    """Draw a duration that goes on by itself each second while `since` (epoch seconds) is not 0."""
    return rx.el.span(text, class_name=class_name, custom_attrs={"data-since": since})


def countdown(text: Text, until: rx.Var[float]) -> rx.Component:
    """Draw the time left until an epoch second, in text; announced at whole minutes by the page script."""
    return rx.el.span(text, class_name="mono text-xs", role="timer", custom_attrs={"data-until": until})


def notice_panel(notice: rx.Var, on_reload: Any) -> rx.Component:
    """Draw the page's notice with its code, and a way to load the present state where one helps."""
    body = rx.el.div(
        icon("triangle_alert"),
        rx.el.div(
            rx.el.div(
                rx.el.span(notice.title, class_name="medium"),
                rx.el.span(notice.code, class_name="code-sm muted"),
                class_name="row",
            ),
            rx.el.div(notice.line, class_name="secondary"),
            class_name="grow",
        ),
        rx.cond(
            notice.can_reload, button("Reload", tag="rotate_cw", size="compact", on_click=on_reload), rx.fragment()
        ),
        class_name="job-notice job-notice-" + notice.tone,
        role="alert",
    )
    return rx.cond(notice.title != "", body, rx.fragment())


def nothing_yet(line: Text) -> rx.Component:
    """Draw the one line of an empty block inside a filled screen."""
    return rx.el.p(line, class_name="job-nothing")
