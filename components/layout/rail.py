"""Context rail of a job: links, where the work happens, how it is isolated, two meters at the bottom."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from components.ui.icon import icon

Text = rx.Var[str] | str


@dataclass(frozen=True, slots=True)
class RailLink:
    """One job link: `count` is a short fact at the right edge, `current` marks the page."""

    key: str
    title: str
    tag: str
    href: Text
    count: Any = ""


def rail_links(links: list[RailLink], current: str) -> rx.Component:
    """Draw the job links; keys 1 to 6 follow their order."""
    entries = [
        rx.el.a(
            icon(link.tag),
            rx.el.span(link.title),
            rx.el.span(link.count, class_name="nav-list__count"),
            href=link.href,
            aria_current="page" if link.key == current else "false",
            custom_attrs={"data-rail": str(index + 1)},
        )
        for index, link in enumerate(links)
    ]
    return rx.el.nav(*entries, class_name="nav-list", aria_label="Job")


def rail_section(label: str, *children: rx.Component) -> rx.Component:
    """Draw one labelled part of the rail."""
    return rx.el.section(rx.el.h2(label, class_name="label"), *children, aria_label=label)


def context_line(tag: str, *children: Any) -> list[rx.Component]:
    """Return icon and text of one line of the context grid."""
    return [icon(tag), rx.el.div(*children)]


def context_grid(*lines: list[rx.Component]) -> rx.Component:
    """Lay out lines from `context_line` under each other."""
    return rx.el.div(*[part for line in lines for part in line], class_name="context")


def rail(links: rx.Component, *sections: rx.Component, foot: rx.Component | None = None) -> rx.Component:
    """Draw the rail: links first, sections, and the meters pinned at the bottom."""
    return rx.el.aside(
        links,
        *sections,
        rx.el.section(foot, class_name="rail__foot") if foot is not None else rx.fragment(),
        class_name="rail",
        aria_label="Job context",
    )
